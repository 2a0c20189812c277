//! What happened to an account: sign-ins and changes, for the person and for administrators.

pub(crate) mod store;

use caregraph_kit::auth::RequestInfo;
use chrono::{DateTime, Utc};
use uuid::Uuid;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, async_graphql::Enum)]
        pub enum ActivityKind { $($(#[$doc])* $variant,)* }

        impl ActivityKind {
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
            pub(crate) fn read(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

kinds! {
    /// The account was made.
    Registered = "REGISTERED",
    /// The e-mail address was verified.
    EmailVerified = "EMAIL_VERIFIED",
    /// Somebody signed in.
    SignedIn = "SIGNED_IN",
    /// Somebody tried to sign in and could not.
    SignInFailed = "SIGN_IN_FAILED",
    /// A session was ended: signed out, or ended from elsewhere.
    SignedOut = "SIGNED_OUT",
    /// A refresh token came twice, so the session was ended.
    TokenReplayed = "TOKEN_REPLAYED",
    /// The password was changed.
    PasswordChanged = "PASSWORD_CHANGED",
    /// The password was replaced through a link in a message.
    PasswordReset = "PASSWORD_RESET",
    /// A second factor was set up.
    TotpEnabled = "TOTP_ENABLED",
    /// The second factor was removed.
    TotpDisabled = "TOTP_DISABLED",
    /// A recovery code took the place of the second factor.
    RecoveryCodeUsed = "RECOVERY_CODE_USED",
    /// Name, contact data or language changed.
    ProfileChanged = "PROFILE_CHANGED",
    /// An administrator changed the roles.
    RolesChanged = "ROLES_CHANGED",
    /// An administrator suspended the account.
    Suspended = "SUSPENDED",
    /// An administrator lifted the suspension.
    Reactivated = "REACTIVATED",
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Identifies the entry; later entries have greater ids.
    pub id: Uuid,
    /// What happened.
    pub kind: ActivityKind,
    /// When.
    pub at: DateTime<Utc>,
    /// From which network address, where known.
    pub address: Option<String>,
    /// With which program, in its own words, where known.
    pub device: Option<String>,
}

/// The client's description of itself, as much of it as we keep.
pub(crate) fn device(info: &RequestInfo) -> Option<String> {
    let text = info.user_agent.as_deref()?;
    let kept: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    (!kept.trim().is_empty()).then(|| kept.trim().to_owned())
}

/// The client's address as text.
pub(crate) fn address(info: &RequestInfo) -> Option<String> {
    info.address.map(|address| address.to_canonical().to_string())
}

//! Refusals of identity's own, as GraphQL types.

use async_graphql::SimpleObject;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
        pub struct $name {
            /// What is wrong, for people.
            pub message: String,
            /// Where in the input; empty when it concerns the whole operation.
            pub path: Vec<String>,
        }

        impl $name {
            /// The refusal at a field of the input; at the whole operation when `field` is empty.
            pub(super) fn at(field: &str, refusal: &impl ToString) -> Self {
                let path = if field.is_empty() { Vec::new() } else { vec!["input".to_owned(), field.to_owned()] };
                Self { message: refusal.to_string(), path }
            }
        }
    )*};
}

refusals! {
    /// Identifier, password or code is wrong. Which of them is not told, nor whether there is such an account.
    InvalidCredentials;
    /// The password is right. A code of the second factor, or a recovery code, is needed as well: send the same input again with `otp`.
    OtpRequired;
    /// The password is right, but the link in the message to the e-mail address was not opened yet. `resendVerification` sends it again.
    EmailNotVerified;
    /// The password is right, but an administrator has suspended the account.
    AccountSuspended;
    /// The link is not genuine, was used before, or is too old. Which of these is not told.
    InvalidLink;
    /// The refresh token is unknown, was used before, or its session has ended: sign in again.
    InvalidRefreshToken;
    /// Somebody else has this username.
    UsernameTaken;
    /// There is an account with this e-mail address already.
    EmailTaken;
}

/// Too many attempts in a row. The pause doubles with each further one, up to a limit; attempts during the pause are not looked at.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Throttled {
    /// What is wrong, for people.
    pub message: String,
    /// Empty: it concerns the whole operation.
    pub path: Vec<String>,
    /// Seconds until the next attempt is looked at, at least 1.
    pub retry_after_seconds: i32,
}

impl Throttled {
    pub(super) fn new(refusal: &impl ToString, seconds: i64) -> Self {
        Self {
            message: refusal.to_string(),
            path: Vec::new(),
            retry_after_seconds: i32::try_from(seconds).unwrap_or(i32::MAX),
        }
    }
}

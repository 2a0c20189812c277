//! What identity tells.

use super::{Domain, ErasureAnswer, ExportPart, PublicEvent, named};
use crate::access::{Role, Scope};
use crate::ids::{Id, SessionId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SessionEnd {
    /// The person signed out, here or everywhere.
    SignedOut,
    /// The person or an administrator ended it from elsewhere.
    Revoked,
    /// A refresh token was presented twice: somebody else may hold a copy.
    TokenReplayed,
    /// The password was changed or reset.
    PasswordChanged,
    /// The account was suspended or deactivated.
    AccountSuspended,
    /// The person's roles changed, so tokens with the old scopes must go.
    RolesChanged,
}

/// Public events of identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", content = "data")]
pub enum IdentityEvent {
    /// An account was made, by the person or by accepting an invitation.
    UserRegistered {
        /// The account.
        user_id: UserId,
        /// Address for messages.
        email: String,
        /// Number in E.164, when given.
        phone: Option<String>,
        /// Given name.
        first_name: String,
        /// Family name.
        last_name: String,
        /// `vi` or `en`.
        locale: String,
        /// IANA time zone.
        time_zone: String,
        /// Roles at the start.
        roles: Vec<Role>,
    },
    /// Name, contact or language changed. Carries the state after the change.
    UserUpdated {
        /// The account.
        user_id: UserId,
        /// Address for messages.
        email: String,
        /// Number in E.164, when given.
        phone: Option<String>,
        /// Given name.
        first_name: String,
        /// Family name.
        last_name: String,
        /// `vi` or `en`.
        locale: String,
        /// IANA time zone.
        time_zone: String,
    },
    /// The set of roles changed.
    UserRolesChanged {
        /// The account.
        user_id: UserId,
        /// All roles after the change.
        roles: Vec<Role>,
    },
    /// The account may no longer sign in.
    UserSuspended {
        /// The account.
        user_id: UserId,
        /// Why, in an administrator's words.
        reason: String,
    },
    /// The account may sign in again.
    UserReactivated {
        /// The account.
        user_id: UserId,
    },
    /// One session ended before its time.
    SessionRevoked {
        /// Whose session.
        user_id: UserId,
        /// Which session.
        session_id: SessionId,
        /// Why it ended.
        reason: SessionEnd,
        /// Until when access tokens of this session would otherwise be good.
        tokens_expire_at: DateTime<Utc>,
    },
    /// Somebody asked for a new password.
    PasswordResetRequested {
        /// The account.
        user_id: UserId,
        /// The request; whoever sends the message derives the token of the link from it (`kit::crypto::LinkTokens`).
        request_id: Uuid,
        /// When the token stops working.
        expires_at: DateTime<Utc>,
    },
    /// An address waits to be verified.
    EmailVerificationRequested {
        /// The account.
        user_id: UserId,
        /// The address to verify.
        email: String,
        /// The request; whoever sends the message derives the token of the link from it (`kit::crypto::LinkTokens`).
        request_id: Uuid,
        /// When the token stops working.
        expires_at: DateTime<Utc>,
    },
    /// An administrator invited somebody.
    UserInvited {
        /// The account the invitation will become.
        user_id: UserId,
        /// The address invited.
        email: String,
        /// `vi` or `en`.
        locale: String,
        /// Roles the account will have.
        roles: Vec<Role>,
        /// The request; whoever sends the message derives the token of the link from it (`kit::crypto::LinkTokens`).
        request_id: Uuid,
        /// When the token stops working.
        expires_at: DateTime<Utc>,
    },
    /// What is kept here about a patient, for taking along: the answer to `DataExportRequested`.
    DataExported {
        /// A part of it.
        part: ExportPart,
    },
    /// What a role may do was changed.
    RolePermissionsChanged {
        /// Which role.
        role: Role,
        /// All that it may do from now on.
        permissions: Vec<Scope>,
        /// Whether it needs a second factor.
        requires_totp: bool,
    },
    /// What is kept here about a person, and what of it goes or has gone: the answer to `ErasureAsked`.
    ErasureAnswered {
        /// The answer.
        answer: ErasureAnswer,
    },
}

impl PublicEvent for IdentityEvent {
    const DOMAIN: Domain = Domain::Identity;

    fn name(&self) -> &'static str {
        match self {
            Self::UserRegistered { .. } => "UserRegistered",
            Self::UserUpdated { .. } => "UserUpdated",
            Self::UserRolesChanged { .. } => "UserRolesChanged",
            Self::UserSuspended { .. } => "UserSuspended",
            Self::UserReactivated { .. } => "UserReactivated",
            Self::SessionRevoked { .. } => "SessionRevoked",
            Self::PasswordResetRequested { .. } => "PasswordResetRequested",
            Self::EmailVerificationRequested { .. } => "EmailVerificationRequested",
            Self::UserInvited { .. } => "UserInvited",
            Self::DataExported { .. } => "DataExported",
            Self::RolePermissionsChanged { .. } => "RolePermissionsChanged",
            Self::ErasureAnswered { .. } => "ErasureAnswered",
        }
    }

    fn aggregate(&self) -> Uuid {
        match self {
            Self::DataExported { part } => part.export_id.uuid(),
            Self::RolePermissionsChanged { role, .. } => named(role.as_str()),
            Self::ErasureAnswered { answer } => answer.erasure_id.uuid(),
            Self::UserRegistered { user_id, .. }
            | Self::UserUpdated { user_id, .. }
            | Self::UserRolesChanged { user_id, .. }
            | Self::UserSuspended { user_id, .. }
            | Self::UserReactivated { user_id }
            | Self::SessionRevoked { user_id, .. }
            | Self::PasswordResetRequested { user_id, .. }
            | Self::EmailVerificationRequested { user_id, .. }
            | Self::UserInvited { user_id, .. } => user_id.uuid(),
        }
    }
}

//! What a session is, and why one may not come about.

use crate::account::User;
use caregraph_contracts::ids::{SessionId, UserId};
use caregraph_contracts::{Role, Scope};
use caregraph_kit::Rejection;
use chrono::{DateTime, TimeDelta, Utc};

/// One signed-in device of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Identifies the session; `sid` in its access tokens.
    pub id: SessionId,
    /// Whose session.
    pub user: UserId,
    /// The client's description of itself at sign-in.
    pub device: Option<String>,
    /// Network address of the last use.
    pub address: Option<String>,
    /// When somebody signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last refreshed.
    pub last_used_at: DateTime<Utc>,
    /// Ends by itself when not refreshed until then.
    pub expires_at: DateTime<Utc>,
    /// Until when its latest access token is good.
    pub tokens_expire_at: DateTime<Utc>,
    /// When it was ended before its time.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Session {
    /// Whether it can still be refreshed.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }

    /// Prolongs it: by the idle time from now on, never beyond the longest life.
    pub(super) fn prolong(
        &mut self,
        now: DateTime<Utc>,
        (idle, longest, token): (TimeDelta, TimeDelta, TimeDelta),
    ) {
        self.last_used_at = now;
        self.expires_at = (now + idle).min(self.created_at + longest);
        // No access token outlives its session: what has ended cannot be ended any more.
        self.tokens_expire_at = (now + token).min(self.expires_at);
    }
}

/// A fresh pair of tokens. The refresh token exists here and at the client, nowhere else.
#[derive(Clone)]
pub struct SignedIn {
    /// For the `Authorization` header.
    pub access_token: String,
    /// For exactly one refresh.
    pub refresh_token: String,
    /// When the access token ends.
    pub expires_at: DateTime<Utc>,
    /// The session.
    pub session: SessionId,
    /// Who signed in.
    pub user: User,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Tokens do not print.
        f.debug_struct("SignedIn")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// What a live access token says, for services that cannot verify it themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// The account.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// Roles.
    pub roles: Vec<Role>,
    /// Permissions.
    pub scopes: Vec<Scope>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Why somebody is not signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInRefusal {
    /// One of the common reasons.
    #[error(transparent)]
    Common(#[from] Rejection),
    /// Something was wrong: the identifier, the password or the code. Which, is not told.
    #[error("the sign-in is not correct")]
    InvalidCredentials,
    /// The password is right; a code of the second factor, or a recovery code, is needed as well.
    #[error("a code of the second factor is needed")]
    OtpRequired,
    /// The password is right; the link in the message to the e-mail address must be opened first.
    #[error("the e-mail address is not verified yet")]
    EmailNotVerified,
    /// The password is right; an administrator has suspended the account.
    #[error("the account is suspended")]
    AccountSuspended,
    /// Too many attempts.
    #[error("too many attempts, wait a little")]
    Throttled {
        /// Seconds until the next attempt is looked at.
        retry_after_seconds: i64,
    },
}

/// Why a session was not refreshed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefreshRefusal {
    /// One of the common reasons.
    #[error(transparent)]
    Common(#[from] Rejection),
    /// Unknown, used before, or its session has ended. Sign in again.
    #[error("the refresh token is not good any more, sign in again")]
    InvalidRefreshToken,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_session_ends_at_its_longest_life() {
        let start = DateTime::UNIX_EPOCH;
        let mut session = Session {
            id: SessionId::from(uuid::Uuid::from_u128(1)),
            user: UserId::from(uuid::Uuid::from_u128(2)),
            device: None,
            address: None,
            created_at: start,
            last_used_at: start,
            expires_at: start,
            tokens_expire_at: start,
            ended_at: None,
        };
        let lives = (TimeDelta::days(14), TimeDelta::days(30), TimeDelta::minutes(15));
        session.prolong(start, lives);
        assert_eq!(session.expires_at, start + TimeDelta::days(14));
        session.prolong(start + TimeDelta::days(20), lives);
        assert_eq!(session.expires_at, start + TimeDelta::days(30));
        assert!(!session.is_live(start + TimeDelta::days(30)));
        // Its last access token ends with it, so that whatever is alive can be ended.
        session.prolong(start + TimeDelta::days(30) - TimeDelta::minutes(1), lives);
        assert_eq!(session.tokens_expire_at, session.expires_at);
    }
}

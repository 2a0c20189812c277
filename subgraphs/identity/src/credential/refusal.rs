//! Refusals of whoever must show once more who they are.

use caregraph_kit::Rejection;

/// Why something that takes the password, or a code, once more was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReauthenticationRefusal {
    /// One of the common reasons.
    #[error(transparent)]
    Common(#[from] Rejection),
    /// The code or the password is wrong. Which, is not told.
    #[error("the password or the code is not correct")]
    InvalidCredentials,
    /// Too many attempts.
    #[error("too many attempts, wait a little")]
    Throttled {
        /// Seconds until the next attempt is looked at.
        retry_after_seconds: i64,
    },
}

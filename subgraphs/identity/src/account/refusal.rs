//! Refusals of accounts beside the common ones.

use caregraph_kit::Rejection;

/// Why somebody could not register.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterRefusal {
    /// One of the common reasons.
    #[error(transparent)]
    Common(#[from] Rejection),
    /// Somebody else has the username.
    #[error("this username is taken")]
    UsernameTaken,
    /// Too many registrations from one place.
    #[error("too many attempts, wait a little")]
    Throttled {
        /// Seconds to wait.
        retry_after_seconds: i64,
    },
}

/// Why a profile was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileRefusal {
    /// One of the common reasons.
    #[error(transparent)]
    Common(#[from] Rejection),
    /// Somebody else has the username.
    #[error("this username is taken")]
    UsernameTaken,
}

/// Why nobody was invited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InviteRefusal {
    /// One of the common reasons.
    #[error(transparent)]
    Common(#[from] Rejection),
    /// There is an account with this address already; give it the roles instead.
    #[error("there is an account with this e-mail address already")]
    EmailTaken,
}

/// Why an invitation did not become an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AcceptRefusal {
    /// One of the common reasons.
    #[error(transparent)]
    Common(#[from] Rejection),
    /// The link is not genuine, was used, or is too old.
    #[error("this link does not work any more")]
    InvalidLink,
    /// Somebody else has the username.
    #[error("this username is taken")]
    UsernameTaken,
}

/// Why a link in a message did nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    /// One of the common reasons.
    #[error(transparent)]
    Common(#[from] Rejection),
    /// The link is not genuine, was used, or is too old. Which of these is not told.
    #[error("this link does not work any more")]
    InvalidLink,
}

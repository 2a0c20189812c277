//! How a use case can end badly: a refusal that the caller can act on, a closed door, or a fault of ours.

use crate::auth::AccessDenied;
use crate::crypto::CryptoError;
use crate::events::EventError;
use sea_orm::DbErr;

/// Refusals that every use case may give. Domains add their own beside them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A value is missing, malformed, or out of bounds.
    #[error("{message}")]
    Invalid {
        /// Path into the input, for example `["address", "city"]`.
        path: Vec<String>,
        /// What is wrong, for people.
        message: String,
    },
    /// There is no such thing, or the caller may not see it: the two cannot be told apart.
    #[error("{what} not found")]
    NotFound {
        /// Path into the input, to the id that leads nowhere.
        path: Vec<String>,
        /// Kind of thing, for example `appointment`.
        what: &'static str,
    },
    /// The caller may see the thing, but not do this with it.
    #[error("{message}")]
    NotAllowed {
        /// Why not, for people.
        message: String,
    },
    /// The thing is not in a state that allows this, or somebody else changed it meanwhile.
    #[error("{message}")]
    Conflict {
        /// Path into the input, where there is one.
        path: Vec<String>,
        /// What stands in the way, for people.
        message: String,
    },
}

impl Rejection {
    /// A bad value at `path` (segments separated by `.`).
    pub fn invalid(path: &str, message: impl Into<String>) -> Self {
        Self::Invalid {
            path: segments(path),
            message: message.into(),
        }
    }

    /// A thing that is not there for the caller.
    pub fn not_found(path: &str, what: &'static str) -> Self {
        Self::NotFound {
            path: segments(path),
            what,
        }
    }

    /// A thing that the caller may see but not do.
    pub fn not_allowed(message: impl Into<String>) -> Self {
        Self::NotAllowed {
            message: message.into(),
        }
    }

    /// A state that stands in the way.
    pub fn conflict(path: &str, message: impl Into<String>) -> Self {
        Self::Conflict {
            path: segments(path),
            message: message.into(),
        }
    }
}

fn segments(path: &str) -> Vec<String> {
    path.split('.')
        .filter(|segment| !segment.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Something that is nobody's mistake but ours, or the infrastructure's. Logged with its sources, masked for callers.
#[derive(Debug, thiserror::Error)]
#[error("{context}")]
pub struct Fault {
    context: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Fault {
    /// Wraps `source`, saying what was being done.
    pub fn new(context: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            context,
            source: source.into(),
        }
    }
}

/// The unhappy end of a use case. `R` are the refusals of that use case.
#[derive(Debug)]
pub enum Failure<R = Rejection> {
    /// The caller can act on it; nothing changed. Several when a form has several mistakes.
    Refused(Vec<R>),
    /// The door is closed: not signed in, or without the scope.
    Denied(AccessDenied),
    /// A fault; nothing changed.
    Fault(Fault),
}

impl<R> Failure<R> {
    /// One refusal.
    pub fn refused(refusal: impl Into<R>) -> Self {
        Self::Refused(vec![refusal.into()])
    }

    /// The same failure with refusals of a wider kind.
    pub fn widen<S: From<R>>(self) -> Failure<S> {
        match self {
            Self::Refused(refusals) => Failure::Refused(refusals.into_iter().map(S::from).collect()),
            Self::Denied(denied) => Failure::Denied(denied),
            Self::Fault(fault) => Failure::Fault(fault),
        }
    }
}

impl<R: From<Rejection>> From<Rejection> for Failure<R> {
    fn from(rejection: Rejection) -> Self {
        Self::refused(rejection)
    }
}

impl<R> From<AccessDenied> for Failure<R> {
    fn from(denied: AccessDenied) -> Self {
        Self::Denied(denied)
    }
}

impl<R> From<Fault> for Failure<R> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

macro_rules! faults {
    ($($source:ty => $context:literal),* $(,)?) => {$(
        impl<R> From<$source> for Failure<R> {
            fn from(source: $source) -> Self {
                Self::Fault(Fault::new($context, source))
            }
        }
        impl From<$source> for Fault {
            fn from(source: $source) -> Self {
                Self::new($context, source)
            }
        }
    )*};
}

faults! {
    DbErr => "the store failed",
    EventError => "the event log failed",
    CryptoError => "a sealed value could not be handled",
    serde_json::Error => "a stored document could not be read",
}

//! Taking refusals apart.

use caregraph_kit::auth::AccessDenied;
use caregraph_kit::{Failure, Rejection};
use caregraph_scheduling::appointment::{BookRefusal, ChangeRefusal, StatusRefusal, VisibleAppointment};

/// The only refusal.
pub fn refusal<T: std::fmt::Debug, R: std::fmt::Debug>(result: Result<T, Failure<R>>) -> R {
    match result {
        Err(Failure::Refused(mut refusals)) if refusals.len() == 1 => refusals.remove(0),
        other => panic!("should be refused for one reason, but: {other:?}"),
    }
}

/// Says what kind of common refusal it is and where, such as `NotFound patientId`.
pub fn kind(rejection: &Rejection) -> String {
    match rejection {
        Rejection::Invalid { path, .. } => format!("Invalid {}", path.join(".")),
        Rejection::NotFound { path, .. } => format!("NotFound {}", path.join(".")),
        Rejection::NotAllowed { .. } => "NotAllowed".to_owned(),
        Rejection::Conflict { path, .. } => format!("Conflict {}", path.join(".")),
    }
}

/// The common refusal of a command.
pub fn refused<T: std::fmt::Debug, R: std::fmt::Debug + CommonRefusal>(
    result: Result<T, Failure<R>>,
) -> String {
    kind(&refusal(result).common())
}

pub fn refused_booking(result: Result<VisibleAppointment, Failure<BookRefusal>>) -> String {
    refused(result)
}

/// Which door was closed, if one was.
pub fn door<T, R>(result: Result<T, Failure<R>>) -> Option<AccessDenied> {
    match result {
        Err(Failure::Denied(denied)) => Some(denied),
        _ => None,
    }
}

pub trait CommonRefusal: Sized {
    fn common(self) -> Rejection;
}

macro_rules! common {
    ($($refusal:ident),+) => {$(
        impl CommonRefusal for $refusal {
            fn common(self) -> Rejection {
                match self {
                    $refusal::Common(rejection) => rejection,
                    other => panic!("{other:?}"),
                }
            }
        }
    )+};
}

common!(BookRefusal, StatusRefusal, ChangeRefusal);

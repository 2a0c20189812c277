//! Why a command on appointments is refused.

use super::status::ChangeKind;
use crate::availability::Slot;
use caregraph_contracts::events::AppointmentStatus;
use caregraph_kit::Rejection;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The appointment's status does not allow this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("an appointment in this state cannot be {}", .wanted.participle())]
pub struct IllegalStatusChange {
    /// Where it stands.
    pub from: AppointmentStatus,
    /// What was wanted.
    pub wanted: ChangeKind,
}

/// Patients change a visit only until some time before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("it is too late to change this appointment; please call the practice")]
pub struct TooLate {
    /// The last moment at which it was possible.
    pub latest: DateTime<Utc>,
}

/// Why a change of status or notes is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusRefusal {
    /// Not from this status.
    #[error(transparent)]
    Illegal(#[from] IllegalStatusChange),
    /// Something every command may be refused for.
    #[error(transparent)]
    Common(#[from] Rejection),
}

/// Why a visit can neither be called off nor moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefusal {
    /// Not from this status.
    #[error(transparent)]
    Illegal(#[from] IllegalStatusChange),
    /// Not any more.
    #[error(transparent)]
    TooLate(#[from] TooLate),
    /// Something every command may be refused for.
    #[error(transparent)]
    Common(#[from] Rejection),
}

/// Why nothing was booked.
///
/// All but [`BookRefusal::Common`] are final answers: they are kept under the idempotency key, so that a repetition
/// never succeeds behind the back of somebody who was told "no".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum BookRefusal {
    /// Something every command may be refused for.
    #[error(transparent)]
    #[serde(skip)]
    Common(#[from] Rejection),
    /// Somebody else was faster.
    #[error("this time has just been taken")]
    SlotUnavailable {
        /// Times that were free a moment ago and suit the patient.
        alternatives: Vec<Slot>,
    },
    /// The patient has another visit at this time.
    #[error("the patient has another visit at this time")]
    PatientBusy,
    /// The hold is over; the time may be somebody else's by now.
    #[error("the time was held too long ago")]
    HoldExpired,
    /// The key was used for another request.
    #[error("this idempotency key was used for another request")]
    #[serde(skip)]
    KeyReused,
}

/// Why nothing was moved. The old booking is untouched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum RescheduleRefusal {
    /// Something every command may be refused for.
    #[error(transparent)]
    #[serde(skip)]
    Common(#[from] Rejection),
    /// Somebody else was faster.
    #[error("this time has just been taken")]
    SlotUnavailable {
        /// Times that were free a moment ago and suit the patient.
        alternatives: Vec<Slot>,
    },
    /// The patient has another visit at this time.
    #[error("the patient has another visit at this time")]
    PatientBusy,
    /// The status does not allow it.
    #[error(transparent)]
    Illegal(#[from] IllegalStatusChange),
    /// The patient's notice is over.
    #[error(transparent)]
    TooLate(#[from] TooLate),
    /// The key was used for another request.
    #[error("this idempotency key was used for another request")]
    #[serde(skip)]
    KeyReused,
}

impl From<ChangeRefusal> for RescheduleRefusal {
    fn from(refusal: ChangeRefusal) -> Self {
        match refusal {
            ChangeRefusal::Illegal(illegal) => Self::Illegal(illegal),
            ChangeRefusal::TooLate(late) => Self::TooLate(late),
            ChangeRefusal::Common(rejection) => Self::Common(rejection),
        }
    }
}

/// What the commands that take a slot have in common.
pub(crate) trait SlotRefusal:
    From<Rejection> + Serialize + serde::de::DeserializeOwned + Send
{
    /// The slot is somebody else's.
    fn slot_unavailable(alternatives: Vec<Slot>) -> Self;

    /// The alternatives, when this says that the slot is somebody else's.
    fn alternatives_mut(&mut self) -> Option<&mut Vec<Slot>>;

    /// The patient is elsewhere.
    fn patient_busy() -> Self;

    /// The key was used for something else.
    fn key_reused() -> Self;

    /// Whether the answer stays the same when the request is repeated.
    fn is_final(&self) -> bool;
}

impl SlotRefusal for BookRefusal {
    fn slot_unavailable(alternatives: Vec<Slot>) -> Self {
        Self::SlotUnavailable { alternatives }
    }

    fn alternatives_mut(&mut self) -> Option<&mut Vec<Slot>> {
        match self {
            Self::SlotUnavailable { alternatives } => Some(alternatives),
            Self::Common(_) | Self::PatientBusy | Self::HoldExpired | Self::KeyReused => None,
        }
    }

    fn patient_busy() -> Self {
        Self::PatientBusy
    }

    fn key_reused() -> Self {
        Self::KeyReused
    }

    fn is_final(&self) -> bool {
        match self {
            Self::SlotUnavailable { .. } | Self::PatientBusy | Self::HoldExpired => true,
            Self::Common(_) | Self::KeyReused => false,
        }
    }
}

impl SlotRefusal for RescheduleRefusal {
    fn slot_unavailable(alternatives: Vec<Slot>) -> Self {
        Self::SlotUnavailable { alternatives }
    }

    fn alternatives_mut(&mut self) -> Option<&mut Vec<Slot>> {
        match self {
            Self::SlotUnavailable { alternatives } => Some(alternatives),
            Self::Common(_) | Self::PatientBusy | Self::Illegal(_) | Self::TooLate(_) | Self::KeyReused => {
                None
            }
        }
    }

    fn patient_busy() -> Self {
        Self::PatientBusy
    }

    fn key_reused() -> Self {
        Self::KeyReused
    }

    fn is_final(&self) -> bool {
        match self {
            Self::SlotUnavailable { .. } | Self::PatientBusy | Self::Illegal(_) | Self::TooLate(_) => true,
            Self::Common(_) | Self::KeyReused => false,
        }
    }
}

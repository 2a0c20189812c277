//! What mutations of appointments answer.

use super::errors::{
    HoldExpired, IdempotencyKeyReused, IllegalStatusChange, PatientBusy, SlotUnavailable, TooLate,
};
use super::types::Appointment;
use crate::appointment::{BookRefusal, ChangeRefusal, RescheduleRefusal, StatusRefusal};
use caregraph_kit::payload;

payload! {
    /// What `bookAppointment` answers.
    BookAppointmentPayload {
        /// The new appointment; null when refused.
        appointment: Appointment
    }
    BookAppointmentError also { SlotUnavailable, PatientBusy, HoldExpired, IdempotencyKeyReused }
}

payload! {
    /// What `rescheduleAppointment` answers.
    RescheduleAppointmentPayload {
        /// The appointment at its new time; null when refused, and then it is at its old time still.
        appointment: Appointment
    }
    RescheduleAppointmentError also { SlotUnavailable, PatientBusy, TooLate, IllegalStatusChange, IdempotencyKeyReused }
}

payload! {
    /// What `cancelAppointment` answers.
    CancelAppointmentPayload {
        /// The cancelled appointment; null when refused.
        appointment: Appointment
    }
    CancelAppointmentError also { TooLate, IllegalStatusChange }
}

payload! {
    /// What `confirmAppointment` answers.
    ConfirmAppointmentPayload {
        /// The confirmed appointment; null when refused.
        appointment: Appointment
    }
    ConfirmAppointmentError also { IllegalStatusChange }
}

payload! {
    /// What `declineAppointment` answers.
    DeclineAppointmentPayload {
        /// The declined appointment; null when refused.
        appointment: Appointment
    }
    DeclineAppointmentError also { IllegalStatusChange }
}

payload! {
    /// What `checkInAppointment` answers.
    CheckInAppointmentPayload {
        /// The appointment, checked in; null when refused.
        appointment: Appointment
    }
    CheckInAppointmentError also { IllegalStatusChange }
}

payload! {
    /// What `completeAppointment` answers.
    CompleteAppointmentPayload {
        /// The completed appointment; null when refused.
        appointment: Appointment
    }
    CompleteAppointmentError also { IllegalStatusChange }
}

payload! {
    /// What `markNoShow` answers.
    MarkNoShowPayload {
        /// The appointment, marked as a no-show; null when refused.
        appointment: Appointment
    }
    MarkNoShowError also { IllegalStatusChange }
}

payload! {
    /// What `updateAppointmentNotes` answers.
    UpdateAppointmentNotesPayload {
        /// The appointment with its new notes; null when refused.
        appointment: Appointment
    }
    UpdateAppointmentNotesError also { IllegalStatusChange }
}

impl From<BookRefusal> for BookAppointmentError {
    fn from(refusal: BookRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            BookRefusal::Common(rejection) => rejection.into(),
            BookRefusal::SlotUnavailable { alternatives } => {
                Self::SlotUnavailable(SlotUnavailable::new(message, alternatives))
            }
            BookRefusal::PatientBusy => Self::PatientBusy(PatientBusy::new(message)),
            BookRefusal::HoldExpired => Self::HoldExpired(HoldExpired::new(message)),
            BookRefusal::KeyReused => Self::IdempotencyKeyReused(IdempotencyKeyReused::new(message)),
        }
    }
}

impl From<RescheduleRefusal> for RescheduleAppointmentError {
    fn from(refusal: RescheduleRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            RescheduleRefusal::Common(rejection) => rejection.into(),
            RescheduleRefusal::SlotUnavailable { alternatives } => {
                Self::SlotUnavailable(SlotUnavailable::new(message, alternatives))
            }
            RescheduleRefusal::PatientBusy => Self::PatientBusy(PatientBusy::new(message)),
            RescheduleRefusal::Illegal(illegal) => Self::IllegalStatusChange(illegal.into()),
            RescheduleRefusal::TooLate(late) => Self::TooLate(late.into()),
            RescheduleRefusal::KeyReused => Self::IdempotencyKeyReused(IdempotencyKeyReused::new(message)),
        }
    }
}

impl From<ChangeRefusal> for CancelAppointmentError {
    fn from(refusal: ChangeRefusal) -> Self {
        match refusal {
            ChangeRefusal::Common(rejection) => rejection.into(),
            ChangeRefusal::Illegal(illegal) => Self::IllegalStatusChange(illegal.into()),
            ChangeRefusal::TooLate(late) => Self::TooLate(late.into()),
        }
    }
}

macro_rules! from_status_refusal {
    ($($error:ident),+ $(,)?) => {$(
        impl From<StatusRefusal> for $error {
            fn from(refusal: StatusRefusal) -> Self {
                match refusal {
                    StatusRefusal::Common(rejection) => rejection.into(),
                    StatusRefusal::Illegal(illegal) => Self::IllegalStatusChange(illegal.into()),
                }
            }
        }
    )+};
}

from_status_refusal!(
    ConfirmAppointmentError,
    DeclineAppointmentError,
    CheckInAppointmentError,
    CompleteAppointmentError,
    MarkNoShowError,
    UpdateAppointmentNotesError,
);

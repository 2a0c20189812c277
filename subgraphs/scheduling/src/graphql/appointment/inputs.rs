//! What clients send about appointments.

use super::types::AppointmentStatus;
use crate::appointment::{Book, Cancel, Complete, Decline, ListAppointments, Reschedule, UpdateNotes};
use async_graphql::{ID, InputObject};
use caregraph_kit::graphql::named_id;
use chrono::{DateTime, Utc};

/// The visit to book.
#[derive(InputObject)]
pub struct BookAppointmentInput {
    /// What for.
    pub service_id: ID,
    /// With whom.
    pub practitioner_id: ID,
    /// When the visit begins; one of the times that `availableSlots` offers.
    pub start: DateTime<Utc>,
    /// For whom; yourself when left out.
    pub patient_id: Option<ID>,
    /// Why, in your own words; at most 500 characters.
    pub reason: Option<String>,
    /// What the doctor should know beforehand; at most 2000 characters.
    pub note_for_doctor: Option<String>,
    /// A hold of yours on this very time, which the booking takes over.
    pub hold_id: Option<ID>,
    /// Chosen by you, 1 to 128 ASCII characters without spaces: sending the same request again with the same key gives the
    /// first answer and books nothing more.
    pub idempotency_key: String,
}

/// A visit and its new time.
#[derive(InputObject)]
pub struct RescheduleAppointmentInput {
    /// Which appointment.
    pub id: ID,
    /// When the visit begins from now on; one of the times that `availableSlots` offers. May overlap the old time.
    pub start: DateTime<Utc>,
    /// With whom from now on; with the same practitioner when left out.
    pub practitioner_id: Option<ID>,
    /// Why; at most 500 characters.
    pub reason: Option<String>,
    /// Chosen by you, 1 to 128 ASCII characters without spaces: sending the same request again with the same key gives the
    /// first answer and moves nothing more.
    pub idempotency_key: String,
}

/// A visit to call off.
#[derive(InputObject)]
pub struct CancelAppointmentInput {
    /// Which appointment.
    pub id: ID,
    /// Why; 1 to 500 characters.
    pub reason: String,
    /// The practice does it because the patient asked for it, for example by telephone. Means nothing when the patient
    /// does it.
    #[graphql(default = false)]
    pub on_behalf_of_patient: bool,
}

/// A visit to confirm.
#[derive(InputObject)]
pub struct ConfirmAppointmentInput {
    /// Which appointment.
    pub id: ID,
}

/// A visit to decline.
#[derive(InputObject)]
pub struct DeclineAppointmentInput {
    /// Which appointment.
    pub id: ID,
    /// Why; 1 to 500 characters. The patient reads it.
    pub reason: String,
}

/// A visit whose patient is here.
#[derive(InputObject)]
pub struct CheckInAppointmentInput {
    /// Which appointment.
    pub id: ID,
}

/// A visit that took place.
#[derive(InputObject)]
pub struct CompleteAppointmentInput {
    /// Which appointment.
    pub id: ID,
    /// The doctor's notes, at most 4000 characters. Left out or empty, they stay as they are.
    pub notes: Option<String>,
}

/// A visit to which the patient did not come.
#[derive(InputObject)]
pub struct MarkNoShowInput {
    /// Which appointment.
    pub id: ID,
}

/// New notes of a visit.
#[derive(InputObject)]
pub struct UpdateAppointmentNotesInput {
    /// Which appointment.
    pub id: ID,
    /// The patient's note for the doctor, at most 2000 characters. Left out, it stays; empty, it is removed.
    pub note_for_doctor: Option<String>,
    /// The doctor's notes, at most 4000 characters. Left out, they stay; empty, they are removed.
    pub doctors_notes: Option<String>,
}

/// Narrows a list of appointments. Conditions that are given must all hold.
#[derive(InputObject, Default)]
pub struct AppointmentFilter {
    /// With this practitioner.
    pub practitioner_id: Option<ID>,
    /// Of this patient.
    pub patient_id: Option<ID>,
    /// In one of these states; in any when left out or empty.
    pub status: Option<Vec<AppointmentStatus>>,
    /// Beginning at or after this moment.
    pub from: Option<DateTime<Utc>>,
    /// Beginning before this moment; must be after `from`.
    pub to: Option<DateTime<Utc>>,
}

impl From<BookAppointmentInput> for Book {
    fn from(input: BookAppointmentInput) -> Self {
        Self {
            service_id: named_id(&input.service_id),
            practitioner_id: named_id(&input.practitioner_id),
            start: input.start,
            patient_id: input.patient_id.as_ref().map(named_id),
            reason: input.reason,
            note_for_doctor: input.note_for_doctor,
            hold_id: input.hold_id.as_ref().map(named_id),
            idempotency_key: input.idempotency_key,
        }
    }
}

impl From<RescheduleAppointmentInput> for Reschedule {
    fn from(input: RescheduleAppointmentInput) -> Self {
        Self {
            id: named_id(&input.id),
            start: input.start,
            practitioner_id: input.practitioner_id.as_ref().map(named_id),
            reason: input.reason,
            idempotency_key: input.idempotency_key,
        }
    }
}

impl From<CancelAppointmentInput> for Cancel {
    fn from(input: CancelAppointmentInput) -> Self {
        Self {
            id: named_id(&input.id),
            reason: input.reason,
            on_behalf_of_patient: input.on_behalf_of_patient,
        }
    }
}

impl From<DeclineAppointmentInput> for Decline {
    fn from(input: DeclineAppointmentInput) -> Self {
        Self {
            id: named_id(&input.id),
            reason: input.reason,
        }
    }
}

impl From<CompleteAppointmentInput> for Complete {
    fn from(input: CompleteAppointmentInput) -> Self {
        Self {
            id: named_id(&input.id),
            notes: input.notes,
        }
    }
}

impl From<UpdateAppointmentNotesInput> for UpdateNotes {
    fn from(input: UpdateAppointmentNotesInput) -> Self {
        Self {
            id: named_id(&input.id),
            note_for_doctor: input.note_for_doctor,
            doctors_notes: input.doctors_notes,
        }
    }
}

impl From<AppointmentFilter> for ListAppointments {
    fn from(filter: AppointmentFilter) -> Self {
        Self {
            practitioner_id: filter.practitioner_id.as_ref().map(named_id),
            patient_id: filter.patient_id.as_ref().map(named_id),
            listed_under: None,
            statuses: filter
                .status
                .unwrap_or_default()
                .into_iter()
                .map(Into::into)
                .collect(),
            from: filter.from,
            to: filter.to,
        }
    }
}

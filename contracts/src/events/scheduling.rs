//! What scheduling tells.

use super::{Domain, ErasureAnswer, ExportPart, PublicEvent};
use crate::ids::{AppointmentId, Id, LocationId, MedicalServiceId, PatientId, PractitionerId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where an appointment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AppointmentStatus {
    /// Booked, not yet confirmed by the practice.
    Pending,
    /// Confirmed by the practice.
    Confirmed,
    /// The patient is here.
    CheckedIn,
    /// The visit took place.
    Completed,
    /// Cancelled by the patient or on the patient's behalf.
    CancelledPatient,
    /// Cancelled or declined by the practice.
    CancelledDoctor,
    /// The patient did not come.
    NoShow,
}

/// Which side cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CancelledBy {
    /// The patient or a guardian.
    Patient,
    /// The practice.
    Practice,
}

/// An appointment as others may know it: no reason, no notes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppointmentFacts {
    /// The appointment.
    pub appointment_id: AppointmentId,
    /// Who comes.
    pub patient_id: PatientId,
    /// Who gives care.
    pub practitioner_id: PractitionerId,
    /// Name of the practitioner when the event happened.
    pub practitioner_name: String,
    /// What for.
    pub service_id: MedicalServiceId,
    /// Name of the service when the event happened.
    pub service_name: String,
    /// Where; `None` for a video visit.
    pub location_id: Option<LocationId>,
    /// Name of the place when the event happened.
    pub location_name: Option<String>,
    /// IANA time zone of the place.
    pub time_zone: String,
    /// Beginning of the visit, buffers excluded.
    pub start: DateTime<Utc>,
    /// End of the visit, buffers excluded.
    pub end: DateTime<Utc>,
    /// Status after the event.
    pub status: AppointmentStatus,
    /// Counts changes of this appointment, from 1. A reader can tell an old state from a new one.
    pub revision: i64,
    /// Who did it.
    pub changed_by: UserId,
}

/// Public events of scheduling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", content = "data")]
pub enum SchedulingEvent {
    /// A slot was taken.
    AppointmentBooked {
        /// State after the event.
        appointment: AppointmentFacts,
    },
    /// The practice confirmed.
    AppointmentConfirmed {
        /// State after the event.
        appointment: AppointmentFacts,
    },
    /// Moved to another time, or to another practitioner.
    AppointmentRescheduled {
        /// State after the event.
        appointment: AppointmentFacts,
        /// When it would have begun before.
        previous_start: DateTime<Utc>,
        /// When it would have ended before.
        previous_end: DateTime<Utc>,
        /// Who would have given care before.
        previous_practitioner_id: PractitionerId,
    },
    /// Called off by either side.
    AppointmentCancelled {
        /// State after the event.
        appointment: AppointmentFacts,
        /// Which side.
        by: CancelledBy,
    },
    /// The patient arrived.
    AppointmentCheckedIn {
        /// State after the event.
        appointment: AppointmentFacts,
    },
    /// The visit took place.
    AppointmentCompleted {
        /// State after the event.
        appointment: AppointmentFacts,
    },
    /// The patient did not come.
    AppointmentNoShow {
        /// State after the event.
        appointment: AppointmentFacts,
    },
    /// Notes changed; time and status did not.
    AppointmentNotesUpdated {
        /// State after the event.
        appointment: AppointmentFacts,
    },
    /// Free times of a practitioner changed for a reason other than an appointment: hours, absence, extra hours, hold.
    AvailabilityChanged {
        /// Whose time.
        practitioner_id: PractitionerId,
    },
    /// What is kept here about a patient, for taking along: the answer to `DataExportRequested`.
    DataExported {
        /// A part of it.
        part: ExportPart,
    },
    /// What is kept here about a person, and what of it goes or has gone: the answer to `ErasureAsked`.
    ErasureAnswered {
        /// The answer.
        answer: ErasureAnswer,
    },
}

impl SchedulingEvent {
    /// The appointment the event is about, if it is about one.
    pub fn appointment(&self) -> Option<&AppointmentFacts> {
        match self {
            Self::AppointmentBooked { appointment }
            | Self::AppointmentConfirmed { appointment }
            | Self::AppointmentRescheduled { appointment, .. }
            | Self::AppointmentCancelled { appointment, .. }
            | Self::AppointmentCheckedIn { appointment }
            | Self::AppointmentCompleted { appointment }
            | Self::AppointmentNoShow { appointment }
            | Self::AppointmentNotesUpdated { appointment } => Some(appointment),
            Self::AvailabilityChanged { .. } | Self::DataExported { .. } | Self::ErasureAnswered { .. } => {
                None
            }
        }
    }
}

impl PublicEvent for SchedulingEvent {
    const DOMAIN: Domain = Domain::Scheduling;

    fn name(&self) -> &'static str {
        match self {
            Self::AppointmentBooked { .. } => "AppointmentBooked",
            Self::AppointmentConfirmed { .. } => "AppointmentConfirmed",
            Self::AppointmentRescheduled { .. } => "AppointmentRescheduled",
            Self::AppointmentCancelled { .. } => "AppointmentCancelled",
            Self::AppointmentCheckedIn { .. } => "AppointmentCheckedIn",
            Self::AppointmentCompleted { .. } => "AppointmentCompleted",
            Self::AppointmentNoShow { .. } => "AppointmentNoShow",
            Self::AppointmentNotesUpdated { .. } => "AppointmentNotesUpdated",
            Self::AvailabilityChanged { .. } => "AvailabilityChanged",
            Self::DataExported { .. } => "DataExported",
            Self::ErasureAnswered { .. } => "ErasureAnswered",
        }
    }

    fn aggregate(&self) -> Uuid {
        match self {
            Self::DataExported { part } => part.export_id.uuid(),
            Self::ErasureAnswered { answer } => answer.erasure_id.uuid(),
            Self::AvailabilityChanged { practitioner_id } => practitioner_id.uuid(),
            Self::AppointmentBooked { appointment }
            | Self::AppointmentConfirmed { appointment }
            | Self::AppointmentRescheduled { appointment, .. }
            | Self::AppointmentCancelled { appointment, .. }
            | Self::AppointmentCheckedIn { appointment }
            | Self::AppointmentCompleted { appointment }
            | Self::AppointmentNoShow { appointment }
            | Self::AppointmentNotesUpdated { appointment } => appointment.appointment_id.uuid(),
        }
    }
}

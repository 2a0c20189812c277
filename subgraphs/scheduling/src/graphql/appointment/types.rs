//! What an appointment looks like from outside.

use super::loaders::history;
use crate::appointment::model::Change;
use crate::appointment::status::ChangeKind;
use crate::appointment::{AppointmentService, VisibleAppointment};
use crate::graphql::medical_service::MedicalService;
use crate::graphql::people::{Patient, Practitioner};
use crate::graphql::references::{Location, User};
use async_graphql::{Context, Enum, ID, Object, Result};
use caregraph_contracts::events;
use caregraph_kit::graphql::ContextExt;
use chrono::{DateTime, Utc};

/// Where an appointment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "events::AppointmentStatus")]
pub enum AppointmentStatus {
    /// Booked by the patient; waits for the practice to confirm.
    Pending,
    /// Confirmed by the practice.
    Confirmed,
    /// The patient is here.
    CheckedIn,
    /// The visit took place.
    Completed,
    /// Cancelled by the patient, or by the practice because the patient asked for it.
    CancelledPatient,
    /// Cancelled or declined by the practice.
    CancelledDoctor,
    /// The patient did not come.
    NoShow,
}

/// What was done to an appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ChangeKind")]
pub enum AppointmentChangeKind {
    /// It was booked.
    Booked,
    /// The practice confirmed it.
    Confirmed,
    /// The practice declined it.
    Declined,
    /// It moved to another time, or to another practitioner.
    Rescheduled,
    /// Either side called it off. In live messages this covers declined visits too.
    Cancelled,
    /// The patient arrived.
    CheckedIn,
    /// The visit took place.
    Completed,
    /// The patient did not come.
    NoShow,
    /// Notes changed, nothing else.
    NotesUpdated,
}

/// An appointment as one reader sees it.
#[derive(Debug, Clone)]
pub struct Appointment(VisibleAppointment);

impl From<VisibleAppointment> for Appointment {
    fn from(visible: VisibleAppointment) -> Self {
        Self(visible)
    }
}

/// A booked visit.
///
/// Seen by the patient, the patient's guardians, the practitioner, and the front desk. Reason and note for the doctor are
/// for the patient's side, the practitioner and nurses; the doctor's notes are for the practitioner alone.
#[Object]
impl Appointment {
    /// Identifies the appointment.
    async fn id(&self) -> ID {
        self.0.appointment.id.to_string().into()
    }

    /// Who comes. Null when you may see the appointment but not the patient's profile.
    async fn patient(&self) -> Option<Patient> {
        Some(Patient::new(self.0.patient))
    }

    /// Who gives care.
    async fn practitioner(&self) -> Option<Practitioner> {
        Some(Practitioner::new(self.0.appointment.visit.practitioner_id))
    }

    /// What for.
    async fn service(&self, ctx: &Context<'_>) -> Result<MedicalService> {
        MedicalService::load(ctx, self.0.appointment.service_id).await
    }

    /// Where; null for a video visit.
    async fn location(&self) -> Option<Location> {
        self.0.appointment.visit.location_id.map(Location::new)
    }

    /// When the visit begins.
    async fn start(&self) -> DateTime<Utc> {
        self.0.appointment.visit.start
    }

    /// When the visit ends.
    async fn end(&self) -> DateTime<Utc> {
        self.0.appointment.visit.end
    }

    /// IANA time zone of the place, in which people read `start` and `end`.
    async fn time_zone(&self) -> &str {
        self.0.appointment.visit.time_zone.name()
    }

    /// Where it stands.
    async fn status(&self) -> AppointmentStatus {
        self.0.appointment.status.into()
    }

    /// Why the patient comes, in the patient's words. Null when none was given, or when it is not for you.
    async fn reason(&self) -> Option<&str> {
        self.0
            .appointment
            .texts
            .reason
            .as_deref()
            .filter(|_| self.0.sight.texts)
    }

    /// What the patient wants the doctor to know beforehand. Null when there is none, or when it is not for you.
    async fn note_for_doctor(&self) -> Option<&str> {
        self.0
            .appointment
            .texts
            .note_for_doctor
            .as_deref()
            .filter(|_| self.0.sight.texts)
    }

    /// The doctor's notes. Null for everybody but the appointment's practitioner.
    async fn doctors_notes(&self) -> Option<&str> {
        self.0
            .appointment
            .texts
            .doctors_notes
            .as_deref()
            .filter(|_| self.0.sight.doctors_notes())
    }

    /// Who booked it. Null when you may not see that account.
    async fn booked_by(&self) -> Option<User> {
        Some(User::new(self.0.appointment.booked_by))
    }

    /// When it was booked.
    async fn booked_at(&self) -> DateTime<Utc> {
        self.0.appointment.booked_at
    }

    /// The last moment at which the patient may cancel or move it. The practice always may.
    async fn patient_may_change_until(&self, ctx: &Context<'_>) -> DateTime<Utc> {
        let notice = ctx
            .service::<AppointmentService>()
            .settings()
            .cancellation_notice();
        self.0.appointment.patient_may_change_until(notice)
    }

    /// Counts changes of the appointment, from 1.
    async fn revision(&self) -> i64 {
        self.0.appointment.revision
    }

    /// Everything that happened to it, from the booking on.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<AppointmentChange>> {
        let changes = history(ctx, self.0.appointment.id).await?;
        Ok(changes
            .into_iter()
            .map(|change| AppointmentChange(self.0.sight.limit(change)))
            .collect())
    }
}

/// A change, limited to what its reader may know.
#[derive(Debug, Clone)]
pub struct AppointmentChange(Change);

/// One entry of an appointment's history: who did what when, and how it was before.
#[Object]
impl AppointmentChange {
    /// The appointment's revision after this change.
    async fn revision(&self) -> i64 {
        self.0.revision
    }

    /// What was done.
    async fn kind(&self) -> AppointmentChangeKind {
        self.0.kind.into()
    }

    /// Who did it. Null when you may not see that account.
    async fn changed_by(&self) -> Option<User> {
        Some(User::new(self.0.by))
    }

    /// When.
    async fn changed_at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// Why, in the words of whoever did it. Null when no reason was given, or when it is not for you.
    async fn reason(&self) -> Option<&str> {
        self.0.texts.reason.as_deref()
    }

    /// Status before; null for the booking.
    async fn previous_status(&self) -> Option<AppointmentStatus> {
        self.0.before.map(|before| before.status.into())
    }

    /// Status after.
    async fn status(&self) -> AppointmentStatus {
        self.0.after.status.into()
    }

    /// Beginning before; null for the booking.
    async fn previous_start(&self) -> Option<DateTime<Utc>> {
        self.0.before.map(|before| before.start)
    }

    /// Beginning after.
    async fn start(&self) -> DateTime<Utc> {
        self.0.after.start
    }

    /// End before; null for the booking.
    async fn previous_end(&self) -> Option<DateTime<Utc>> {
        self.0.before.map(|before| before.end)
    }

    /// End after.
    async fn end(&self) -> DateTime<Utc> {
        self.0.after.end
    }

    /// Who would have given care before; null for the booking.
    async fn previous_practitioner(&self) -> Option<Practitioner> {
        self.0
            .before
            .map(|before| Practitioner::new(before.practitioner_id))
    }

    /// Who gives care after.
    async fn practitioner(&self) -> Option<Practitioner> {
        Some(Practitioner::new(self.0.after.practitioner_id))
    }

    /// The patient's note as it was before this change replaced it. Null when it did not, or when it is not for you.
    async fn previous_note_for_doctor(&self) -> Option<&str> {
        self.0.texts.previous_note_for_doctor.as_deref()
    }

    /// The doctor's notes as they were before this change replaced them. Null when it did not, or when they are not for
    /// you.
    async fn previous_doctors_notes(&self) -> Option<&str> {
        self.0.texts.previous_doctors_notes.as_deref()
    }
}

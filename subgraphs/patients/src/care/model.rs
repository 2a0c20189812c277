//! What follows from assignments and appointments. Pure.

use async_graphql::Enum;
use caregraph_contracts::events::{AppointmentFacts, AppointmentStatus, CareRelationshipKind, PatientsEvent};
use caregraph_contracts::ids::{AppointmentId, PatientId, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::entity::prelude::{DeriveActiveEnum, EnumIter, StringLen};

/// How long after a visit its care relationship lasts.
const AFTER_VISIT: TimeDelta = TimeDelta::days(30);

/// What somebody does on a care team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(24))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum CareTeamRole {
    /// The physician in charge.
    PrimaryPhysician,
    /// A physician for one field.
    Specialist,
    /// Nursing care.
    Nurse,
    /// Medication.
    Pharmacist,
    /// Laboratory tests.
    LabTechnician,
    /// Keeps the others and the family informed.
    Coordinator,
}

/// The assignment of somebody to a care team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub patient: PatientId,
    pub user: UserId,
    pub role: CareTeamRole,
    pub since: DateTime<Utc>,
}

/// What one appointment means for care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AppointmentCare {
    pub appointment: AppointmentId,
    pub revision: i64,
    pub patient: PatientId,
    pub user: UserId,
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub cancelled: bool,
}

impl AppointmentCare {
    /// What the appointment means now that `facts` hold, which became known at `at`. `None` when `before` is as new.
    ///
    /// Only cancelling ends the relationship early. Somebody who did not come may need a call, so a missed visit counts
    /// like one that took place.
    pub fn after(before: Option<&Self>, facts: &AppointmentFacts, at: DateTime<Utc>) -> Option<Self> {
        if before.is_some_and(|before| before.revision >= facts.revision) {
            return None;
        }
        let user = facts.practitioner_id.as_user();
        let same = before.filter(|before| before.user == user && before.patient == facts.patient_id);
        let cancelled = match facts.status {
            AppointmentStatus::CancelledPatient | AppointmentStatus::CancelledDoctor => true,
            AppointmentStatus::Pending
            | AppointmentStatus::Confirmed
            | AppointmentStatus::CheckedIn
            | AppointmentStatus::Completed
            | AppointmentStatus::NoShow => false,
        };
        Some(Self {
            appointment: facts.appointment_id,
            revision: facts.revision,
            patient: facts.patient_id,
            user,
            // The relationship began when the appointment was booked, however often it was moved since.
            since: same.map_or(at, |before| before.since.min(at)),
            until: facts.end + AFTER_VISIT,
            cancelled,
        })
    }

    fn is_active(&self, now: DateTime<Utc>) -> bool {
        !self.cancelled && now < self.until
    }
}

/// A member of staff cares for a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CareRelationship {
    /// Who gives care.
    pub user: UserId,
    /// By assignment, or by appointment only.
    pub kind: CareRelationshipKind,
    /// What the person does on the care team, when assigned.
    pub role: Option<CareTeamRole>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when, if it ends by itself.
    pub until: Option<DateTime<Utc>>,
}

impl CareRelationship {
    /// The relationship between one patient and one user that all their assignments and appointments make together.
    pub(crate) fn overall(
        user: UserId,
        assignment: Option<&Assignment>,
        appointments: &[AppointmentCare],
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let active = || {
            appointments
                .iter()
                .filter(|care| care.user == user && care.is_active(now))
        };
        let assigned = assignment.map(|assignment| assignment.since);
        let since = active().map(|care| care.since).chain(assigned).min()?;
        Some(Self {
            user,
            kind: if assigned.is_some() {
                CareRelationshipKind::Assigned
            } else {
                CareRelationshipKind::Appointment
            },
            role: assignment.map(|assignment| assignment.role),
            since,
            until: if assigned.is_some() {
                None
            } else {
                active().map(|care| care.until).max()
            },
        })
    }
}

/// What others are told when a relationship became another one; nothing when it is the same to them. Nothing is told when
/// a relationship runs out either, because everybody was told until when it lasts.
pub(crate) fn told(
    patient_id: PatientId,
    user_id: UserId,
    before: Option<CareRelationship>,
    after: Option<CareRelationship>,
) -> Option<PatientsEvent> {
    // What somebody does on the team is nobody else's business.
    let public = |care: CareRelationship| CareRelationship { role: None, ..care };
    if before.map(public) == after.map(public) {
        return None;
    }
    let kind = after.or(before)?.kind;
    Some(PatientsEvent::CareRelationshipChanged {
        patient_id,
        user_id,
        kind,
        since: after.map(|care| care.since),
        until: after.and_then(|care| care.until),
    })
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;

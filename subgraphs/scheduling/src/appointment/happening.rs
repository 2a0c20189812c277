//! What of scheduling's events people follow live: changes of visits, and of free times. Pure.

use super::status::ChangeKind;
use caregraph_contracts::events::{AppointmentFacts, SchedulingEvent};
use caregraph_contracts::ids::{AppointmentId, PatientId, PractitionerId};
use chrono::{DateTime, Utc};

/// Something that somebody may follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Happening {
    /// What became of a visit.
    pub visit: Option<VisitChange>,
    /// Where free times changed.
    pub times: Option<TimesChange>,
}

/// What became of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VisitChange {
    pub kind: ChangeKind,
    pub appointment: AppointmentId,
    pub patient: PatientId,
    pub practitioner: PractitionerId,
    /// Where it was before it was moved.
    pub previous: Option<Previous>,
}

/// Where a visit was before it was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Previous {
    pub practitioner: PractitionerId,
    pub start: DateTime<Utc>,
}

/// Where free times changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimesChange {
    /// Whose.
    pub practitioners: Vec<PractitionerId>,
    /// The part of the calendar that is affected; `None` when it may be anywhere.
    pub range: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Happening {
    /// What of an event people follow; `None` when nobody does.
    pub fn of(event: &SchedulingEvent) -> Option<Self> {
        let (visit, times) = (visit_change(event), times_change(event));
        (visit.is_some() || times.is_some()).then_some(Self { visit, times })
    }
}

impl VisitChange {
    /// Whom it was or is with. Whoever a visit was moved away from must hear of it too, although it is not theirs any more.
    pub fn practitioners(&self) -> impl Iterator<Item = PractitionerId> {
        let previous = self.previous.map(|previous| previous.practitioner);
        std::iter::once(self.practitioner).chain(previous)
    }
}

fn visit_change(event: &SchedulingEvent) -> Option<VisitChange> {
    use SchedulingEvent as E;
    let change = |kind, facts: &AppointmentFacts| VisitChange {
        kind,
        appointment: facts.appointment_id,
        patient: facts.patient_id,
        practitioner: facts.practitioner_id,
        previous: None,
    };
    Some(match event {
        E::AppointmentBooked { appointment } => change(ChangeKind::Booked, appointment),
        E::AppointmentConfirmed { appointment } => change(ChangeKind::Confirmed, appointment),
        E::AppointmentRescheduled {
            appointment,
            previous_start,
            previous_practitioner_id,
            ..
        } => VisitChange {
            previous: Some(Previous {
                practitioner: *previous_practitioner_id,
                start: *previous_start,
            }),
            ..change(ChangeKind::Rescheduled, appointment)
        },
        E::AppointmentCancelled { appointment, .. } => change(ChangeKind::Cancelled, appointment),
        E::AppointmentCheckedIn { appointment } => change(ChangeKind::CheckedIn, appointment),
        E::AppointmentCompleted { appointment } => change(ChangeKind::Completed, appointment),
        E::AppointmentNoShow { appointment } => change(ChangeKind::NoShow, appointment),
        E::AppointmentNotesUpdated { appointment } => change(ChangeKind::NotesUpdated, appointment),
        E::AvailabilityChanged { .. } | E::DataExported { .. } | E::ErasureAnswered { .. } => return None,
    })
}

fn times_change(event: &SchedulingEvent) -> Option<TimesChange> {
    use SchedulingEvent as E;
    match event {
        E::AppointmentBooked { appointment }
        | E::AppointmentCancelled { appointment, .. }
        | E::AppointmentNoShow { appointment } => Some(TimesChange {
            practitioners: vec![appointment.practitioner_id],
            range: Some((appointment.start, appointment.end)),
        }),
        E::AppointmentRescheduled {
            appointment,
            previous_start,
            previous_end,
            previous_practitioner_id,
        } => {
            let mut practitioners = vec![appointment.practitioner_id];
            if *previous_practitioner_id != appointment.practitioner_id {
                practitioners.push(*previous_practitioner_id);
            }
            let range = (
                appointment.start.min(*previous_start),
                appointment.end.max(*previous_end),
            );
            Some(TimesChange {
                practitioners,
                range: Some(range),
            })
        }
        E::AvailabilityChanged { practitioner_id } => Some(TimesChange {
            practitioners: vec![*practitioner_id],
            range: None,
        }),
        E::AppointmentConfirmed { .. }
        | E::AppointmentCheckedIn { .. }
        | E::AppointmentCompleted { .. }
        | E::AppointmentNotesUpdated { .. }
        | E::DataExported { .. }
        | E::ErasureAnswered { .. } => None,
    }
}

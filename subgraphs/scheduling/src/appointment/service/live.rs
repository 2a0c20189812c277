//! Following changes as they happen, and catching up on those that were missed.

use super::{AppointmentService, may_read};
use crate::appointment::sight::{Parties, sight};
use crate::appointment::status::ChangeKind;
use crate::directory::store as directory;
use crate::medical_service::store as catalogue;
use caregraph_contracts::Scope;
use caregraph_contracts::events::{AppointmentFacts, SchedulingEvent};
use caregraph_contracts::ids::{AppointmentId, MedicalServiceId, PatientId, PractitionerId};
use caregraph_kit::auth::{AccessDenied, Principal};
use caregraph_kit::events::{EventError, FollowError};
use caregraph_kit::{Fault, Rejection};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};
use sea_orm::DbErr;

/// Which changes of appointments somebody wants to hear of.
#[derive(Debug, Clone, Copy, Default)]
pub struct WantedChanges {
    /// Only with this practitioner, before or after the change.
    pub practitioner_id: Option<PractitionerId>,
    /// Only of this patient, whichever of the person's records is named.
    pub patient_id: Option<PatientId>,
}

/// Which changes of free times somebody wants to hear of.
#[derive(Debug, Clone, Copy, Default)]
pub struct WantedSlots {
    /// Only of practitioners who offer this service.
    pub service_id: Option<MedicalServiceId>,
    /// Only of this practitioner.
    pub practitioner_id: Option<PractitionerId>,
}

/// One change of an appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppointmentNews {
    /// Place in the log.
    pub position: i64,
    /// What was done.
    pub kind: ChangeKind,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which appointment.
    pub appointment_id: AppointmentId,
    /// When the visit would have begun before it was moved.
    pub previous_start: Option<DateTime<Utc>>,
}

/// Free times changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotNews {
    /// Place in the log.
    pub position: i64,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Whose times.
    pub practitioners: Vec<PractitionerId>,
    /// The part of the calendar that is affected; `None` when it may be anywhere.
    pub range: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Why changes cannot be followed, or not any longer.
#[derive(Debug, thiserror::Error)]
pub enum LiveFailure {
    /// The door is closed.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// The patient or practitioner does not exist for the principal.
    #[error(transparent)]
    Refused(#[from] Rejection),
    /// The cursor cannot be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// A fault of ours.
    #[error("following changes failed")]
    Fault(#[from] Fault),
}

impl From<DbErr> for LiveFailure {
    fn from(error: DbErr) -> Self {
        Self::Fault(error.into())
    }
}

impl From<EventError> for LiveFailure {
    fn from(error: EventError) -> Self {
        Self::Fault(error.into())
    }
}

impl AppointmentService {
    /// Changes behind the position `after`, then live; from now on when it is `None`. Each exactly once, in order.
    ///
    /// The front desk follows everything. Practitioners follow their own calendar, patients and guardians their own
    /// visits; whoever asks for somebody else's is refused at once. Access is decided again for every change: a guardian
    /// who is not one any more hears nothing from then on.
    pub async fn changes(
        &self,
        principal: &Principal,
        wanted: WantedChanges,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<AppointmentNews, LiveFailure>> + Send + use<>, LiveFailure> {
        self.may_follow(principal, wanted).await?;
        let log = self.ground.live.follow(after).await?;
        let (service, principal) = (self.clone(), principal.clone());
        Ok(async_stream::try_stream! {
            let mut log = std::pin::pin!(log);
            while let Some(envelope) = log.next().await {
                let envelope = envelope?;
                if service.is_over(&principal) {
                    break;
                }
                let Some(event) = envelope.decode::<SchedulingEvent>()? else { continue };
                let Some((kind, facts, previous)) = appointment_change(&event) else { continue };
                if !service.is_wanted(wanted, facts, previous).await? || !service.hears(&principal, facts, previous).await? {
                    continue;
                }
                // A doctor may see a new patient's name only once the booking has made a care relationship.
                service.ground.catch_up(envelope.position).await;
                yield AppointmentNews {
                    position: envelope.position,
                    kind,
                    occurred_at: envelope.occurred_at,
                    appointment_id: facts.appointment_id,
                    previous_start: previous.map(|previous| previous.start),
                };
            }
        })
    }

    /// Changes of free times behind the position `after`, then live. For everybody who is signed in: free times are no
    /// secret, and who took one is not told.
    pub async fn slot_changes(
        &self,
        principal: &Principal,
        wanted: WantedSlots,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<SlotNews, LiveFailure>> + Send + use<>, LiveFailure> {
        principal.require_user()?;
        let log = self.ground.live.follow(after).await?;
        let (service, principal) = (self.clone(), principal.clone());
        Ok(async_stream::try_stream! {
            let mut log = std::pin::pin!(log);
            while let Some(envelope) = log.next().await {
                let envelope = envelope?;
                if service.is_over(&principal) {
                    break;
                }
                let Some(event) = envelope.decode::<SchedulingEvent>()? else { continue };
                let Some((mut practitioners, range)) = slot_change(&event) else { continue };
                service.narrow(&mut practitioners, wanted).await?;
                if practitioners.is_empty() {
                    continue;
                }
                yield SlotNews {
                    position: envelope.position,
                    occurred_at: envelope.occurred_at,
                    practitioners,
                    range,
                };
            }
        })
    }

    async fn may_follow(&self, principal: &Principal, wanted: WantedChanges) -> Result<(), LiveFailure> {
        let user = may_read(principal)?;
        let own_calendar = wanted.practitioner_id == Some(PractitionerId::of_user(user));
        if principal.has(Scope::AppointmentsManage) || own_calendar {
            return Ok(());
        }
        match (wanted.patient_id, wanted.practitioner_id) {
            (Some(patient), _) => {
                let own = PatientId::of_user(user) == patient;
                let person = directory::person(self.ground.database.reader(), patient).await?;
                if own || person.is_acted_for_by(user) {
                    Ok(())
                } else {
                    Err(Rejection::not_found("patientId", "patient").into())
                }
            }
            // Somebody else's calendar, which only the front desk sees as a whole.
            (None, Some(_)) => Err(AccessDenied::MissingScope(Scope::AppointmentsManage).into()),
            // Everything that is one's own.
            (None, None) => Ok(()),
        }
    }

    /// Whether a change is among those that were asked for. Records may be put together or parted while somebody listens,
    /// so whose record it is counts as it is now.
    async fn is_wanted(
        &self,
        wanted: WantedChanges,
        facts: &AppointmentFacts,
        previous: Option<Previous>,
    ) -> Result<bool, DbErr> {
        match wanted.patient_id {
            _ if !wanted.is_with(facts, previous) => Ok(false),
            None => Ok(true),
            Some(patient) => {
                directory::are_one_person(self.ground.database.reader(), patient, facts.patient_id).await
            }
        }
    }

    /// Whether a principal hears of a change: by what is so now, not by what was so when the subscription began.
    async fn hears(
        &self,
        principal: &Principal,
        facts: &AppointmentFacts,
        previous: Option<Previous>,
    ) -> Result<bool, DbErr> {
        let person = directory::person(self.ground.database.reader(), facts.patient_id).await?;
        // Whoever a visit was moved away from must hear of it too, although the visit is not theirs any more.
        let practitioners = [
            Some(facts.practitioner_id),
            previous.map(|previous| previous.practitioner),
        ];
        Ok(practitioners.into_iter().flatten().any(|practitioner| {
            sight(
                principal,
                Parties {
                    patient: facts.patient_id,
                    practitioner,
                },
                &person.acting,
            )
            .is_some()
        }))
    }

    /// Transports end connections whose token has; this is for those that forget to.
    fn is_over(&self, principal: &Principal) -> bool {
        principal
            .expires_at()
            .is_some_and(|end| self.ground.clock.now() >= end)
    }

    async fn narrow(
        &self,
        practitioners: &mut Vec<PractitionerId>,
        wanted: WantedSlots,
    ) -> Result<(), DbErr> {
        if let Some(only) = wanted.practitioner_id {
            practitioners.retain(|practitioner| *practitioner == only);
        }
        if let (Some(service), false) = (wanted.service_id, practitioners.is_empty()) {
            let found = catalogue::find(self.ground.database.reader(), service).await?;
            practitioners.retain(|practitioner| {
                found
                    .as_ref()
                    .is_some_and(|service| service.details.practitioners.contains(practitioner))
            });
        }
        Ok(())
    }
}

impl WantedChanges {
    /// Whether a change concerns the practitioner who is asked for.
    fn is_with(&self, facts: &AppointmentFacts, previous: Option<Previous>) -> bool {
        self.practitioner_id.is_none_or(|wanted| {
            facts.practitioner_id == wanted
                || previous.is_some_and(|previous| previous.practitioner == wanted)
        })
    }
}

/// Where a visit was before it was moved.
#[derive(Debug, Clone, Copy)]
struct Previous {
    practitioner: PractitionerId,
    start: DateTime<Utc>,
}

fn appointment_change(event: &SchedulingEvent) -> Option<(ChangeKind, &AppointmentFacts, Option<Previous>)> {
    use SchedulingEvent as E;
    Some(match event {
        E::AppointmentBooked { appointment } => (ChangeKind::Booked, appointment, None),
        E::AppointmentConfirmed { appointment } => (ChangeKind::Confirmed, appointment, None),
        E::AppointmentRescheduled {
            appointment,
            previous_start,
            previous_practitioner_id,
            ..
        } => {
            let previous = Previous {
                practitioner: *previous_practitioner_id,
                start: *previous_start,
            };
            (ChangeKind::Rescheduled, appointment, Some(previous))
        }
        E::AppointmentCancelled { appointment, .. } => (ChangeKind::Cancelled, appointment, None),
        E::AppointmentCheckedIn { appointment } => (ChangeKind::CheckedIn, appointment, None),
        E::AppointmentCompleted { appointment } => (ChangeKind::Completed, appointment, None),
        E::AppointmentNoShow { appointment } => (ChangeKind::NoShow, appointment, None),
        E::AppointmentNotesUpdated { appointment } => (ChangeKind::NotesUpdated, appointment, None),
        E::AvailabilityChanged { .. } | E::DataExported { .. } | E::ErasureAnswered { .. } => return None,
    })
}

type Range = (DateTime<Utc>, DateTime<Utc>);

fn slot_change(event: &SchedulingEvent) -> Option<(Vec<PractitionerId>, Option<Range>)> {
    use SchedulingEvent as E;
    match event {
        E::AppointmentBooked { appointment }
        | E::AppointmentCancelled { appointment, .. }
        | E::AppointmentNoShow { appointment } => Some((
            vec![appointment.practitioner_id],
            Some((appointment.start, appointment.end)),
        )),
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
            Some((practitioners, Some(range)))
        }
        E::AvailabilityChanged { practitioner_id } => Some((vec![*practitioner_id], None)),
        E::AppointmentConfirmed { .. }
        | E::AppointmentCheckedIn { .. }
        | E::AppointmentCompleted { .. }
        | E::AppointmentNotesUpdated { .. }
        | E::DataExported { .. }
        | E::ErasureAnswered { .. } => None,
    }
}

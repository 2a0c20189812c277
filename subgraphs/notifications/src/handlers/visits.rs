//! What people are told about their visits.

use crate::contact::store::People;
use crate::notification::{Addressee, Facts, NotificationType, Post, Side};
use crate::reminder::{Lead, REMIND, Visit, Visits};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::{AppointmentFacts, CancelledBy, SchedulingEvent};
use caregraph_contracts::ids::{AppointmentId, Id, PatientId, PractitionerId, UserId};
use caregraph_kit::documents::{Commit, DocumentHandler, Versioned};
use caregraph_kit::events::{Envelope, HandlerError};
use caregraph_kit::jobs::Plan;
use caregraph_kit::{Clock, Fault};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

/// Tells people what happened to their visits, and sees to reminders.
pub(crate) struct VisitNews {
    pub(crate) visits: Visits,
    pub(crate) people: People,
    pub(crate) post: Post,
    pub(crate) clock: Clock,
}

/// Somebody to tell, with the patient's name where it is another person.
pub(crate) type Reader = (Addressee, Option<String>);

/// What is to be told.
struct News {
    kind: NotificationType,
    /// For how long it helps.
    until: DateTime<Utc>,
    /// Whom it is no news to.
    doer: UserId,
    previous: Option<(DateTime<Utc>, PractitionerId)>,
    by: Option<CancelledBy>,
}

#[async_trait]
impl DocumentHandler for VisitNews {
    fn name(&self) -> &'static str {
        "notifications.visits"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Scheduling]
    }

    // Nobody reads a message in the same breath as what it tells of.
    fn is_awaited(&self) -> bool {
        false
    }

    async fn handle(&self, event: &Envelope) -> Result<Commit, HandlerError> {
        let mut commit = Commit::new();
        let Some(told) = event.decode::<SchedulingEvent>()? else {
            return Ok(commit);
        };
        let Some(facts) = told.appointment() else {
            return Ok(commit);
        };
        let known = self
            .visits
            .get(facts.appointment_id)
            .await
            .map_err(HandlerError::other)?;
        // An event that was parked and comes again tells of the past.
        if known
            .as_ref()
            .is_some_and(|known| known.value.0.revision >= facts.revision)
        {
            return Ok(commit);
        }
        let Some(readers) = addressees(&self.people, facts).await? else {
            // Who has just registered may book at once, and then these news may be faster than those of the person.
            return Err(HandlerError::NotYet(format!("patient {}", facts.patient_id)));
        };
        self.follow(&mut commit, known, readers, &told, event).await?;
        self.post.jobs.look();
        Ok(commit)
    }
}

impl VisitNews {
    async fn follow(
        &self,
        commit: &mut Commit,
        known: Option<Versioned<AppointmentId, Visit>>,
        mut readers: Vec<Reader>,
        told: &SchedulingEvent,
        event: &Envelope,
    ) -> Result<(), Fault> {
        let Some(facts) = told.appointment() else {
            return Ok(());
        };
        let visit = &Visit(facts.clone());
        let (version, before) = known.map(|known| (known.version, known.value)).unzip();
        self.visits.put(commit, version, visit)?;
        self.remind(commit, before.as_ref(), visit, event.occurred_at)
            .await?;
        let Some(news) = news(told) else { return Ok(()) };
        if news.until <= self.clock.now() {
            tracing::debug!(event = %event.id, kind = news.kind.as_str(), "nobody is told: it comes too late to help");
            return Ok(());
        }
        if let Some((_, practitioner)) = news.previous
            && practitioner != visit.0.practitioner_id
        {
            // Somebody's day has a gap now.
            let name = readers.last().and_then(|(_, patient)| patient.clone());
            readers.push((practising(practitioner), name));
            readers = each_once(readers);
        }
        for (to, patient) in readers {
            // Whoever works here knows what they have just done; patients get it in writing.
            if to.side == Side::Practitioner && to.user == news.doer {
                continue;
            }
            let mut facts = Facts::of_visit(&visit.0, to.side, patient.as_deref()).until(news.until);
            if let Some((previous, _)) = news.previous {
                facts = facts.instant("previous", previous);
            }
            if let Some(by) = news.by {
                facts = facts.word(
                    "by",
                    match by {
                        CancelledBy::Patient => "patient",
                        CancelledBy::Practice => "practice",
                    },
                );
            }
            self.post
                .tell(commit, to, news.kind, facts, &event.id.to_string())
                .await?;
        }
        Ok(())
    }

    /// Plans the reminders that lie ahead and takes back those that have lost their sense. Those of a visit that stays where it is
    /// are left alone: one may be due and on its way.
    async fn remind(
        &self,
        commit: &mut Commit,
        before: Option<&Visit>,
        visit: &Visit,
        told_at: DateTime<Utc>,
    ) -> Result<(), Fault> {
        let (id, now) = (visit.0.appointment_id, self.clock.now());
        let stays = before.is_some_and(|before| before.is_on() && before.0.start == visit.0.start);
        if visit.is_on() && stays {
            return Ok(());
        }
        for lead in Lead::ALL {
            let name = lead.job(id);
            if visit.is_to_be_reminded(lead, told_at, now) {
                let plan = Plan {
                    name: &name,
                    kind: REMIND,
                    subject: id.uuid(),
                    detail: lead.hours(),
                    due: lead.due(visit.0.start),
                };
                self.post.jobs.plan(commit, &plan).await?;
            } else {
                self.post.jobs.take_back(commit, &name).await?;
            }
        }
        Ok(())
    }
}

/// Who hears of a visit, and the patient's name for those to whom it is another person.
/// `None` when the patient is not known yet.
pub(crate) async fn addressees(
    people: &People,
    visit: &AppointmentFacts,
) -> Result<Option<Vec<Reader>>, Fault> {
    let Some(ward) = ward(people, visit.patient_id).await? else {
        return Ok(None);
    };
    let own = ward.user.is_some();
    let name = Some(ward.name.clone());
    let mut found: Vec<_> = ward
        .recipients()
        .into_iter()
        .map(|user| {
            let to = Addressee {
                user,
                side: Side::Patient,
            };
            (to, if own { None } else { name.clone() })
        })
        .collect();
    found.push((practising(visit.practitioner_id), name));
    Ok(Some(each_once(found)))
}

/// Whoever is on both sides, as a doctor with whom their own child has a visit, hears of it as a patient.
fn each_once(readers: Vec<Reader>) -> Vec<Reader> {
    let mut seen = BTreeSet::new();
    readers
        .into_iter()
        .filter(|(to, _)| seen.insert(to.user))
        .collect()
}

fn practising(practitioner: PractitionerId) -> Addressee {
    Addressee {
        user: practitioner.as_user(),
        side: Side::Practitioner,
    }
}

/// The patient; where two records were found to be one person, the one that stayed.
async fn ward(people: &People, patient: PatientId) -> Result<Option<crate::contact::Ward>, Fault> {
    const MOST_MERGES: usize = 10;
    let mut next = patient;
    for _ in 0..MOST_MERGES {
        match people.ward(next).await? {
            Some(found) => match found.value.merged_into {
                Some(surviving) => next = surviving,
                None => return Ok(Some(found.value)),
            },
            None => return Ok(None),
        }
    }
    Ok(None)
}

fn news(event: &SchedulingEvent) -> Option<News> {
    use NotificationType as T;
    let facts = event.appointment()?;
    let (kind, until) = match event {
        SchedulingEvent::AppointmentBooked { .. } => (T::AppointmentBooked, facts.end),
        SchedulingEvent::AppointmentConfirmed { .. } => (T::AppointmentConfirmed, facts.end),
        SchedulingEvent::AppointmentRescheduled { previous_end, .. } => {
            // Whoever would have come at the old time must hear of it until then, and of the new time until it is over.
            (T::AppointmentRescheduled, facts.end.max(*previous_end))
        }
        SchedulingEvent::AppointmentCancelled { .. } => (T::AppointmentCancelled, facts.end),
        SchedulingEvent::AppointmentCheckedIn { .. } => (T::AppointmentCheckedIn, facts.end),
        SchedulingEvent::AppointmentCompleted { .. } => (T::AppointmentCompleted, facts.end + DAYS),
        SchedulingEvent::AppointmentNoShow { .. } => (T::AppointmentNoShow, facts.end + DAYS),
        SchedulingEvent::AppointmentNotesUpdated { .. } => (T::AppointmentNotesUpdated, facts.end + DAYS * 4),
        SchedulingEvent::AvailabilityChanged { .. }
        | SchedulingEvent::DataExported { .. }
        | SchedulingEvent::ErasureAnswered { .. } => return None,
    };
    let previous = match event {
        SchedulingEvent::AppointmentRescheduled {
            previous_start,
            previous_practitioner_id,
            ..
        } => Some((*previous_start, *previous_practitioner_id)),
        _ => None,
    };
    let by = match event {
        SchedulingEvent::AppointmentCancelled { by, .. } => Some(*by),
        _ => None,
    };
    Some(News {
        kind,
        until,
        doer: facts.changed_by,
        previous,
        by,
    })
}

/// What lies behind is news for so long.
const DAYS: TimeDelta = TimeDelta::days(7);

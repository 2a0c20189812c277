//! What people are told about their medical records. No message holds anything of what is written in them.

use crate::contact::Ward;
use crate::contact::store::People;
use crate::notification::{Addressee, Facts, NotificationType, Post, Side};
use crate::reminder::Visits;
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::RecordsEvent;
use caregraph_contracts::ids::{AppointmentId, PatientId, PractitionerId, UserId};
use caregraph_kit::documents::{Commit, DocumentHandler};
use caregraph_kit::events::{Envelope, HandlerError};
use caregraph_kit::{Clock, Fault};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

/// For how long news of a record wait for news of its patient and of whoever opened it.
const UNKNOWN_FOR: TimeDelta = TimeDelta::minutes(10);

/// Notes that were signed this long ago are no news.
const STALE: TimeDelta = TimeDelta::days(7);

/// Tells people that their record was opened in an emergency, and that notes can be read.
pub(crate) struct RecordNews {
    pub(crate) visits: Visits,
    pub(crate) people: People,
    pub(crate) post: Post,
    pub(crate) clock: Clock,
}

/// What is to be told.
struct News {
    kind: NotificationType,
    facts: Facts,
    to: Readers,
}

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// The patient; guardians where there is no account.
    Patient,
    /// The patient and all guardians.
    All,
    /// One of them.
    One(UserId),
}

#[async_trait]
impl DocumentHandler for RecordNews {
    fn name(&self) -> &'static str {
        "notifications.records"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Records]
    }

    // Nobody reads a message in the same breath as what it tells of.
    fn is_awaited(&self) -> bool {
        false
    }

    async fn handle(&self, event: &Envelope) -> Result<Commit, HandlerError> {
        let mut commit = Commit::new();
        let Some(told) = event.decode::<RecordsEvent>()? else {
            return Ok(commit);
        };
        let Some(news) = self.news(&told, event.occurred_at).await? else {
            return Ok(commit);
        };
        let wards = self.wards(told.patient_id()).await?;
        if wards.is_empty() {
            return Err(HandlerError::NotYet(format!("patient {}", told.patient_id())));
        }
        for (user, patient) in readers(&wards, news.to) {
            let to = Addressee {
                user,
                side: Side::Patient,
            };
            let facts = news.facts.clone().word("patient", patient);
            self.post
                .tell(&mut commit, to, news.kind, facts, &event.id.to_string())
                .await?;
        }
        self.post.jobs.look();
        Ok(commit)
    }
}

impl RecordNews {
    /// What an event says to the patient; `None` when nothing.
    async fn news(&self, told: &RecordsEvent, at: DateTime<Utc>) -> Result<Option<News>, HandlerError> {
        match told {
            RecordsEvent::GlassBroken {
                user_id,
                reason,
                until,
                ..
            } => {
                let opener = self.people.contact(*user_id).await?;
                if opener.is_none() && self.is_fresh(at) {
                    return Err(HandlerError::NotYet(format!("user {user_id}")));
                }
                // It is told without a name rather than not at all.
                let opener = opener.map(|found| found.value.name()).unwrap_or_default();
                let facts = Facts::default()
                    .word("opener", opener)
                    .word("reason", reason)
                    .instant("opened", at)
                    .instant("until", *until);
                Ok(Some(News {
                    kind: NotificationType::RecordOpenedInEmergency,
                    facts,
                    to: Readers::All,
                }))
            }
            RecordsEvent::EncounterSigned {
                practitioner_id,
                appointment_id,
                amended,
                ..
            } => {
                if self.clock.now() - at > STALE {
                    return Ok(None);
                }
                let practitioner = self.practitioner(*practitioner_id, *appointment_id).await?;
                let facts = Facts::default()
                    .word("practitioner", practitioner)
                    .word("amended", if *amended { "yes" } else { "" })
                    .instant("signed", at);
                Ok(Some(News {
                    kind: NotificationType::VisitNotesReady,
                    facts,
                    to: Readers::Patient,
                }))
            }
            RecordsEvent::DataExportReady {
                requested_by, until, ..
            } => Ok((self.clock.now() < *until).then(|| News {
                kind: NotificationType::DataExportReady,
                facts: Facts::default().instant("until", *until),
                to: Readers::One(*requested_by),
            })),
            // Whoever took them has just been told by the answer; who else cares for the patient is not known here.
            RecordsEvent::VitalsAbnormal { .. }
            // Drafts, and what the patient finds in the record without being called.
            | RecordsEvent::RecordChanged { .. }
            | RecordsEvent::AllergyRecorded { .. }
            | RecordsEvent::MedicationChanged { .. }
            | RecordsEvent::RecordAccessed { .. }
            // Told when it is there.
            | RecordsEvent::DataExportRequested { .. }
            // Told when all have answered.
            | RecordsEvent::ErasureAnswered { .. } => Ok(None),
        }
    }

    /// The name that the visit was booked under, or else that of the account; empty when neither is known.
    async fn practitioner(
        &self,
        practitioner: PractitionerId,
        appointment: Option<AppointmentId>,
    ) -> Result<String, Fault> {
        if let Some(appointment) = appointment
            && let Some(visit) = self.visits.get(appointment).await?
            && visit.value.0.practitioner_id == practitioner
        {
            return Ok(visit.value.0.practitioner_name);
        }
        let contact = self.people.contact(practitioner.as_user()).await?;
        Ok(contact.map(|found| found.value.name()).unwrap_or_default())
    }

    /// The patient, and those who this one turned out to be: the one that stayed is the last.
    async fn wards(&self, patient: PatientId) -> Result<Vec<Ward>, Fault> {
        const MOST_MERGES: usize = 10;
        let (mut wards, mut next) = (Vec::new(), Some(patient));
        while let Some(patient) = next
            && wards.len() < MOST_MERGES
        {
            let Some(found) = self.people.ward(patient).await? else {
                break;
            };
            next = found.value.merged_into;
            wards.push(found.value);
        }
        Ok(wards)
    }

    fn is_fresh(&self, at: DateTime<Utc>) -> bool {
        self.clock.now() - at < UNKNOWN_FOR
    }
}

/// Who is told, each once, with the patient's name where it is another person.
fn readers(wards: &[Ward], to: Readers) -> Vec<(UserId, String)> {
    let Some(stays) = wards.last().filter(|ward| !ward.deceased) else {
        return Vec::new();
    };
    let mut readers = Vec::new();
    // Whoever signs in with an account of either record reads of themselves.
    let mut seen: BTreeSet<UserId> = wards.iter().filter_map(|ward| ward.user).collect();
    readers.extend(seen.iter().map(|user| (*user, String::new())));
    if to != Readers::Patient || readers.is_empty() {
        let guardians = wards.iter().flat_map(|ward| &ward.guardians);
        for guardian in guardians {
            if seen.insert(*guardian) {
                readers.push((*guardian, stays.name.clone()));
            }
        }
    }
    if let Readers::One(reader) = to {
        readers.retain(|(user, _)| *user == reader);
    }
    readers
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn user(n: u128) -> UserId {
        Uuid::from_u128(n).into()
    }

    fn ward(account: Option<u128>, guardians: &[u128]) -> Ward {
        Ward {
            user: account.map(user),
            guardians: guardians.iter().copied().map(user).collect(),
            name: "An".into(),
            deceased: false,
            merged_into: None,
        }
    }

    #[test]
    fn guardians_hear_of_emergencies_beside_the_patient() {
        let wards = [ward(Some(1), &[2, 3])];
        let (own, other) = (String::new(), "An".to_owned());
        assert_eq!(readers(&wards, Readers::Patient), [(user(1), own.clone())]);
        let all = [(user(1), own), (user(2), other.clone()), (user(3), other.clone())];
        assert_eq!(readers(&wards, Readers::All), all);
        assert_eq!(
            readers(&[ward(None, &[2])], Readers::Patient),
            [(user(2), other.clone())]
        );
        // News for one of them reach nobody who has nothing to do with the patient.
        assert_eq!(readers(&wards, Readers::One(user(3))), [(user(3), other)]);
        assert_eq!(readers(&wards, Readers::One(user(4))), []);
    }

    #[test]
    fn accounts_of_records_that_were_put_together_hear_once_each() {
        let wards = [ward(Some(1), &[2]), ward(Some(3), &[2, 1])];
        let told: Vec<_> = readers(&wards, Readers::All)
            .into_iter()
            .map(|(user, _)| user)
            .collect();
        assert_eq!(told, [user(1), user(3), user(2)]);
    }

    #[test]
    fn nobody_is_told_of_the_dead() {
        let mut dead = ward(Some(1), &[2]);
        dead.deceased = true;
        assert_eq!(readers(&[dead], Readers::All), []);
        assert_eq!(readers(&[], Readers::All), []);
    }
}

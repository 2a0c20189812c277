//! What people are told about their medical records. No message holds anything of what is written in them.

use super::readers::{Readers, readers, wards};
use crate::contact::store::People;
use crate::notification::{Addressee, Facts, NotificationType, Post, Side};
use crate::reminder::Visits;
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::{AppointmentFacts, RecordsEvent};
use caregraph_contracts::ids::{AppointmentId, PractitionerId};
use caregraph_kit::documents::{Commit, DocumentHandler};
use caregraph_kit::events::{Envelope, HandlerError};
use caregraph_kit::{Clock, Fault};
use chrono::{DateTime, TimeDelta, Utc};

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

#[async_trait]
impl DocumentHandler for RecordNews {
    fn name(&self) -> &'static str {
        "notifications.records"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Records]
    }

    // Most of what records tells is who looked.
    fn hears(&self, name: &str) -> bool {
        name != "RecordAccessed"
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
        let wards = wards(&self.people, told.patient_id()).await?;
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
                practitioner_id: signer,
                responsible_id,
                began_at,
                appointment_id,
                amended,
                released,
                ..
            } => {
                // Nobody is called to read what is withheld from them.
                if !released || self.clock.now() - at > STALE {
                    return Ok(None);
                }
                let visit = self.visit(*appointment_id).await?;
                let visit = visit.as_ref();
                // Events of earlier versions name neither: then it is what was booked, or else the signer's.
                let whose = responsible_id.or(visit.map(|visit| visit.practitioner_id));
                let practitioner = self.practitioner(whose.unwrap_or(*signer), visit).await?;
                let (is_amended, amender) = if *amended {
                    ("yes", self.practitioner(*signer, visit).await?)
                } else {
                    ("", String::new())
                };
                let mut facts = Facts::default()
                    .word("practitioner", practitioner)
                    .word("amended", is_amended)
                    .word("amender", amender)
                    // Empty, unless the instant says when.
                    .word("visit_date", "")
                    .word("visit_time", "")
                    .instant("signed", at);
                if let Some(began) = began_at.or(visit.map(|visit| visit.start)) {
                    facts = facts.instant("visit", began);
                }
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

    /// The visit, when it was booked and is known here.
    async fn visit(&self, appointment: Option<AppointmentId>) -> Result<Option<AppointmentFacts>, Fault> {
        let Some(appointment) = appointment else {
            return Ok(None);
        };
        Ok(self.visits.get(appointment).await?.map(|visit| visit.value.0))
    }

    /// The name that the visit was booked under, if it was with this practitioner, or else that of the account; empty when neither is
    /// known.
    async fn practitioner(
        &self,
        practitioner: PractitionerId,
        visit: Option<&AppointmentFacts>,
    ) -> Result<String, Fault> {
        if let Some(visit) = visit.filter(|visit| visit.practitioner_id == practitioner) {
            return Ok(visit.practitioner_name.clone());
        }
        let contact = self.people.contact(practitioner.as_user()).await?;
        Ok(contact.map(|found| found.value.name()).unwrap_or_default())
    }

    fn is_fresh(&self, at: DateTime<Utc>) -> bool {
        self.clock.now() - at < UNKNOWN_FOR
    }
}

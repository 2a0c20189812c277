//! What people are told about erasing what is kept about them, or about somebody for whom they act.

use crate::contact::store::People;
use crate::notification::{Addressee, Facts, NotificationType, Post, Side};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::{DataCategory, Holdings, PatientsEvent};
use caregraph_contracts::ids::{PatientId, UserId};
use caregraph_kit::documents::{Commit, DocumentHandler};
use caregraph_kit::events::{Envelope, HandlerError};
use caregraph_kit::{Clock, Fault};
use chrono::{DateTime, TimeDelta, Utc};

/// That something was called off this long ago is no news.
const STALE: TimeDelta = TimeDelta::days(7);

/// Tells whoever asked for an erasure what will come of it. When it was carried out, there may be nobody left to tell.
pub(crate) struct ErasureNews {
    pub(crate) people: People,
    pub(crate) post: Post,
    pub(crate) clock: Clock,
}

/// What is to be told.
struct News {
    kind: NotificationType,
    facts: Facts,
    patient: PatientId,
    to: UserId,
}

#[async_trait]
impl DocumentHandler for ErasureNews {
    fn name(&self) -> &'static str {
        "notifications.erasures"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Patients]
    }

    // Nobody reads a message in the same breath as what it tells of.
    fn is_awaited(&self) -> bool {
        false
    }

    async fn handle(&self, event: &Envelope) -> Result<Commit, HandlerError> {
        let mut commit = Commit::new();
        let Some(told) = event.decode::<PatientsEvent>()? else {
            return Ok(commit);
        };
        let Some(news) = self.news(told, event.occurred_at) else {
            return Ok(commit);
        };
        let Some(patient) = self.named(news.patient, news.to).await? else {
            return Err(HandlerError::NotYet(format!("patient {}", news.patient)));
        };
        let to = Addressee {
            user: news.to,
            side: Side::Patient,
        };
        let facts = news.facts.word("patient", patient);
        self.post
            .tell(&mut commit, to, news.kind, facts, &event.id.to_string())
            .await?;
        self.post.jobs.look();
        Ok(commit)
    }
}

impl ErasureNews {
    /// What an event says to whoever asked; `None` when nothing.
    fn news(&self, told: PatientsEvent, at: DateTime<Utc>) -> Option<News> {
        let now = self.clock.now();
        match told {
            PatientsEvent::ErasureScheduled {
                patient_id,
                requested_by,
                due_at,
                holdings,
                ..
            } => (now < due_at).then(|| News {
                kind: NotificationType::ErasureScheduled,
                facts: scheduled(due_at, holdings),
                patient: patient_id,
                to: requested_by,
            }),
            PatientsEvent::ErasureCancelled {
                patient_id,
                requested_by,
                ..
            } => (now - at <= STALE).then(|| News {
                kind: NotificationType::ErasureCancelled,
                facts: Facts::default(),
                patient: patient_id,
                to: requested_by,
            }),
            // Told when it is known what will go.
            PatientsEvent::ErasureAsked { .. }
            | PatientsEvent::ErasureCarriedOut { .. }
            | PatientsEvent::PatientRegistered { .. }
            | PatientsEvent::PatientUpdated { .. }
            | PatientsEvent::PatientsMerged { .. }
            | PatientsEvent::PatientsUnmerged { .. }
            | PatientsEvent::CareRelationshipChanged { .. }
            | PatientsEvent::ConsentChanged { .. }
            | PatientsEvent::DataExported { .. } => None,
        }
    }

    /// The patient's name, empty when it is the reader, under whichever of their records; `None` while the patient is not known.
    async fn named(&self, patient: PatientId, reader: UserId) -> Result<Option<String>, Fault> {
        const MOST_MERGES: usize = 10;
        let mut next = Some(PatientId::of_user(reader));
        for _ in 0..MOST_MERGES {
            if next == Some(patient) {
                return Ok(Some(String::new()));
            }
            let Some(record) = next else { break };
            let found = self.people.ward(record).await?;
            next = found.and_then(|found| found.value.merged_into);
        }
        Ok(self.people.ward(patient).await?.map(|found| found.value.name))
    }
}

fn scheduled(due_at: DateTime<Utc>, holdings: Holdings) -> Facts {
    let mut goes = holdings.goes.iter();
    let account_ends = goes.any(|gone| gone.category == DataCategory::Account);
    Facts::default()
        .instant("due", due_at)
        .word("account_ends", if account_ends { "yes" } else { "" })
        .holdings(holdings)
        .until(due_at)
}

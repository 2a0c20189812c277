//! What people are told about erasing what is kept about them, or about somebody for whom they act.

use super::readers::{Readers, is_own, readers, wards};
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

/// Tells the patient and all guardians what will come of an erasure, whoever asked for it: data can be lost for good by somebody who acts for
/// another one, or by a form that nobody signed. When it was carried out, there may be nobody left to tell.
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
    asked_by: UserId,
}

#[async_trait]
impl DocumentHandler for ErasureNews {
    fn name(&self) -> &'static str {
        "notifications.erasures"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Patients]
    }

    fn hears(&self, name: &str) -> bool {
        matches!(name, "ErasureScheduled" | "ErasureCancelled")
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
        let Some(readers) = self.readers(&news).await? else {
            return Err(HandlerError::NotYet(format!("patient {}", news.patient)));
        };
        for (user, patient) in readers {
            let to = Addressee {
                user,
                side: Side::Patient,
            };
            let asked = if user == news.asked_by { "yes" } else { "" };
            let facts = news.facts.clone().word("patient", patient).word("asked", asked);
            self.post
                .tell(&mut commit, to, news.kind, facts, &event.id.to_string())
                .await?;
        }
        self.post.jobs.look();
        Ok(commit)
    }
}

impl ErasureNews {
    /// What an event says; `None` when nothing.
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
                asked_by: requested_by,
            }),
            PatientsEvent::ErasureCancelled {
                patient_id,
                requested_by,
                ..
            } => (now - at <= STALE).then(|| News {
                kind: NotificationType::ErasureCancelled,
                facts: Facts::default(),
                patient: patient_id,
                asked_by: requested_by,
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

    /// Who is told, each once, with the patient's name where it is another person; `None` while the patient is not known. Whoever asked at
    /// the front desk by a signed form is none of them: they know.
    async fn readers(&self, news: &News) -> Result<Option<Vec<(UserId, String)>>, Fault> {
        let wards = wards(&self.people, news.patient).await?;
        if wards.is_empty() {
            return Ok(None);
        }
        let mut told = readers(&wards, Readers::AllAnd(news.asked_by));
        for (user, name) in &mut told {
            // Accounts of records that were put to this one stand among those who act for it, and read of themselves.
            if !name.is_empty() && is_own(&self.people, *user, news.patient).await? {
                name.clear();
            }
        }
        let asker = news.asked_by;
        if told.iter().all(|(user, _)| *user != asker) && is_own(&self.people, asker, news.patient).await? {
            told.push((asker, String::new()));
        }
        Ok(Some(told))
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

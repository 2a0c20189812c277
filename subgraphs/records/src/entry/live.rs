//! Changes of a record as they happen.

use super::reading::Reader;
use crate::access::{Access, Persons};
use async_trait::async_trait;
use caregraph_contracts::RecordPart;
use caregraph_contracts::events::{EntryKind, RecordsEvent};
use caregraph_contracts::ids::{PatientId, RecordEntryId};
use caregraph_kit::auth::{AccessDenied, Principal};
use caregraph_kit::events::switchboard::{Listener, News, Recall, Topic};
use caregraph_kit::events::{Envelope, EventError, FollowError};
use caregraph_kit::{Failure, Fault, Rejection};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};
use std::collections::HashSet;
use std::sync::Arc;

/// An entry was written or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordNews {
    /// Place in the log.
    pub position: i64,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which entry.
    pub entry_id: RecordEntryId,
    /// Its version, from 1.
    pub version: i64,
}

/// Why changes cannot be followed, or not any longer.
#[derive(Debug, thiserror::Error)]
pub enum LiveFailure {
    /// The door is closed.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// There is no such record for the caller.
    #[error(transparent)]
    Refused(#[from] Rejection),
    /// The cursor cannot be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// A fault of ours.
    #[error("following a record failed")]
    Fault(#[from] Fault),
}

impl From<Failure> for LiveFailure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Denied(denied) => Self::Denied(denied),
            Failure::Fault(fault) => Self::Fault(fault),
            Failure::Refused(mut refusals) => match refusals.pop() {
                Some(refusal) => Self::Refused(refusal),
                None => Self::Refused(Rejection::not_found("patientId", "patient")),
            },
        }
    }
}

/// What records tell live.
pub(super) struct Changes {
    pub access: Access,
}

/// A change of an entry, as far as it decides about who hears of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    patient: PatientId,
    entry: RecordEntryId,
    kind: EntryKind,
    version: i64,
    released: bool,
}

#[async_trait]
impl Topic for Changes {
    type What = Change;
    /// Whose record.
    type Key = PatientId;
    type Facts = Persons;

    fn decode(&self, event: &Envelope) -> Result<Option<Change>, EventError> {
        let Some(RecordsEvent::RecordChanged { change }) = event.decode::<RecordsEvent>()? else {
            return Ok(None);
        };
        Ok(Some(Change {
            patient: change.patient_id,
            entry: change.entry_id,
            kind: change.kind,
            version: change.version,
            released: change.released,
        }))
    }

    async fn look_up(&self, news: &[Arc<News<Change>>]) -> Result<Persons, Fault> {
        self.access
            .persons(news.iter().map(|news| news.what.patient))
            .await
    }

    /// Somebody's record may have become a part of another one since they began to listen.
    fn keys(&self, news: &News<Change>, persons: &Persons) -> HashSet<PatientId> {
        persons.of(news.what.patient)
    }
}

/// Somebody who follows a record. What they see of it is decided for each change, see [`Reader::changes`].
struct RecordListener {
    access: Access,
    patient: PatientId,
}

#[async_trait]
impl Listener for RecordListener {
    type Topic = Changes;
    type Heard = (i64, DateTime<Utc>, Change);
    type Error = LiveFailure;

    fn key(&self) -> PatientId {
        self.patient
    }

    fn hear(&self, news: &News<Change>, _: &Persons) -> Option<Self::Heard> {
        Some((news.position, news.occurred_at, news.what))
    }

    async fn recall(&self) -> Result<Recall<Self>, LiveFailure> {
        let same = self.access.persons([self.patient]).await?.of(self.patient);
        Ok(Box::new(move |news| {
            let is_theirs = same.contains(&news.what.patient);
            is_theirs.then_some((news.position, news.occurred_at, news.what))
        }))
    }
}

impl Reader {
    /// Changes of one record behind the position `after`, then live; from now on when it is `None`. Each exactly once, in order.
    /// Access is decided again for every change of the record; when it has ended, so do the changes.
    pub async fn changes(
        &self,
        principal: &Principal,
        patient: PatientId,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<RecordNews, LiveFailure>> + Send + use<>, LiveFailure> {
        Access::require_reader(principal)?;
        let sight = self
            .access
            .look(principal, patient, "recordChanged", RecordPart::ALL);
        let sight = sight
            .await?
            .ok_or_else(|| Rejection::not_found("patientId", "patient"))?;
        let listener = RecordListener {
            access: self.access.clone(),
            patient: sight.patient,
        };
        let news = self.live.follow(listener, after).await?;
        let (access, clock, principal) = (self.access.clone(), self.ground.clock.clone(), principal.clone());
        Ok(async_stream::try_stream! {
            let mut news = std::pin::pin!(news);
            while let Some(told) = news.next().await {
                let (position, occurred_at, change) = told?;
                if principal.expires_at().is_some_and(|end| end <= clock.now()) {
                    break;
                }
                let Some(now) = access.sight(&principal, sight.patient).await? else { break };
                let is_theirs = now.patients.contains(&change.patient);
                if is_theirs && now.shows(change.kind) && (change.released || !now.released_only) {
                    yield RecordNews {
                        position,
                        occurred_at,
                        entry_id: change.entry,
                        version: change.version,
                    };
                }
            }
        })
    }
}

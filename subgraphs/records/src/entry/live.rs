//! Changes of a record as they happen.

use super::reading::Reader;
use crate::access::Access;
use caregraph_contracts::RecordPart;
use caregraph_contracts::events::{EntryChange, RecordsEvent};
use caregraph_contracts::ids::PatientId;
use caregraph_kit::auth::{AccessDenied, Principal};
use caregraph_kit::events::{EventError, FollowError};
use caregraph_kit::{Failure, Fault, Rejection};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};

/// An entry was written or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordNews {
    /// Place in the log.
    pub position: i64,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// What.
    pub change: EntryChange,
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

impl From<EventError> for LiveFailure {
    fn from(error: EventError) -> Self {
        Self::Fault(error.into())
    }
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

impl Reader {
    /// Changes of one record behind the position `after`, then live; from now on when it is `None`. Each exactly once, in order.
    /// Access is decided again for every change; when it has ended, so do the changes.
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
        let log = self.ground.live.follow(after).await?;
        let (reader, principal) = (self.clone(), principal.clone());
        Ok(async_stream::try_stream! {
            let mut log = std::pin::pin!(log);
            while let Some(envelope) = log.next().await {
                let envelope = envelope?;
                if principal.expires_at().is_some_and(|end| end <= reader.ground.clock.now()) {
                    break;
                }
                let Some(RecordsEvent::RecordChanged { change }) = envelope.decode::<RecordsEvent>()? else {
                    continue;
                };
                // Somebody's record may have become a part of another one since the subscription began.
                let Some(now) = reader.access.sight(&principal, sight.patient).await? else { break };
                let is_theirs = now.patients.contains(&change.patient_id);
                if is_theirs && now.shows(change.kind) && (change.released || !now.released_only) {
                    yield RecordNews {
                        position: envelope.position,
                        occurred_at: envelope.occurred_at,
                        change,
                    };
                }
            }
        })
    }
}

//! An event with everything a carrier needs to know about it.

use crate::crypto::CryptoError;
use crate::documents::DocumentError;
use crate::telemetry::trace::TraceParent;
use caregraph_contracts::events::Actor;
use caregraph_contracts::ids::EventId;
use caregraph_contracts::{Domain, PublicEvent};
use chrono::{DateTime, Utc};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why an event could not be stored, carried or read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The store failed.
    #[error("the event store failed")]
    Store(#[from] DbErr),
    /// The document store that keeps the log failed.
    #[error("the event store failed")]
    Documents(#[source] Box<DocumentError>),
    /// The payload could not be sealed or opened.
    #[error("an event's payload could not be opened")]
    Sealed(#[from] CryptoError),
    /// The payload is not what its name promises.
    #[error("an event's payload could not be read")]
    Payload(#[from] serde_json::Error),
    /// A stored row does not make sense.
    #[error("event row is damaged: {0}")]
    Damaged(&'static str),
    /// The transport failed.
    #[error("the event transport failed")]
    Transport(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Several waited for one answer, and it was this.
    #[error(transparent)]
    Shared(std::sync::Arc<EventError>),
    /// Nobody provides this domain's events here.
    #[error("events of {0} are not available in this process")]
    UnknownDomain(Domain),
}

/// One event on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Identifies the event; a repetition has the same id.
    pub id: EventId,
    /// Who tells it.
    pub domain: Domain,
    /// Place in the domain's log: grows by one, without gaps.
    pub position: i64,
    /// The thing that changed.
    pub aggregate: Uuid,
    /// The event's name, for example `AppointmentBooked`.
    pub name: String,
    /// Version of the payload.
    pub version: u16,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// W3C `traceparent` of the request that caused it, if it was traced.
    pub traceparent: Option<String>,
    /// The payload as the domain's enum serialises, and under `by` who caused it.
    pub payload: serde_json::Value,
}

/// Where the payload says who caused the event. Enums are `name` and `data` and do not look at anything else.
pub(super) const BY: &str = "by";

impl Envelope {
    /// Whose request the event follows from; `None` when the program did it by itself.
    pub fn actor(&self) -> Option<Actor> {
        Actor::deserialize(self.payload.get(BY)?).ok()
    }

    /// Its place in a trace.
    pub(crate) fn place(&self) -> Option<TraceParent> {
        self.traceparent.as_deref().and_then(TraceParent::read)
    }

    /// The typed event, if it is one of `E`'s domain. `None` for other domains, and for events that this version of the program does
    /// not know by name: a later one tells them, and nobody here waits for them.
    pub fn decode<E: PublicEvent>(&self) -> Result<Option<E>, EventError> {
        if self.domain != E::DOMAIN {
            return Ok(None);
        }
        match E::deserialize(&self.payload) {
            Ok(event) => Ok(Some(event)),
            // The only mark that serde gives; a value inside the event that is not known is damage.
            Err(error)
                if error
                    .to_string()
                    .starts_with(&format!("unknown variant `{}`", self.name)) =>
            {
                tracing::debug!(event = %self.id, name = self.name, "an event of a later version");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

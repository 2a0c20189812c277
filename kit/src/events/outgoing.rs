//! Events on their way into an outbox, whatever store keeps it.

use super::EventError;
use super::envelope::BY;
use crate::auth::acting;
use crate::clock::Clock;
use crate::crypto::{FieldCipher, FieldRef};
use crate::telemetry::trace::{self, SPANS, TraceParent};
use caregraph_contracts::PublicEvent;
use caregraph_contracts::ids::{EventId, Id};
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// An event that a command wants to tell; not yet sealed.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) aggregate: Uuid,
    pub(crate) name: &'static str,
    pub(crate) version: u16,
    pub(crate) payload: Value,
}

impl Told {
    pub(crate) fn of<E: PublicEvent>(event: &E) -> Result<Self, EventError> {
        Ok(Self {
            aggregate: event.aggregate(),
            name: event.name(),
            version: event.version(),
            payload: attributed(serde_json::to_value(event)?)?,
        })
    }
}

/// The payload with whoever caused it.
fn attributed(mut payload: Value) -> Result<Value, EventError> {
    if let (Some(actor), Some(fields)) = (acting::actor(), payload.as_object_mut()) {
        fields.insert(BY.to_owned(), serde_json::to_value(&*actor)?);
    }
    Ok(payload)
}

/// What an outbox keeps of an event.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) id: EventId,
    pub(crate) aggregate: Uuid,
    pub(crate) name: &'static str,
    pub(crate) version: u16,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) traceparent: Option<String>,
    pub(crate) payload: String,
}

impl Outgoing {
    /// Gives the event its identity and seals what it says.
    pub(crate) fn seal(event: &Told, clock: &Clock, cipher: &FieldCipher) -> Result<Self, EventError> {
        let id: EventId = clock.new_id();
        let span = tracing::info_span!(
            target: SPANS,
            "tell",
            otel.name = %format_args!("tell {}", event.name),
            otel.kind = "producer",
        );
        // What follows from the event hangs here.
        let place = TraceParent::of(&span).or_else(trace::current);
        Ok(Self {
            id,
            aggregate: event.aggregate,
            name: event.name,
            version: event.version,
            occurred_at: clock.now(),
            traceparent: place.map(|place| place.to_string()),
            payload: cipher.seal_json(payload_place(id.uuid()), &event.payload)?,
        })
    }
}

/// Where an event's payload is sealed.
pub(crate) fn payload_place(id: Uuid) -> FieldRef<'static> {
    FieldRef {
        table: "event_outbox",
        record: id,
        field: "payload",
    }
}

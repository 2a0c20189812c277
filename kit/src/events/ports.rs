//! What the machinery asks of a store: a log to tell from, offsets, and somewhere to react.
//!
//! Relational stores and document stores differ in what a transaction is, so each brings its own reaction; how events are
//! relayed, followed, tried again and parked is the same for both.

use super::{Envelope, EventError, HandlerError};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::EventId;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// One domain's events in the order of their positions, wherever they are kept.
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// Whose events these are.
    fn domain(&self) -> Domain;

    /// Gives committed events their positions, and says how many were given one. Safe to call from several processes.
    async fn assign_positions(&self, at_most: u64) -> Result<usize, EventError>;

    /// Events behind a position, in order.
    async fn read_after(&self, position: i64, at_most: u64) -> Result<Vec<Arc<Envelope>>, EventError>;

    /// The position of the last event that has one; 0 when there is none.
    async fn head(&self) -> Result<i64, EventError>;

    /// Up to which position old events have been removed; a reader that stopped before it has missed some.
    async fn pruned(&self) -> Result<i64, EventError>;

    /// Removes events that happened before `before`, oldest first, and remembers up to where. Never removes what
    /// stands behind `keep_after`, the position of the slowest reader.
    async fn prune(&self, before: DateTime<Utc>, keep_after: i64) -> Result<u64, EventError>;

    /// The position of one event; `None` while it has none.
    async fn position_of(&self, id: EventId) -> Result<Option<i64>, EventError>;

    /// Up to which position an external transport has everything.
    async fn published(&self) -> Result<i64, EventError>;

    /// Remembers up to which position an external transport has everything. Never goes back.
    async fn set_published(&self, position: i64) -> Result<(), EventError>;

    /// Waits until something was committed here, by this process.
    async fn woken(&self);
}

/// A log whose kind of store is known at run time only.
#[async_trait]
impl EventLog for Arc<dyn EventLog> {
    fn domain(&self) -> Domain {
        self.as_ref().domain()
    }

    async fn assign_positions(&self, at_most: u64) -> Result<usize, EventError> {
        self.as_ref().assign_positions(at_most).await
    }

    async fn read_after(&self, position: i64, at_most: u64) -> Result<Vec<Arc<Envelope>>, EventError> {
        self.as_ref().read_after(position, at_most).await
    }

    async fn head(&self) -> Result<i64, EventError> {
        self.as_ref().head().await
    }

    async fn pruned(&self) -> Result<i64, EventError> {
        self.as_ref().pruned().await
    }

    async fn prune(&self, before: DateTime<Utc>, keep_after: i64) -> Result<u64, EventError> {
        self.as_ref().prune(before, keep_after).await
    }

    async fn position_of(&self, id: EventId) -> Result<Option<i64>, EventError> {
        self.as_ref().position_of(id).await
    }

    async fn published(&self) -> Result<i64, EventError> {
        self.as_ref().published().await
    }

    async fn set_published(&self, position: i64) -> Result<(), EventError> {
        self.as_ref().set_published(position).await
    }

    async fn woken(&self) {
        self.as_ref().woken().await;
    }
}

/// Where a handler remembers how far it has read each log.
#[async_trait]
pub trait Offsets: Send + Sync + 'static {
    /// The position up to which `handler` has dealt with the events of `source`; 0 when it never did.
    async fn offset(&self, handler: &str, source: Domain) -> Result<i64, EventError>;

    /// Remembers a position. Never goes back, because another process may be further.
    async fn save_offset(&self, handler: &str, source: Domain, position: i64) -> Result<(), EventError>;
}

/// A handler together with the store that keeps its inbox, its effects and its dead letters.
#[async_trait]
pub trait Reaction: Send + Sync + 'static {
    /// The handler's stable name.
    fn name(&self) -> &'static str;

    /// Whose events it hears.
    fn sources(&self) -> &'static [Domain];

    /// As [`EventHandler::hears`](super::EventHandler::hears).
    fn hears(&self, name: &str) -> bool;

    /// As [`EventHandler::is_awaited`](super::EventHandler::is_awaited).
    fn is_awaited(&self) -> bool;

    /// Notes the event in the inbox and lets the handler deal with it, in one transaction; does nothing when the event
    /// was noted before. One attempt: whoever calls decides about the next. A panic of the handler is an error.
    async fn react(&self, event: &Envelope) -> Result<(), HandlerError>;

    /// Reacts to as many events as can share one transaction, in their order, and says how many that were, from the first on. The
    /// rest is for [`Reaction::react`]. When it fails, nothing took effect.
    async fn react_together(&self, _events: &[Arc<Envelope>]) -> Result<usize, HandlerError> {
        Ok(0)
    }

    /// Notes the event and keeps it as a dead letter, in one transaction; does nothing when it was noted before.
    async fn park(&self, event: &Envelope, attempts: u32, error: &HandlerError) -> Result<(), EventError>;

    /// Hands a parked event to its handler once more; when that works, the letter is gone. `false` when there is no such
    /// letter (any more).
    async fn replay(&self, event: EventId) -> Result<bool, HandlerError>;
}

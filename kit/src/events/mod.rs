//! Telling others what happened: nothing lost, effects once.
//!
//! One event's way: a use case appends it to the **outbox** in the transaction that changes its state. The **relay**
//! gives committed events their *position* (a number without gaps that only grows), hands them to the **transport**,
//! and feeds the **live log** of subscriptions. A **consumer** per handler takes them from the transport, notes them in
//! its **inbox** in the same transaction as the handler's effect, tries again with growing pauses, and parks what
//! cannot be handled as a **dead letter**. The **switchboard** tells people of the live log what concerns them.
//!
//! Why positions are not simply the outbox's own sequence: two transactions may commit in the other order than they
//! drew their numbers, and a reader that remembers "I have seen up to 10" would miss 9. The relay assigns positions to
//! rows that are committed, under a lock, so whoever has seen a position has seen everything before it.

mod bus;
mod consumer;
mod dead_letters;
mod envelope;
mod following;
mod handler;
mod in_process;
mod live;
mod newest;
mod outgoing;
mod ports;
mod relational;
mod relay;
mod schema;
mod store;
mod streams;
pub mod switchboard;
mod tables;

pub use bus::EventBus;
pub use consumer::{Consumer, ConsumerSettings};
pub use dead_letters::{DeadLetter, DeadLetters};
pub(crate) use dead_letters::{Letter, envelope_place, open_envelope, remove_letter};
pub use envelope::{Envelope, EventError};
pub use following::following;
pub use handler::{EventHandler, HandlerError};
pub use in_process::InProcess;
pub use live::{FollowError, LiveLog};
pub(crate) use outgoing::{Outgoing, Told, payload_place};
pub use ports::{EventLog, Offsets, Reaction};
pub(crate) use relational::note_handled;
pub use relay::Relay;
pub use schema::{EVENT_SEALS, create_tables, drop_tables};
pub use store::EventStore;
pub use streams::{Lag, RedisStreams, StreamSettings};

use async_trait::async_trait;
use caregraph_contracts::Domain;
use std::sync::Arc;

/// The way between domains. In one process it reads the outbox itself ([`InProcess`]); a shared broker takes its place
/// when there are several ([`RedisStreams`]).
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// A domain's events are told by this process from now on.
    fn add_source(&self, _: Arc<dyn EventLog>) {}

    /// A handler is going to hear its sources in this process; `offsets` is where it remembers how far it has read.
    fn add_handler(&self, reaction: &dyn Reaction, offsets: Arc<dyn Offsets>);

    /// Hands on events that have their position, in order. Must not return before they are safe with the transport. Everything up
    /// to `published` was handed on before.
    async fn publish(
        &self,
        domain: Domain,
        published: i64,
        events: &[Arc<Envelope>],
    ) -> Result<(), EventError>;

    /// Whether the relay must remember durably how far it has published. Not needed where the outbox itself is read.
    fn is_external(&self) -> bool;

    /// The events of `sources` for one handler, from where that handler stopped last time.
    async fn open(&self, handler: &'static str, sources: &[Domain]) -> Result<Box<dyn Feed>, EventError>;

    /// Waits until every handler at work that is awaited has dealt with `domain`'s events up to `position`.
    async fn settled(&self, domain: Domain, position: i64);

    /// What the relay of `store` must see to from time to time; says whether there is more to do soon.
    async fn tend(&self, _: &dyn EventLog) -> Result<bool, EventError> {
        Ok(false)
    }
}

/// What arrives for one handler.
#[async_trait]
pub trait Feed: Send {
    /// The next event; waits until there is one. May give an event again that was not acknowledged.
    async fn next(&mut self) -> Result<Arc<Envelope>, EventError>;

    /// The event behind that, if it has arrived already. Those that were taken are acknowledged in the order in which they came.
    fn ready(&mut self) -> Option<Arc<Envelope>> {
        None
    }

    /// The event's effect is in the store. Safe to lose: the inbox recognises a repetition.
    async fn acknowledge(&mut self, event: &Envelope) -> Result<(), EventError>;

    /// Remembers what was acknowledged, when nothing more will be read.
    async fn close(&mut self) -> Result<(), EventError> {
        Ok(())
    }
}

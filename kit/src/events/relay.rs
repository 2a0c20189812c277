//! The relay: from the outbox to everybody who listens.

use super::{Envelope, EventError, EventLog, LiveLog, Transport};
use crate::telemetry::trace::{self, SPANS};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tracing::Span;

/// How long the relay sleeps when nobody in this process wakes it. Other processes on the same store commit without
/// waking us, so this bounds how late their events arrive here.
const POLL: Duration = Duration::from_millis(150);
/// A batch after which there may be more.
const FULL: usize = 256;
const BATCH: u64 = FULL as u64;
/// How often an external transport is looked after.
const TEND: Duration = Duration::from_secs(1);

/// Moves one domain's events on, in this process. Several may run against one store.
pub struct Relay {
    store: Arc<dyn EventLog>,
    transport: Arc<dyn Transport>,
    live: LiveLog,
}

impl Relay {
    /// A relay from `log` to `transport` and `live`.
    pub fn new(log: impl EventLog, transport: Arc<dyn Transport>, live: LiveLog) -> Self {
        Self {
            store: Arc::new(log),
            transport,
            live,
        }
    }

    /// Runs until told to stop. Failures of the store or the transport are logged and tried again; nothing is skipped.
    pub async fn run(self, stop: CancellationToken) {
        let mut pause = POLL;
        let mut tend_at = tokio::time::Instant::now();
        loop {
            match self.round(&mut tend_at).await {
                Ok(true) if !stop.is_cancelled() => continue,
                Ok(_) => pause = POLL,
                Err(error) => {
                    tracing::warn!(domain = %self.store.domain(), error = &error as &dyn std::error::Error,
                        "relay cannot go on, trying again");
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.store.woken() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        // Whatever was committed before the end still goes out now if it can; if not, the next start does it.
        if let Err(error) = self.step().await {
            tracing::debug!(domain = %self.store.domain(), error = &error as &dyn std::error::Error, "last relay step");
        }
    }

    /// A step, and looking after the transport when it is time. Says whether there is more to do at once.
    async fn round(&self, tend_at: &mut tokio::time::Instant) -> Result<bool, EventError> {
        // Live subscriptions and positions need the store only; a transport that is away does not hold them up.
        let more_here = self.number_and_show().await?;
        let mut is_wanted = false;
        // Before publishing: what is published must fit what is there.
        if self.transport.is_external() && tokio::time::Instant::now() >= *tend_at {
            is_wanted = self.transport.tend(self.store.as_ref()).await?;
            if !is_wanted {
                *tend_at = tokio::time::Instant::now() + TEND;
            }
        }
        Ok(self.publish_if_external().await? | more_here | is_wanted)
    }

    /// Moves on what is new.
    async fn step(&self) -> Result<(), EventError> {
        self.number_and_show().await?;
        self.publish_if_external().await?;
        Ok(())
    }

    /// Gives events their positions and shows them to whoever follows live, and to handlers in this process where nothing else does.
    async fn number_and_show(&self) -> Result<bool, EventError> {
        let assigned = self.store.assign_positions(BATCH).await?;
        let live = self.live.advance(BATCH).await?;
        if !self.transport.is_external() && !live.is_empty() {
            self.publish(0, &live).await?;
        }
        Ok(assigned == FULL || live.len() == FULL)
    }

    async fn publish_if_external(&self) -> Result<bool, EventError> {
        Ok(self.transport.is_external() && self.publish_from_store().await? == FULL)
    }

    async fn publish_from_store(&self) -> Result<usize, EventError> {
        let published = self.store.published().await?;
        let events = self.store.read_after(published, BATCH).await?;
        if let Some(last) = events.last() {
            self.publish(published, &events).await?;
            self.store.set_published(last.position).await?;
        }
        Ok(events.len())
    }

    async fn publish(&self, after: i64, events: &[Arc<Envelope>]) -> Result<(), EventError> {
        // One for each event, though they leave together: each belongs to a trace of its own.
        let spans: Vec<Span> = events.iter().filter_map(|event| published(event)).collect();
        let result = self.transport.publish(self.store.domain(), after, events).await;
        drop(spans);
        result
    }
}

/// The way of an event from the outbox to everybody who listens.
fn published(event: &Envelope) -> Option<Span> {
    let place = event.place()?;
    let span = tracing::info_span!(
        target: SPANS,
        "publish",
        otel.name = %format_args!("publish {}", event.name),
        otel.kind = "producer",
        messaging.message.id = %event.id,
    );
    trace::put_under(&span, Some(&place));
    Some(span)
}

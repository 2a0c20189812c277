//! Handling events: once in effect, again after failure, aside when hopeless.

use super::relational::RelationalReaction;
use super::{Envelope, EventError, EventHandler, Feed, HandlerError, Reaction, Transport};
use crate::clock::Clock;
use crate::crypto::FieldCipher;
use crate::database::Database;
use crate::telemetry::panic_message;
use futures::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How patient a consumer is.
#[derive(Debug, Clone)]
pub struct ConsumerSettings {
    /// After so many failures that are not the infrastructure's, the event is parked.
    pub attempts: u32,
    /// First pause between attempts; doubles each time, with jitter.
    pub first_pause: Duration,
    /// Longest pause.
    pub longest_pause: Duration,
    /// For how long an event waits for what is not known yet, before each further attempt counts as a failure. Measured from the first
    /// attempt and not from when it happened: after an outage, everything that is heard is old.
    pub patience: Duration,
}

impl Default for ConsumerSettings {
    fn default() -> Self {
        Self {
            attempts: 12,
            first_pause: Duration::from_millis(10),
            longest_pause: Duration::from_secs(5),
            patience: Duration::from_mins(10),
        }
    }
}

/// Most events that are handled in one transaction. What a transaction costs by itself is shared by then, and nobody who wants to
/// write as well waits long for its end.
const TOGETHER: usize = 16;

/// Most events that are taken from a feed before any of them is acknowledged. Handlers hear few of what some domains tell.
const TAKEN: usize = 128;

/// Runs one handler.
pub struct Consumer {
    reaction: Arc<dyn Reaction>,
    settings: ConsumerSettings,
}

impl Consumer {
    /// What it runs, for the transport to know.
    pub fn reaction(&self) -> &dyn Reaction {
        self.reaction.as_ref()
    }

    /// A consumer that keeps its inbox in a relational `database`.
    pub fn new(
        handler: Arc<dyn EventHandler>,
        database: Database,
        cipher: FieldCipher,
        clock: Clock,
        settings: ConsumerSettings,
    ) -> Self {
        let reaction = RelationalReaction {
            handler,
            database,
            cipher,
            clock,
        };
        Self::of(Arc::new(reaction), settings)
    }

    /// A consumer of a handler that brings its store.
    pub fn of(reaction: Arc<dyn Reaction>, settings: ConsumerSettings) -> Self {
        Self { reaction, settings }
    }

    /// Runs until told to stop.
    pub async fn run(self, transport: Arc<dyn Transport>, stop: CancellationToken) {
        let name = self.reaction.name();
        let mut pause = self.settings.first_pause;
        loop {
            let opened = tokio::time::Instant::now();
            let opening = transport.open(name, self.reaction.sources());
            let error = tokio::select! {
                () = stop.cancelled() => return,
                feed = opening => match feed {
                    Ok(feed) => match self.follow_until(&stop, feed).await {
                        Ok(()) => return,
                        Err(error) => error,
                    },
                    Err(error) => error,
                },
            };
            tracing::warn!(
                handler = name,
                error = &error as &dyn std::error::Error,
                "event feed broke, opening it again"
            );
            // A feed that held for long has broken for a new reason.
            if opened.elapsed() > self.settings.longest_pause {
                pause = self.settings.first_pause;
            }
            pause = tokio::select! {
                () = stop.cancelled() => return,
                next = self.wait(pause) => next,
            };
        }
    }

    /// Follows a feed until it breaks, or until told to stop.
    async fn follow_until(
        &self,
        stop: &CancellationToken,
        mut feed: Box<dyn Feed>,
    ) -> Result<(), EventError> {
        let result = tokio::select! {
            () = stop.cancelled() => Ok(()),
            result = self.follow(feed.as_mut()) => result.map(|never| match never {}),
        };
        // Whatever broke: what it can still save need not be heard again.
        if let Err(error) = feed.close().await {
            tracing::debug!(
                handler = self.reaction.name(),
                error = &error as &dyn std::error::Error,
                "last words of a feed"
            );
        }
        result
    }

    async fn follow(&self, feed: &mut dyn Feed) -> Result<std::convert::Infallible, EventError> {
        loop {
            let taken = self.take(feed).await?;
            let heard: Vec<_> = taken
                .iter()
                .filter(|event| self.reaction.hears(&event.name))
                .cloned()
                .collect();
            let together = if heard.len() > 1 {
                self.together(&heard).await
            } else {
                0
            };
            let mut heard = 0;
            for event in &taken {
                if self.reaction.hears(&event.name) {
                    heard += 1;
                    if heard > together {
                        self.deal_with(event).await?;
                    }
                }
                feed.acknowledge(event).await?;
            }
        }
    }

    /// Waits for an event, and takes those that are ready behind it, until enough of them are heard here.
    async fn take(&self, feed: &mut dyn Feed) -> Result<Vec<Arc<Envelope>>, EventError> {
        let first = feed.next().await?;
        let mut heard = usize::from(self.reaction.hears(&first.name));
        let mut taken = vec![first];
        while heard < TOGETHER
            && taken.len() < TAKEN
            && let Some(event) = feed.ready()
        {
            heard += usize::from(self.reaction.hears(&event.name));
            taken.push(event);
        }
        Ok(taken)
    }

    /// Handles events in their order in one transaction, and says how many of them that were. None, when it fails for whatever reason:
    /// then each is for [`Consumer::deal_with`], and one that cannot be handled yet, or never, holds up none of those before it.
    async fn together(&self, events: &[Arc<Envelope>]) -> usize {
        let reacting = AssertUnwindSafe(self.reaction.react_together(events)).catch_unwind();
        let error = match reacting.await {
            Ok(Ok(done)) => return done,
            Ok(Err(error)) => error,
            Err(panic) => HandlerError::other(panic_message(panic.as_ref()).to_owned()),
        };
        tracing::debug!(
            handler = self.reaction.name(),
            events = events.len(),
            error = &error as &dyn std::error::Error,
            "events not handled together"
        );
        0
    }

    /// Handles one event, however long it takes: returns when it took effect or was parked.
    async fn deal_with(&self, event: &Envelope) -> Result<(), EventError> {
        let mut failures = 0;
        let mut pause = self.settings.first_pause;
        let began = tokio::time::Instant::now();
        loop {
            let Err(error) = self.reaction.react(event).await else {
                return Ok(());
            };
            let waits = match &error {
                HandlerError::NotYet(_) => began.elapsed() < self.settings.patience,
                other => other.will_pass(),
            };
            if !waits {
                failures += 1;
            }
            if waits && matches!(error, HandlerError::NotYet(_)) {
                // Other news are on their way: nothing that anybody has to look after.
                tracing::debug!(handler = self.reaction.name(), event = %event.id, name = event.name,
                    error = &error as &dyn std::error::Error, "event waits for others");
            } else {
                tracing::warn!(handler = self.reaction.name(), event = %event.id, name = event.name, failures,
                    error = &error as &dyn std::error::Error, "event not handled");
            }
            if failures >= self.settings.attempts {
                tracing::error!(handler = self.reaction.name(), event = %event.id, name = event.name, "event parked");
                let parked = self.reaction.park(event, failures, &error).await;
                match parked {
                    Ok(()) => return Ok(()),
                    Err(error) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "dead letter not written, trying again"
                        );
                        failures -= 1;
                    }
                }
            }
            pause = self.wait(pause).await;
        }
    }

    async fn wait(&self, pause: Duration) -> Duration {
        tokio::time::sleep(pause.mul_f64(0.5 + rand::random::<f64>())).await;
        (pause * 2).min(self.settings.longest_pause)
    }
}

//! Handling events: once in effect, again after failure, aside when hopeless.

use super::relational::RelationalReaction;
use super::{Envelope, EventError, Feed, Reaction, Transport, following};
use crate::clock::Clock;
use crate::crypto::FieldCipher;
use crate::database::{Database, Transaction, is_outage, is_retryable};
use crate::documents::DocumentError;
use crate::failure::Fault;
use crate::telemetry::panic_message;
use async_trait::async_trait;
use caregraph_contracts::Domain;
use futures::FutureExt;
use sea_orm::DbErr;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Why a handler could not deal with an event.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The handler's store failed.
    #[error("the handler's store failed")]
    Store(#[from] DbErr),
    /// The event could not be read, or what follows from it not be written.
    #[error(transparent)]
    Event(#[from] EventError),
    /// What the event is about is not known here yet, because what tells of it has not arrived: waiting helps.
    #[error("not known yet: {0}")]
    NotYet(String),
    /// Something else; counts towards giving up.
    #[error("{0}")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl HandlerError {
    /// An error of another kind.
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }

    /// Whether waiting helps and the event is not to blame: the store was away or gave the transaction up, or other news come first.
    fn will_pass(&self) -> bool {
        if matches!(self, Self::NotYet(_)) {
            return true;
        }
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            // Boxed sources show their box.
            let boxed = || error.downcast_ref::<Box<DocumentError>>().map(Box::as_ref);
            let documents = error.downcast_ref::<DocumentError>().or_else(boxed);
            let relational = error.downcast_ref::<DbErr>();
            if documents.is_some_and(DocumentError::is_outage)
                || relational.is_some_and(|error| is_outage(error) || is_retryable(error))
            {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

impl From<Fault> for HandlerError {
    /// Keeps the sources: a store that is away is waited for, whoever noticed it.
    fn from(fault: Fault) -> Self {
        Self::Other(Box::new(fault))
    }
}

/// A reaction to events. Everything it does must go through the transaction it is given: then an event that arrives
/// twice takes effect once.
#[async_trait]
pub trait EventHandler: Send + Sync + 'static {
    /// Stable name, `domain.reaction`. Renaming it makes it hear everything again.
    fn name(&self) -> &'static str;

    /// Whose events it hears.
    fn sources(&self) -> &'static [Domain];

    /// Whether the answer to a command waits a moment for it ([`Ground::settle`](crate::subgraph::Ground::settle)). `false` for what
    /// nobody asks for in the next breath: messages, the audit trail. Then a backlog there makes no command slow.
    fn is_awaited(&self) -> bool {
        true
    }

    /// Whether events of this name matter to it. What does not is passed over: it is neither opened nor noted, which saves a commit for
    /// each, and where everybody's looks are told of, that is most of what there is to hear.
    fn hears(&self, _name: &str) -> bool {
        true
    }

    /// Whether it deals with an event in a moment, so that several may share a transaction. `false` for what works long, or asks others:
    /// meanwhile nobody else writes to an embedded store.
    fn is_brief(&self) -> bool {
        true
    }

    /// Deals with one event. Events it does not care for are `Ok`.
    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError>;

    /// Deals with several events in their order: one after the other, unless a handler knows a shorter way. That lets each be
    /// [`following()`] its event, too.
    async fn handle_all(&self, tx: &mut Transaction, events: &[&Envelope]) -> Result<(), HandlerError> {
        for event in events {
            following(self.name(), event, self.handle(&mut *tx, event)).await?;
        }
        Ok(())
    }
}

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
        tokio::select! {
            () = stop.cancelled() => {}
            result = self.follow(feed.as_mut()) => match result? {},
        }
        if let Err(error) = feed.close().await {
            tracing::debug!(
                handler = self.reaction.name(),
                error = &error as &dyn std::error::Error,
                "last words of a feed"
            );
        }
        Ok(())
    }

    async fn follow(&self, feed: &mut dyn Feed) -> Result<std::convert::Infallible, EventError> {
        loop {
            let first = feed.next().await?;
            let mut heard: Vec<_> = self.heard(&first).into_iter().collect();
            let mut taken = vec![first];
            while heard.len() < TOGETHER
                && taken.len() < TAKEN
                && let Some(event) = feed.ready()
            {
                heard.extend(self.heard(&event));
                taken.push(event);
            }
            let mut done = if heard.len() > 1 {
                self.together(&heard).await
            } else {
                0
            };
            for event in &taken {
                if self.heard(event).is_some() {
                    match done.checked_sub(1) {
                        Some(rest) => done = rest,
                        None => self.deal_with(event).await?,
                    }
                }
                feed.acknowledge(event).await?;
            }
        }
    }

    fn heard(&self, event: &Arc<Envelope>) -> Option<Arc<Envelope>> {
        self.reaction.hears(&event.name).then(|| Arc::clone(event))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable_server() -> DocumentError {
        mongodb::error::Error::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset)).into()
    }

    /// However deep it lies: an event is not to blame for a store that is away.
    #[test]
    fn a_store_that_is_away_is_recognised_whoever_noticed_it() {
        let away = || DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout);
        for error in [
            HandlerError::from(away()),
            HandlerError::from(EventError::from(away())),
            HandlerError::from(Fault::from(away())),
            HandlerError::from(DocumentError::from(away())),
            HandlerError::from(unreachable_server()),
            HandlerError::from(EventError::from(unreachable_server())),
            HandlerError::from(DocumentError::from(EventError::from(unreachable_server()))),
            HandlerError::from(Fault::from(unreachable_server())),
            HandlerError::from(Fault::from(EventError::from(unreachable_server()))),
        ] {
            assert!(error.will_pass(), "{error:?}");
        }
        let conflict = DocumentError::Conflict {
            collection: "things",
            id: uuid::Uuid::nil(),
            expected: 1,
            found: None,
        };
        for error in [
            HandlerError::other("no"),
            conflict.into(),
            DocumentError::Cursor.into(),
        ] {
            assert!(!error.will_pass(), "{error:?}");
        }
    }
}

//! Handling events: once in effect, again after failure, aside when hopeless.

use super::relational::RelationalReaction;
use super::{Envelope, EventError, Feed, Reaction, Transport};
use crate::auth::acting;
use crate::clock::Clock;
use crate::crypto::FieldCipher;
use crate::database::{Database, Transaction, is_outage, is_retryable};
use crate::documents::DocumentError;
use crate::failure::Fault;
use crate::telemetry::panic_message;
use crate::telemetry::trace::{self, SPANS};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use futures::FutureExt;
use sea_orm::DbErr;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tracing::field::Empty;

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

    /// Deals with one event. Events it does not care for are `Ok`.
    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError>;
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

/// Runs one handler.
pub struct Consumer {
    reaction: Arc<dyn Reaction>,
    settings: ConsumerSettings,
}

enum Outcome {
    Done,
    Failed(HandlerError),
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
            let round = async {
                let mut feed = transport.open(name, self.reaction.sources()).await?;
                self.follow(feed.as_mut()).await
            };
            let error = tokio::select! {
                () = stop.cancelled() => return,
                result = round => match result {
                    Ok(never) => match never {},
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

    async fn follow(&self, feed: &mut dyn Feed) -> Result<std::convert::Infallible, EventError> {
        loop {
            let event = feed.next().await?;
            if self.reaction.hears(&event.name) {
                self.deal_with(&event).await?;
            }
            feed.acknowledge(&event).await?;
        }
    }

    /// Handles one event, however long it takes: returns when it took effect or was parked.
    async fn deal_with(&self, event: &Envelope) -> Result<(), EventError> {
        let mut failures = 0;
        let mut pause = self.settings.first_pause;
        let began = tokio::time::Instant::now();
        loop {
            let error = match self.attempt(event).await {
                Outcome::Done => return Ok(()),
                Outcome::Failed(error) => error,
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

    async fn attempt(&self, event: &Envelope) -> Outcome {
        // A panic would end this task without a word, and with it everything the handler was still to hear. What the handler
        // did to the store is rolled back when its transaction is dropped.
        let span = tracing::info_span!(
            target: SPANS,
            "handle",
            otel.name = %format_args!("{} handles {}", self.reaction.name(), event.name),
            otel.kind = "consumer",
            otel.status_code = Empty,
            messaging.message.id = %event.id,
        );
        let reaction = AssertUnwindSafe(self.reaction.react(event)).catch_unwind();
        let reaction = acting::on_behalf_of(event.actor().map(Arc::new), reaction);
        let outcome = trace::under(span.clone(), event.place().as_ref(), reaction).await;
        if !matches!(outcome, Ok(Ok(()))) {
            span.record("otel.status_code", "ERROR");
        }
        match outcome {
            Ok(Ok(())) => Outcome::Done,
            Ok(Err(error)) => Outcome::Failed(error),
            Err(panic) => Outcome::Failed(HandlerError::other(format!(
                "the handler panicked: {}",
                panic_message(panic.as_ref())
            ))),
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

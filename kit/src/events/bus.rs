//! All of a process's event machinery in one hand.

use super::relational::RelationalReaction;
use super::{
    Consumer, ConsumerSettings, EventError, EventHandler, EventLog, InProcess, LiveLog, Offsets, Reaction,
    Relay, Transport,
};
use crate::clock::Clock;
use crate::crypto::FieldCipher;
use crate::database::Database;
use caregraph_contracts::ids::EventId;
use std::{sync::Arc, time::Duration};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Starts relays and consumers, and knows how to wait for them. Cheap to clone; clones share.
#[derive(Clone)]
pub struct EventBus {
    transport: Arc<dyn Transport>,
    tasks: TaskTracker,
    stop: CancellationToken,
    cipher: FieldCipher,
    clock: Clock,
    consumer_settings: ConsumerSettings,
}

impl EventBus {
    /// A bus inside this process.
    pub fn in_process(cipher: FieldCipher, clock: Clock) -> Self {
        Self::over(Arc::new(InProcess::new()), cipher, clock)
    }

    /// A bus whose events travel by `transport`.
    pub fn over(transport: Arc<dyn Transport>, cipher: FieldCipher, clock: Clock) -> Self {
        Self {
            transport,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            cipher,
            clock,
            consumer_settings: ConsumerSettings::default(),
        }
    }

    /// The same bus with other patience; for tests that want a poison message parked soon.
    #[must_use]
    pub fn with_consumer_settings(mut self, settings: ConsumerSettings) -> Self {
        self.consumer_settings = settings;
        self
    }

    /// Takes a domain's events on board: from now on they are relayed. Call it for all domains before adding handlers,
    /// so that every handler finds its sources.
    pub async fn add_source(&self, log: &(impl EventLog + Clone)) -> Result<LiveLog, EventError> {
        self.transport.add_source(Arc::new(log.clone()));
        let live = LiveLog::start(log.clone()).await?;
        let relay = Relay::new(log.clone(), Arc::clone(&self.transport), live.clone());
        self.tasks.spawn(relay.run(self.stop.clone()));
        Ok(live)
    }

    /// Starts a handler that keeps its inbox in a relational `database`.
    pub fn add_handler(&self, handler: Arc<dyn EventHandler>, database: &Database) {
        let reaction = RelationalReaction {
            handler,
            database: database.clone(),
            cipher: self.cipher.clone(),
            clock: self.clock.clone(),
        };
        self.add_reaction(Arc::new(reaction), database.clone());
    }

    /// Starts a handler that brings its store; `offsets` is where it remembers how far it has read.
    pub fn add_reaction(&self, reaction: Arc<dyn Reaction>, offsets: impl Offsets) {
        self.transport.add_handler(reaction.as_ref(), Arc::new(offsets));
        let consumer = Consumer::of(reaction, self.consumer_settings.clone());
        self.tasks
            .spawn(consumer.run(Arc::clone(&self.transport), self.stop.clone()));
    }

    /// Starts work on what was told that ends with the bus.
    pub(super) fn spawn<F>(&self, work: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(work(self.stop.clone()));
    }

    /// Waits until every handler at work that is awaited has dealt with an event, at most `patience`. For answers that promise
    /// more than their own domain's state; whoever cannot wait reads a moment later. `false` when patience ran out.
    pub async fn settle(&self, log: &dyn EventLog, event: EventId, patience: Duration) -> bool {
        let settled = async {
            loop {
                match log.position_of(event).await {
                    Ok(Some(position)) => return self.transport.settled(log.domain(), position).await,
                    // The relay was woken by the commit, so this takes a moment only.
                    Ok(None) | Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
                }
            }
        };
        tokio::time::timeout(patience, settled).await.is_ok()
    }

    /// Like [`EventBus::settle`] for everything up to a position.
    pub async fn settle_up_to(&self, log: &dyn EventLog, position: i64, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.transport.settled(log.domain(), position))
            .await
            .is_ok()
    }

    /// Stops everything and waits until it has stopped.
    pub async fn shut_down(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

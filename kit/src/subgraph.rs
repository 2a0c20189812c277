//! What a subgraph is to the program: a schema, migrations, reactions, and the ground it stands on.

use crate::clock::Clock;
use crate::crypto::FieldCipher;
use crate::database::Database;
use crate::documents::{DocumentHandler, Documents};
use crate::erasure::Retention;
use crate::events::{EventBus, EventError, EventHandler, EventLog, EventStore, LiveLog};
use crate::vitals::VitalsProbe;
use async_graphql::{ObjectType, Request, Response, SDLExportOptions, Schema, SubscriptionType};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::EventId;
use futures::stream::BoxStream;
use futures::{StreamExt, TryFutureExt};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// A subgraph's schema with its types erased, so that a router can hold several.
#[async_trait]
pub trait SubgraphSchema: Send + Sync + 'static {
    /// Runs a query or a mutation.
    async fn execute(&self, request: Request) -> Response;

    /// Runs a subscription.
    fn stream(&self, request: Request) -> BoxStream<'static, Response>;

    /// The schema with its federation directives.
    fn sdl(&self) -> String;
}

#[async_trait]
impl<Q, M, S> SubgraphSchema for Schema<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    async fn execute(&self, request: Request) -> Response {
        Schema::execute(self, request).await
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Response> {
        self.execute_stream(request).boxed()
    }

    fn sdl(&self) -> String {
        // Sorted, so that moving code around changes no committed schema.
        self.sdl_with_options(
            SDLExportOptions::new()
                .federation()
                .sorted_fields()
                .sorted_arguments()
                .sorted_enum_items(),
        )
    }
}

/// The ground a relational subgraph stands on. Cheap to clone.
#[derive(Clone)]
pub struct Ground {
    /// Time and identifiers.
    pub clock: Clock,
    /// The domain's own database, migrated.
    pub database: Database,
    /// The domain's outbox and log.
    pub events: EventStore,
    /// The tail of the log, for subscriptions.
    pub live: LiveLog,
    /// Seals fields and derives link tokens.
    pub cipher: FieldCipher,
    /// For waiting until others have heard.
    pub bus: EventBus,
    /// For how long data must be kept.
    pub retention: Retention,
}

impl Ground {
    /// Takes `domain`'s events on board of `bus`. The database must have its tables.
    pub async fn lay(
        domain: Domain,
        database: Database,
        bus: EventBus,
        cipher: FieldCipher,
        clock: Clock,
    ) -> Result<Self, EventError> {
        let events = EventStore::new(domain, database.clone(), cipher.clone(), clock.clone());
        let live = bus.add_source(&events).await?;
        Ok(Self {
            clock,
            database,
            events,
            live,
            cipher,
            bus,
            retention: Retention::default(),
        })
    }

    /// Waits a moment for this process's handlers to deal with an event, so that the answer to a command can promise
    /// what follows from it elsewhere. Running out of patience is no error: the effect comes later.
    pub async fn settle(&self, event: EventId) {
        settle(&self.bus, &self.events, event).await;
    }

    /// The same for several events, one after the other.
    pub async fn settle_all(&self, events: Vec<EventId>) {
        for event in events {
            self.settle(event).await;
        }
    }
}

impl Ground {
    /// Lets this process's handlers catch up with the log before somebody is told of a change live: whoever hears of a
    /// booking will ask other domains about it at once. Patience is short, because a slow handler must not hold up the news;
    /// `false` when it ran out.
    pub async fn catch_up(&self, position: i64) -> bool {
        catch_up(&self.bus, &self.events, position).await
    }
}

/// The ground a subgraph that keeps documents stands on. Cheap to clone.
#[derive(Clone)]
pub struct DocumentGround {
    /// Time and identifiers.
    pub clock: Clock,
    /// The domain's own documents and events.
    pub documents: Documents,
    /// The tail of the log, for subscriptions.
    pub live: LiveLog,
    /// Seals fields and derives link tokens.
    pub cipher: FieldCipher,
    /// For waiting until others have heard.
    pub bus: EventBus,
    /// For how long data must be kept.
    pub retention: Retention,
}

impl DocumentGround {
    /// Takes the domain's events on board of `bus`.
    pub async fn lay(
        documents: Documents,
        bus: EventBus,
        cipher: FieldCipher,
        clock: Clock,
    ) -> Result<Self, EventError> {
        let live = bus.add_source(&documents.events()).await?;
        Ok(Self {
            clock,
            documents,
            live,
            cipher,
            bus,
            retention: Retention::default(),
        })
    }

    /// Starts one of the domain's reactions. Call it when the sources of all domains are on board.
    pub fn add_handler(&self, handler: Arc<dyn DocumentHandler>) {
        let reaction = self.documents.reaction(handler);
        self.bus.add_reaction(reaction, self.documents.clone());
    }

    /// As [`Ground::settle`].
    pub async fn settle(&self, event: EventId) {
        settle(&self.bus, self.documents.events().as_ref(), event).await;
    }

    /// As [`Ground::catch_up`].
    pub async fn catch_up(&self, position: i64) -> bool {
        catch_up(&self.bus, self.documents.events().as_ref(), position).await
    }
}

async fn settle(bus: &EventBus, log: &dyn EventLog, event: EventId) {
    const PATIENCE: Duration = Duration::from_secs(5);
    if !bus.settle(log, event, PATIENCE).await {
        tracing::warn!(%event, domain = %log.domain(), "handlers are slow, answering before they are done");
    }
}

async fn catch_up(bus: &EventBus, log: &dyn EventLog, position: i64) -> bool {
    const PATIENCE: Duration = Duration::from_millis(500);
    // Running out of patience is no error: what is still missing shows when the client asks again.
    bus.settle_up_to(log, position, PATIENCE).await
}

/// A subgraph, built and ready to be hosted.
pub struct Subgraph {
    /// Name in the supergraph.
    pub name: &'static str,
    /// Its schema.
    pub schema: Arc<dyn SubgraphSchema>,
    /// Its reactions to events, when it keeps tables.
    pub handlers: Vec<Arc<dyn EventHandler>>,
    /// Its reactions to events, when it keeps documents.
    pub document_handlers: Vec<Arc<dyn DocumentHandler>>,
    /// Work of its own that runs until told to stop, for example rotating keys.
    pub background: Vec<Background>,
    /// Numbers of its own, for `/metrics`.
    pub vitals: Vec<VitalsProbe>,
}

/// Work that runs beside the requests.
pub type Background = Box<dyn FnOnce(CancellationToken) -> futures::future::BoxFuture<'static, ()> + Send>;

/// Repeats `work` every `period` until told to stop; failures are logged, the next round comes.
pub fn every<F, Fut, E>(period: Duration, name: &'static str, work: F) -> Background
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), E>> + Send + 'static,
    E: std::error::Error + 'static,
{
    Box::new(move |stop| {
        Box::pin(async move {
            loop {
                work()
                    .unwrap_or_else(|error| {
                        tracing::warn!(
                            task = name,
                            error = crate::telemetry::chain(&error),
                            "background task failed"
                        );
                    })
                    .await;
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(period) => {}
                }
            }
        })
    })
}

//! The transport between processes: Redis Streams.
//!
//! One stream per domain holds the events that somebody may still need; an event's position is its id there, so two relays that
//! publish the same events add each once. One **group per handler** reads it. Order per aggregate needs one reader at a time, so the
//! handler's processes take turns by a **lease**: whoever gets it sets the group back to the offset in the handler's own store, and so
//! takes over what a dead holder had read and not finished. A holder that was only thought dead does no harm: the inbox lets an event
//! take effect once, and whoever finds events missing between two stops and begins again.
//!
//! **Nothing here is the only copy.** Events are in the outboxes, each handler's offset is in its own store. When Redis comes back
//! empty or older, or an entry is missing for whatever reason, the stream begins anew, and the relay hands each handler the range it
//! lacks (`Upkeep`). The same way a new handler gets the history, and one that was away for so long that the stream did not wait.

mod feed;
mod lease;
mod scripts;
mod upkeep;

use super::{Envelope, EventError, EventLog, Feed, Offsets, Reaction, Transport};
use crate::crypto::{FieldCipher, FieldRef};
use crate::redis::{Redis, RedisError};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::Id;
use scripts::Scripts;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// How patient the transport is.
#[derive(Debug, Clone)]
pub struct StreamSettings {
    /// A process that has not been heard of for so long is taken for dead, and another takes over its handlers.
    pub lease: Duration,
    /// How many events a stream keeps for handlers that are behind. Who is further behind is helped from the outbox.
    pub keep: u64,
}

impl Default for StreamSettings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(5),
            keep: 1_000_000,
        }
    }
}

/// How far a handler is behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The handler.
    pub handler: String,
    /// Whose events.
    pub domain: Domain,
    /// How many events it has not dealt with.
    pub events: u64,
}

/// Events by way of Redis. Cheap to clone; clones share.
#[derive(Clone)]
pub struct RedisStreams(Arc<Shared>);

struct Shared {
    redis: Redis,
    cipher: FieldCipher,
    settings: StreamSettings,
    scripts: Scripts,
    handlers: Mutex<HashMap<&'static str, Known>>,
    lags: Mutex<BTreeMap<(String, Domain), u64>>,
}

/// A handler of this process.
#[derive(Clone)]
struct Known {
    offsets: Arc<dyn Offsets>,
    is_awaited: bool,
}

impl RedisStreams {
    /// A transport through `redis`. Events are sealed with `cipher` on their way.
    pub fn new(redis: Redis, cipher: FieldCipher, settings: StreamSettings) -> Self {
        Self(Arc::new(Shared {
            redis,
            cipher,
            settings,
            scripts: Scripts::new(),
            handlers: Mutex::default(),
            lags: Mutex::default(),
        }))
    }

    /// How far the handlers of the domains that are relayed here are behind, as seen last.
    pub fn lags(&self) -> Vec<Lag> {
        lock(&self.0.lags)
            .iter()
            .map(|((handler, domain), events)| Lag {
                handler: handler.clone(),
                domain: *domain,
                events: *events,
            })
            .collect()
    }

    fn keys(&self, domain: Domain) -> Keys {
        let key = |what: &str| self.0.redis.key(format_args!("events:{domain}:{what}"));
        Keys {
            stream: key("stream"),
            state: key("state"),
            wanted: key("wanted"),
            progress: key("progress"),
        }
    }

    /// What the relay hands to one handler besides the stream.
    fn handed(&self, domain: Domain, handler: &str) -> String {
        self.0.redis.key(format_args!("events:{domain}:handed:{handler}"))
    }

    /// What the names of leases begin with. Those of handlers that nobody waits for stand apart, so that whoever settles sees in any
    /// process for whom to wait.
    fn leases(&self, is_awaited: bool) -> String {
        self.0.redis.key(if is_awaited {
            "events:lease:"
        } else {
            "events:unhurried-lease:"
        })
    }

    fn seal(&self, event: &Envelope) -> Result<String, EventError> {
        Ok(self.0.cipher.seal_json(place(event.id.uuid()), event)?)
    }

    fn open_sealed(&self, id: Uuid, sealed: &str) -> Result<Envelope, EventError> {
        Ok(self.0.cipher.open_json(place(id), sealed)?)
    }
}

/// A domain's keys.
struct Keys {
    stream: String,
    state: String,
    wanted: String,
    progress: String,
}

#[async_trait]
impl Transport for RedisStreams {
    fn add_handler(&self, reaction: &dyn Reaction, offsets: Arc<dyn Offsets>) {
        let known = Known {
            offsets,
            is_awaited: reaction.is_awaited(),
        };
        lock(&self.0.handlers).insert(reaction.name(), known);
    }

    async fn publish(
        &self,
        domain: Domain,
        published: i64,
        events: &[Arc<Envelope>],
    ) -> Result<(), EventError> {
        let entries = events
            .iter()
            .map(|event| Ok((event.position, event.id.uuid(), self.seal(event)?)))
            .collect::<Result<Vec<_>, EventError>>()?;
        let keys = self.keys(domain);
        let lost = self
            .0
            .scripts
            .publish(&mut self.0.redis.shared(), &keys, published, &entries)
            .await?;
        if lost && published > 0 {
            tracing::warn!(%domain, published, "the stream does not hold what was published; it begins anew");
        }
        Ok(())
    }

    fn is_external(&self) -> bool {
        true
    }

    async fn open(&self, handler: &'static str, sources: &[Domain]) -> Result<Box<dyn Feed>, EventError> {
        let known = lock(&self.0.handlers)
            .get(handler)
            .cloned()
            .ok_or(EventError::Damaged("a handler without a store was opened"))?;
        let feed = feed::RedisFeed::open(self.clone(), handler, sources, known).await?;
        Ok(Box::new(feed))
    }

    async fn settled(&self, domain: Domain, position: i64) {
        let (keys, leases) = (self.keys(domain), self.leases(true));
        let mut connection = self.0.redis.shared();
        loop {
            match self
                .0
                .scripts
                .settled(&mut connection, &keys, position, &leases)
                .await
            {
                Ok(true) => return,
                Ok(false) => tokio::time::sleep(Duration::from_millis(4)).await,
                Err(error) => {
                    tracing::debug!(%error, "cannot see how far the handlers are");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    async fn tend(&self, log: &dyn EventLog) -> Result<bool, EventError> {
        upkeep::tend(self, log).await
    }
}

impl From<RedisError> for EventError {
    fn from(error: RedisError) -> Self {
        Self::Transport(Box::new(error))
    }
}

fn place(event: Uuid) -> FieldRef<'static> {
    FieldRef {
        table: "event_stream",
        record: event,
        field: "event",
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

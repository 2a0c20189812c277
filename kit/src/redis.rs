//! The door to Redis: what several processes share, none of which would be missed if Redis came back empty.
//!
//! Redis carries events between processes ([`crate::events::RedisStreams`]), tells them of ended sessions and counts requests for
//! all of them. Whatever must not be lost is in the domains' stores.

use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Client};
use std::{sync::Arc, time::Duration};

/// A Redis command failed.
pub use redis::RedisError;

/// Longer than any command that does not wait on purpose.
const RESPONSE: Duration = Duration::from_secs(2);
const CONNECT: Duration = Duration::from_secs(2);

/// A Redis server. Cheap to clone; clones share one connection, which is made again when it breaks.
#[derive(Clone)]
pub struct Redis {
    client: Client,
    shared: ConnectionManager,
    prefix: Arc<str>,
}

impl Redis {
    /// The server at `url` (`redis://…`, `rediss://…` with TLS). All keys begin with `prefix`, so that several installations can
    /// share a server. Nothing is connected yet: a server that is away is waited for by whoever needs it.
    pub fn new(url: &str, prefix: &str) -> Result<Self, RedisError> {
        // Two providers are compiled in, so rustls cannot choose by itself.
        if url.starts_with("rediss:") && rustls::crypto::CryptoProvider::get_default().is_none() {
            // An error means that somebody else was faster.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        let client = Client::open(url)?;
        let patience = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(RESPONSE))
            .set_number_of_retries(1);
        let shared = ConnectionManager::new_lazy_with_config(client.clone(), patience)?;
        Ok(Self {
            client,
            shared,
            prefix: prefix.into(),
        })
    }

    /// The shared connection, for commands that answer at once.
    pub fn shared(&self) -> ConnectionManager {
        self.shared.clone()
    }

    /// A connection of one's own, for commands that wait up to `patience` and would hold up others.
    pub async fn own(&self, patience: Duration) -> Result<MultiplexedConnection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(patience + RESPONSE));
        self.client
            .get_multiplexed_async_connection_with_config(&config)
            .await
    }

    /// A connection that hears what is published on channels.
    pub async fn listener(&self) -> Result<redis::aio::PubSub, RedisError> {
        self.client.get_async_pubsub().await
    }

    /// The full name of a key.
    pub fn key(&self, name: impl std::fmt::Display) -> String {
        format!("{}:{name}", self.prefix)
    }

    /// Asks whether the server answers.
    pub async fn ping(&self) -> Result<(), RedisError> {
        redis::cmd("PING").query_async(&mut self.shared()).await
    }
}

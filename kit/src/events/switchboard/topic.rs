//! What a domain brings to its switchboard: what is news and whom it concerns, and what its listeners make of it.

use crate::Fault;
use crate::events::{Envelope, EventError, FollowError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

/// One of the news.
#[derive(Debug)]
pub struct News<N> {
    /// Its place in the log.
    pub position: i64,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// What happened.
    pub what: N,
}

/// What a domain tells live.
#[async_trait]
pub trait Topic: Send + Sync + 'static {
    /// What is told. Many of them are kept in memory, so no more than what listeners need.
    type What: Send + Sync + 'static;
    /// What somebody listens under.
    type Key: Clone + Eq + Hash + Send + Sync + 'static;
    /// What is found out about a batch of news before it is told.
    type Facts: Send + Sync + 'static;

    /// What of the log is news. `None` for what nobody listens for.
    fn decode(&self, event: &Envelope) -> Result<Option<Self::What>, EventError>;

    /// Lets the process's handlers catch up with these news before somebody is told. `false` when they were too slow to wait for any longer.
    async fn settle(&self, _: &[Arc<News<Self::What>>]) -> bool {
        true
    }

    /// What must be known to decide whom these news concern, as it is now. Asked once for a batch; when it fails, it is asked again.
    async fn look_up(&self, news: &[Arc<News<Self::What>>]) -> Result<Self::Facts, Fault>;

    /// Whom one of the news concerns.
    fn keys(&self, news: &News<Self::What>, facts: &Self::Facts) -> HashSet<Self::Key>;
}

/// Somebody who listens, under one key.
#[async_trait]
pub trait Listener: Send + Sync + 'static {
    /// To what.
    type Topic: Topic;
    /// What comes out of the news for this listener.
    type Heard: Send + 'static;
    /// Why listening ends.
    type Error: From<FollowError> + Send;

    /// Under which the news come that may concern this listener.
    fn key(&self) -> <Self::Topic as Topic>::Key;

    /// What this listener hears of news that are told now; `None` when it does not concern them after all. Runs while others wait, so
    /// it computes and does nothing else.
    fn hear(&self, news: &News<What<Self>>, facts: &<Self::Topic as Topic>::Facts) -> Option<Self::Heard>;

    /// What this listener hears of news that were told before, by what is so now.
    async fn recall(&self) -> Result<Recall<Self>, Self::Error>;
}

/// What a listener's topic tells.
pub type What<L> = <<L as Listener>::Topic as Topic>::What;

/// Decides about news that were told before. Computes and does nothing else.
pub type Recall<L> = Box<dyn Fn(&News<What<L>>) -> Option<<L as Listener>::Heard> + Send + Sync>;

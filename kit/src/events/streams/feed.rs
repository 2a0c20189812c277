//! What arrives for one handler by way of Redis.

use super::lease::Lease;
use super::scripts::{self, Joined};
use super::{Keys, Known, RedisStreams};
use crate::events::{Envelope, EventError, Feed};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamId, StreamRangeReply, StreamReadReply};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use uuid::Uuid;

/// One process reads at a time, so one name will do for all.
const READER: &str = "reader";
const BATCH: usize = 100;
/// How long a look for news waits in Redis.
const WAIT: Duration = Duration::from_secs(1);
/// How long to wait for a domain that nobody publishes yet, or for what the relay is to hand in.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) struct RedisFeed {
    streams: RedisStreams,
    handler: &'static str,
    known: Known,
    connection: MultiplexedConnection,
    lease: Option<Lease>,
    sources: Vec<Source>,
    waiting: VecDeque<(Arc<Envelope>, Way)>,
    /// Of the events that are being handled, in their order.
    current: VecDeque<Way>,
}

/// How an event came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Stream,
    Handed,
}

struct Source {
    domain: Domain,
    keys: Keys,
    handed: String,
    state: State,
    /// Everything up to here was read, without a gap.
    read: i64,
    /// Everything up to here took effect.
    reached: i64,
    saved: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Away,
    /// What the relay hands in, up to a position.
    Handed(i64),
    News,
}

impl RedisFeed {
    pub(super) async fn open(
        streams: RedisStreams,
        handler: &'static str,
        sources: &[Domain],
        known: Known,
    ) -> Result<Self, EventError> {
        let sources = sources
            .iter()
            .map(|domain| Source {
                domain: *domain,
                keys: streams.keys(*domain),
                handed: streams.handed(*domain, handler),
                state: State::Away,
                read: 0,
                reached: 0,
                saved: 0,
            })
            .collect();
        let connection = streams.0.redis.own(WAIT).await?;
        Ok(Self {
            streams,
            handler,
            known,
            connection,
            lease: None,
            sources,
            waiting: VecDeque::new(),
            current: VecDeque::new(),
        })
    }

    fn is_our_turn(&self) -> bool {
        self.lease.as_ref().is_some_and(Lease::is_held)
    }

    /// Waits for our turn, and then begins where the store says that the handler stopped.
    async fn take_turn(&mut self) -> Result<(), EventError> {
        self.waiting.clear();
        self.current.clear();
        self.lease = None;
        self.lease = Some(Lease::take(&self.streams, self.handler, self.known.is_awaited).await?);
        for source in &mut self.sources {
            source.state = State::Away;
            source.saved = self.known.offsets.offset(self.handler, source.domain).await?;
            source.reached = source.saved;
        }
        Ok(())
    }

    async fn join(&mut self) -> Result<(), EventError> {
        for source in self
            .sources
            .iter_mut()
            .filter(|source| source.state == State::Away)
        {
            let joined = self.streams.0.scripts.join(
                &mut self.connection,
                &source.keys,
                &source.handed,
                self.handler,
                source.saved,
            );
            source.state = match joined.await? {
                Joined::NotYet => State::Away,
                Joined::Reading { from } => {
                    source.read = from;
                    State::News
                }
                Joined::Catching { from, to } => {
                    tracing::info!(handler = self.handler, domain = %source.domain, from, to, "catching up from the outbox");
                    source.read = from;
                    State::Handed(to)
                }
            };
        }
        Ok(())
    }

    /// Reads what is there; `false` when it was nothing and nothing was waited for.
    async fn read(&mut self) -> Result<bool, EventError> {
        for index in 0..self.sources.len() {
            if let State::Handed(to) = self.sources[index].state
                && self.read_handed(index, to).await?
            {
                return Ok(true);
            }
        }
        self.read_news().await
    }

    async fn read_handed(&mut self, index: usize, to: i64) -> Result<bool, EventError> {
        let source = &mut self.sources[index];
        if source.read >= to {
            // All of it took effect, because nothing is read while something waits.
            self.known
                .offsets
                .save_offset(self.handler, source.domain, source.reached)
                .await?;
            source.saved = source.reached;
            let mut done = redis::pipe();
            done.atomic()
                .hdel(&source.keys.wanted, self.handler)
                .ignore()
                .del(&source.handed)
                .ignore();
            done.query_async::<()>(&mut self.connection).await?;
            source.state = State::News;
            return Ok(true);
        }
        let mut range = redis::cmd("XRANGE");
        range
            .arg(&source.handed)
            .arg(format!("({}-0", source.read))
            .arg("+")
            .arg("COUNT")
            .arg(BATCH);
        let reply: StreamRangeReply = range.query_async(&mut self.connection).await?;
        let is_empty = reply.ids.is_empty();
        if is_empty {
            // Not there yet, or the relay has told that the log begins later.
            let wanted: Option<String> = self.connection.hget(&source.keys.wanted, self.handler).await?;
            match wanted.as_deref().and_then(scripts::range) {
                Some((from, to)) => {
                    if source.read == 0 {
                        source.read = from;
                    }
                    source.state = State::Handed(to);
                }
                None => source.state = State::Away,
            }
        }
        for entry in reply.ids {
            let event = envelope(&self.streams, &entry)?;
            let source = &mut self.sources[index];
            if event.position != source.read + 1 {
                // A relay was still handing in what had been wanted before.
                return Err(EventError::Transport("what was handed in has a gap".into()));
            }
            source.read = event.position;
            self.waiting.push_back((Arc::new(event), Way::Handed));
        }
        Ok(!is_empty)
    }

    async fn read_news(&mut self) -> Result<bool, EventError> {
        let mut read = redis::cmd("XREADGROUP");
        read.arg("GROUP")
            .arg(self.handler)
            .arg(READER)
            .arg("COUNT")
            .arg(BATCH);
        let ready: Vec<&Source> = self
            .sources
            .iter()
            .filter(|source| source.state == State::News)
            .collect();
        if ready.is_empty() {
            return Ok(false);
        }
        // While others are on their way, nobody waits here for long.
        let patience = if ready.len() == self.sources.len() {
            WAIT
        } else {
            PAUSE
        };
        read.arg("BLOCK")
            .arg(u64::try_from(patience.as_millis()).unwrap_or(1))
            .arg("STREAMS");
        for source in &ready {
            read.arg(&source.keys.stream);
        }
        for _ in &ready {
            read.arg(">");
        }
        let reply: Option<StreamReadReply> = read.query_async(&mut self.connection).await?;
        for entry in reply
            .into_iter()
            .flat_map(|reply| reply.keys)
            .flat_map(|key| key.ids)
        {
            let event = envelope(&self.streams, &entry)?;
            let Some(source) = self
                .sources
                .iter_mut()
                .find(|source| source.domain == event.domain)
            else {
                continue;
            };
            if event.position > source.read + 1 {
                let missing = format!("{}-0", source.read + 1);
                let mut look = redis::cmd("XRANGE");
                look.arg(&source.keys.stream).arg(&missing).arg(&missing);
                let found: StreamRangeReply = look.query_async(&mut self.connection).await?;
                if found.ids.is_empty() {
                    // Cannot be as long as Redis keeps its word; if it does not, the outbox is the truth.
                    tracing::error!(handler = self.handler, domain = %event.domain, missing, "the stream has a gap and begins anew");
                    self.connection
                        .del::<_, ()>(&[&source.keys.stream, &source.keys.state])
                        .await?;
                }
                // Otherwise another process thinks that it is its turn and has taken what is missing.
                return Err(EventError::Transport(
                    "events are missing between those that arrived".into(),
                ));
            }
            source.read = source.read.max(event.position);
            self.waiting.push_back((Arc::new(event), Way::Stream));
        }
        Ok(true)
    }

    async fn save(&mut self) -> Result<(), EventError> {
        for source in &mut self.sources {
            if source.reached > source.saved {
                self.known
                    .offsets
                    .save_offset(self.handler, source.domain, source.reached)
                    .await?;
                source.saved = source.reached;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Feed for RedisFeed {
    async fn next(&mut self) -> Result<Arc<Envelope>, EventError> {
        loop {
            if let Some(event) = self.ready() {
                return Ok(event);
            }
            if !self.is_our_turn() {
                self.take_turn().await?;
            }
            self.save().await?;
            self.join().await?;
            if !self.read().await? {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    fn ready(&mut self) -> Option<Arc<Envelope>> {
        if !self.is_our_turn() {
            return None;
        }
        let (event, way) = self.waiting.pop_front()?;
        self.current.push_back(way);
        Some(event)
    }

    async fn acknowledge(&mut self, event: &Envelope) -> Result<(), EventError> {
        let way = self.current.pop_front();
        let Some(source) = self
            .sources
            .iter_mut()
            .find(|source| source.domain == event.domain)
        else {
            return Ok(());
        };
        source.reached = source.reached.max(event.position);
        let mut done = redis::pipe();
        match way {
            Some(Way::Handed) => {
                let kept = format!("{}-0", source.saved + 1);
                done.cmd("XTRIM")
                    .arg(&source.handed)
                    .arg("MINID")
                    .arg(kept)
                    .ignore();
            }
            Some(Way::Stream) | None => {
                done.xack(
                    &source.keys.stream,
                    self.handler,
                    &[format!("{}-0", event.position)],
                )
                .ignore();
            }
        }
        done.hset(&source.keys.progress, self.handler, source.reached)
            .ignore();
        done.query_async::<()>(&mut self.connection).await?;
        if source.reached - source.saved >= i64::try_from(BATCH).unwrap_or(i64::MAX) {
            self.save().await?;
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<(), EventError> {
        self.save().await
    }
}

fn envelope(streams: &RedisStreams, entry: &StreamId) -> Result<Envelope, EventError> {
    let (Some(id), Some(event)) = (entry.get::<String>("id"), entry.get::<String>("event")) else {
        return Err(EventError::Damaged("an entry of the stream holds no event"));
    };
    let id = Uuid::parse_str(&id).map_err(|_| EventError::Damaged("an entry of the stream has no id"))?;
    streams.open_sealed(id, &event)
}

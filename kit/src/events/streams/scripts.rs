//! What must happen in Redis in one step.

use super::Keys;
use redis::aio::ConnectionLike;
use redis::{RedisError, Script};
use std::time::Duration;
use uuid::Uuid;

pub(super) struct Scripts {
    publish: Script,
    join: Script,
    trim: Script,
    settled: Script,
    hold: Script,
}

/// How a handler's group reads a domain's stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joined {
    /// Nobody has published yet.
    NotYet,
    /// The stream holds everything behind this position.
    Reading { from: i64 },
    /// What lies behind `from` up to `to` comes from the relay first.
    Catching { from: i64, to: i64 },
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            publish: Script::new(include_str!("publish.lua")),
            join: Script::new(include_str!("join.lua")),
            trim: Script::new(include_str!("trim.lua")),
            settled: Script::new(include_str!("settled.lua")),
            hold: Script::new(include_str!("hold.lua")),
        }
    }

    /// Whether the stream had to begin anew.
    pub(super) async fn publish(
        &self,
        connection: &mut impl ConnectionLike,
        keys: &Keys,
        published: i64,
        entries: &[(i64, Uuid, String)],
    ) -> Result<bool, RedisError> {
        let mut call = self.publish.key(&keys.stream);
        call.key(&keys.state).arg(published);
        for (position, id, event) in entries {
            call.arg(position).arg(id.to_string()).arg(event);
        }
        call.invoke_async(connection).await
    }

    pub(super) async fn join(
        &self,
        connection: &mut impl ConnectionLike,
        keys: &Keys,
        handed: &str,
        handler: &str,
        offset: i64,
    ) -> Result<Joined, RedisError> {
        let mut call = self.join.key(&keys.stream);
        call.key(&keys.state)
            .key(&keys.wanted)
            .key(&keys.progress)
            .key(handed);
        let (state, from, to): (i64, i64, i64) =
            call.arg(handler).arg(offset).invoke_async(connection).await?;
        Ok(match state {
            0 => Joined::NotYet,
            1 => Joined::Reading { from },
            _ => Joined::Catching { from, to },
        })
    }

    /// How many entries were dropped.
    pub(super) async fn trim(
        &self,
        connection: &mut impl ConnectionLike,
        keys: &Keys,
        keep: u64,
    ) -> Result<u64, RedisError> {
        let mut call = self.trim.key(&keys.stream);
        call.key(&keys.state).arg(keep).invoke_async(connection).await
    }

    pub(super) async fn settled(
        &self,
        connection: &mut impl ConnectionLike,
        keys: &Keys,
        position: i64,
        leases: &str,
    ) -> Result<bool, RedisError> {
        let mut call = self.settled.key(&keys.progress);
        call.arg(position).arg(leases).invoke_async(connection).await
    }

    /// Prolongs a lease; `false` when it is somebody else's.
    pub(super) async fn prolong(
        &self,
        connection: &mut impl ConnectionLike,
        lease: &str,
        token: &str,
        by: Duration,
    ) -> Result<bool, RedisError> {
        let mut call = self.hold.key(lease);
        let milliseconds = u64::try_from(by.as_millis()).unwrap_or(u64::MAX).max(1);
        call.arg(token).arg(milliseconds).invoke_async(connection).await
    }

    pub(super) async fn give_back(
        &self,
        connection: &mut impl ConnectionLike,
        lease: &str,
        token: &str,
    ) -> Result<(), RedisError> {
        let mut call = self.hold.key(lease);
        let _was_ours: bool = call.arg(token).arg(0).invoke_async(connection).await?;
        Ok(())
    }
}

/// What a handler wants to be handed in: what lies behind the first position, up to the second.
pub(super) fn range(wanted: &str) -> Option<(i64, i64)> {
    let (from, to) = wanted.split_once('-')?;
    Some((from.parse().ok()?, to.parse().ok()?))
}

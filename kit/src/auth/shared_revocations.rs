//! Ended sessions, told from process to process by way of Redis.
//!
//! Identity's store knows which sessions have ended; processes that do not see that store hear it here. A sorted set holds each
//! session with the time until which its tokens would be good, and a counter tells that there is something new. Both are filled
//! again by whoever knows when Redis comes back empty.

use super::Revocations;
use crate::clock::Clock;
use crate::redis::{Redis, RedisError};
use caregraph_contracts::ids::{Id, SessionId};
use chrono::DateTime;
use redis::AsyncCommands as _;
use std::collections::HashSet;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often the others are asked. With the time that an answer takes, well below the second that is promised.
const PERIOD: Duration = Duration::from_millis(250);

/// Tells others what ends here, and hears what ends elsewhere, until told to stop. While Redis is away, each process knows what it
/// knew; afterwards they tell each other what they missed.
pub async fn share_revocations(
    redis: Redis,
    revocations: Revocations,
    clock: Clock,
    stop: CancellationToken,
) {
    let mut exchange = Exchange {
        ended: redis.key("sessions:ended"),
        version: redis.key("sessions:version"),
        redis,
        revocations,
        clock,
        told: HashSet::new(),
        seen: None,
    };
    let mut news = exchange.revocations.watch();
    let mut is_away = false;
    loop {
        match exchange.round().await {
            Ok(()) => is_away = false,
            Err(error) if is_away => tracing::debug!(%error, "ended sessions cannot be shared"),
            Err(error) => {
                is_away = true;
                tracing::warn!(%error, "ended sessions cannot be shared, trying again");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            // What ends here is told at once.
            _ = news.changed() => {}
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

struct Exchange {
    redis: Redis,
    revocations: Revocations,
    clock: Clock,
    ended: String,
    version: String,
    /// What Redis has from us or we from it.
    told: HashSet<SessionId>,
    seen: Option<i64>,
}

impl Exchange {
    async fn round(&mut self) -> Result<(), RedisError> {
        let mut connection = self.redis.shared();
        let version: Option<i64> = connection.get(&self.version).await?;
        if version.is_none() || version < self.seen {
            // Redis has forgotten: whatever is known here must be told again.
            self.told.clear();
        }
        let ended = self.revocations.all();
        self.told.retain(|session| ended.contains_key(session));
        let untold: Vec<_> = ended
            .iter()
            .filter(|(session, _)| !self.told.contains(session))
            .collect();
        if !untold.is_empty() {
            let mut tell = redis::pipe();
            tell.atomic();
            for (session, until) in &untold {
                tell.zadd(&self.ended, session.uuid().to_string(), until.timestamp())
                    .ignore();
            }
            tell.incr(&self.version, 1).ignore();
            tell.zrembyscore(&self.ended, 0, self.clock.now().timestamp())
                .ignore();
            tell.query_async::<()>(&mut connection).await?;
            self.told.extend(untold.into_iter().map(|(session, _)| *session));
        } else if version == self.seen && version.is_some() {
            return Ok(());
        }
        // The version is read before the set, so what comes in between is read again.
        let version: Option<i64> = connection.get(&self.version).await?;
        let all: Vec<(String, i64)> = connection.zrange_withscores(&self.ended, 0, -1).await?;
        for (session, until) in all {
            if let (Ok(session), Some(until)) =
                (Uuid::parse_str(&session), DateTime::from_timestamp(until + 1, 0))
            {
                let session = SessionId::from(session);
                if self.told.insert(session) && !ended.contains_key(&session) {
                    self.revocations.revoke(session, until);
                }
            }
        }
        self.seen = version;
        Ok(())
    }
}

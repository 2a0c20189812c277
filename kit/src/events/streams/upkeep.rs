//! What the relay does for a stream besides publishing: it notices losses, hands handlers what the stream does not hold, drops what
//! nobody needs any more, and tells how far handlers are behind.

use super::{RedisStreams, lock, scripts};
use crate::events::{EventError, EventLog, Transport};
use caregraph_contracts::ids::Id;
use redis::AsyncCommands as _;
use std::collections::HashMap;

/// How much lies ready for a handler that catches up.
const READY: usize = 2_000;
const BATCH: u64 = 500;

/// One round; says whether somebody waits for more.
pub(super) async fn tend(streams: &RedisStreams, store: &dyn EventLog) -> Result<bool, EventError> {
    let domain = store.domain();
    let (keys, mut connection) = (streams.keys(domain), streams.0.redis.shared());

    let there: Option<i64> = connection.hget(&keys.state, "published").await?;
    // Read after it, so it cannot be behind unless the store went back in time.
    if there.is_some_and(|there| there > 0) && there > Some(store.head().await?) {
        tracing::warn!(%domain, "the store is older than the stream, which begins anew");
        connection.del::<_, ()>(&[&keys.stream, &keys.state]).await?;
    }
    streams.publish(domain, store.published().await?, &[]).await?;

    let wanted: HashMap<String, String> = connection.hgetall(&keys.wanted).await?;
    let mut is_wanted = false;
    for (handler, range) in &wanted {
        if let Some((from, to)) = scripts::range(range) {
            is_wanted |= hand_in(streams, store, handler, from, to).await?;
        }
    }

    streams
        .0
        .scripts
        .trim(&mut connection, &keys, streams.0.settings.keep)
        .await?;
    let published: i64 = connection.hget(&keys.state, "published").await?;
    let progress: HashMap<String, i64> = connection.hgetall(&keys.progress).await?;
    let mut lags = lock(&streams.0.lags);
    for (handler, reached) in progress {
        let behind = u64::try_from(published - reached).unwrap_or(0);
        lags.insert((handler, domain), behind);
    }
    Ok(is_wanted)
}

/// Hands a handler a part of what it wants; says whether something is left.
async fn hand_in(
    streams: &RedisStreams,
    store: &dyn EventLog,
    handler: &str,
    from: i64,
    to: i64,
) -> Result<bool, EventError> {
    let handed = streams.handed(store.domain(), handler);
    let mut connection = streams.0.redis.shared();
    let length: usize = connection.xlen(&handed).await?;
    let info: Option<redis::streams::StreamInfoStreamReply> =
        if length == 0 && !connection.exists(&handed).await? {
            None
        } else {
            Some(connection.xinfo_stream(&handed).await?)
        };
    // What was handed in and dealt with is gone, but its id is remembered.
    let last = info
        .and_then(|info| info.last_generated_id.split('-').next()?.parse().ok())
        .unwrap_or(0)
        .max(from);
    if last >= to {
        return Ok(false);
    }
    if length >= READY {
        return Ok(true);
    }
    let mut events = store.read_after(last, BATCH).await?;
    events.retain(|event| event.position <= to);
    if events.first().is_none_or(|event| event.position != last + 1) {
        let pruned = store.pruned().await?.min(to);
        if from == 0 && last < pruned {
            // A new handler begins with the oldest event that is kept.
            let key = streams.keys(store.domain()).wanted;
            connection
                .hset::<_, _, _, ()>(key, handler, format!("{pruned}-{to}"))
                .await?;
            return Ok(true);
        }
        tracing::error!(handler, domain = %store.domain(), last, to, "events were removed before this handler heard them");
        return Ok(false);
    }
    let mut add = redis::pipe();
    for event in &events {
        add.cmd("XADD")
            .arg(&handed)
            .arg(format!("{}-0", event.position))
            .arg("id")
            .arg(event.id.uuid().to_string())
            .arg("event")
            .arg(streams.seal(event)?)
            .ignore();
    }
    match add.query_async::<()>(&mut connection).await {
        Ok(()) => Ok(true),
        // Another relay handed in the same.
        Err(error) if error.to_string().contains("equal or smaller") => Ok(true),
        Err(error) => Err(error.into()),
    }
}

//! Whose turn it is: one process at a time reads for a handler.

use super::RedisStreams;
use redis::RedisError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A lease that prolongs itself until it is dropped.
pub(super) struct Lease {
    held: Arc<AtomicBool>,
    stop: CancellationToken,
}

impl Lease {
    /// Waits until it is our turn.
    pub(super) async fn take(
        streams: &RedisStreams,
        handler: &str,
        is_awaited: bool,
    ) -> Result<Self, RedisError> {
        let name = format!("{}{handler}", streams.leases(is_awaited));
        let token = Uuid::now_v7().to_string();
        let period = streams.0.settings.lease;
        let mut connection = streams.0.redis.shared();
        loop {
            let mut take = redis::cmd("SET");
            take.arg(&name)
                .arg(&token)
                .arg("NX")
                .arg("PX")
                .arg(milliseconds(period));
            let granted: Option<String> = take.query_async(&mut connection).await?;
            if granted.is_some() {
                break;
            }
            tokio::time::sleep(period / 10).await;
        }
        let (held, stop) = (Arc::new(AtomicBool::new(true)), CancellationToken::new());
        tokio::spawn(keep(
            streams.clone(),
            name,
            token,
            Arc::clone(&held),
            stop.clone(),
        ));
        Ok(Self { held, stop })
    }

    /// Whether it is still our turn, as far as we know.
    pub(super) fn is_held(&self) -> bool {
        self.held.load(Ordering::Acquire)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Prolongs the lease until it is lost or not wanted any more, and then gives it back.
async fn keep(
    streams: RedisStreams,
    name: String,
    token: String,
    held: Arc<AtomicBool>,
    stop: CancellationToken,
) {
    let period = streams.0.settings.lease;
    let mut connection = streams.0.redis.shared();
    let mut sure_until = tokio::time::Instant::now() + period;
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(period / 4) => {}
        }
        let asked = tokio::time::Instant::now();
        match streams
            .0
            .scripts
            .prolong(&mut connection, &name, &token, period)
            .await
        {
            Ok(true) => sure_until = asked + period,
            // Redis may be back before anybody else can have taken it.
            Err(_) if tokio::time::Instant::now() < sure_until => {}
            Ok(false) | Err(_) => break,
        }
    }
    held.store(false, Ordering::Release);
    // If this fails, the lease ends by itself.
    let _ = streams.0.scripts.give_back(&mut connection, &name, &token).await;
}

fn milliseconds(period: Duration) -> u64 {
    u64::try_from(period.as_millis()).unwrap_or(u64::MAX).max(1)
}

//! How many requests are let in.

use crate::error::RouterError;
use crate::settings::{Rate, RateLimits};
use async_trait::async_trait;
use caregraph_kit::auth::Principal;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter as Governor};
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Too many requests; come back after this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many requests, come back in {0:?}")]
pub struct TooMany(pub Duration);

/// Counts requests. The default counts in this process; several routers count together in Redis:
/// [`SharedRateLimiter`](crate::SharedRateLimiter).
#[async_trait]
pub trait RateLimiter: Send + Sync + 'static {
    /// Counts a request from an address.
    async fn check_address(&self, address: IpAddr) -> Result<(), TooMany>;

    /// Counts a request of a principal. Anonymous callers are counted by address alone.
    async fn check_principal(&self, principal: &Principal) -> Result<(), TooMany>;
}

/// Token buckets in memory.
pub(crate) struct LocalRateLimiter {
    addresses: Option<Buckets>,
    principals: Option<Buckets>,
}

impl LocalRateLimiter {
    pub(crate) fn new(limits: &RateLimits) -> Result<Self, RouterError> {
        Ok(Self {
            addresses: Buckets::new(limits.address, "rate_limits.address.burst")?,
            principals: Buckets::new(limits.principal, "rate_limits.principal.burst")?,
        })
    }
}

#[async_trait]
impl RateLimiter for LocalRateLimiter {
    async fn check_address(&self, address: IpAddr) -> Result<(), TooMany> {
        self.addresses
            .as_ref()
            .map_or(Ok(()), |buckets| buckets.take(network(address)))
    }

    async fn check_principal(&self, principal: &Principal) -> Result<(), TooMany> {
        match (&self.principals, principal.user_id()) {
            (Some(buckets), Some(user)) => buckets.take(buckets.hasher.hash_one(user)),
            _ => Ok(()),
        }
    }
}

/// Whoever holds an IPv6 network holds 2^64 addresses, so the network is what counts.
pub(crate) fn network(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        // An IPv4 address has its upper 32 bits zero, which no routable IPv6 network has.
        IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).unwrap_or(u64::MAX),
    }
}

/// More keys than this are not kept apart.
const MAX_KEYS: usize = 100_000;

/// Buckets for everybody else once [`MAX_KEYS`] is reached.
const SHARED_KEYS: u64 = 4_096;

/// Buckets by key, in bounded memory.
struct Buckets {
    limiter: DefaultKeyedRateLimiter<u64>,
    clock: DefaultClock,
    hasher: RandomState,
    since_sweep: AtomicUsize,
}

impl Buckets {
    fn new(rate: Rate, setting: &'static str) -> Result<Option<Self>, RouterError> {
        let Some(per_second) = NonZeroU32::new(rate.per_second) else {
            return Ok(None);
        };
        let burst = NonZeroU32::new(rate.burst).ok_or_else(|| RouterError::Setting {
            setting,
            reason: "it must be at least 1".to_owned(),
        })?;
        Ok(Some(Self {
            limiter: Governor::keyed(Quota::per_second(per_second).allow_burst(burst)),
            clock: DefaultClock::default(),
            hasher: RandomState::new(),
            since_sweep: AtomicUsize::new(0),
        }))
    }

    fn take(&self, key: u64) -> Result<(), TooMany> {
        let key = if self.is_crowded() {
            self.hasher.hash_one(key) % SHARED_KEYS
        } else {
            key
        };
        self.limiter
            .check_key(&key)
            .map_err(|refusal| TooMany(refusal.wait_time_from(self.clock.now())))
    }

    /// Forgets full buckets now and then; says whether too many others remain. A flood from ever new addresses then shares
    /// buckets instead of memory.
    fn is_crowded(&self) -> bool {
        if self.since_sweep.fetch_add(1, Ordering::Relaxed) >= MAX_KEYS / 10 {
            self.since_sweep.store(0, Ordering::Relaxed);
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.len() >= MAX_KEYS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(per_second: u32, burst: u32) -> LocalRateLimiter {
        let rate = Rate { per_second, burst };
        LocalRateLimiter::new(&RateLimits {
            principal: rate,
            address: rate,
        })
        .unwrap()
    }

    #[tokio::test]
    async fn a_burst_is_let_in_and_then_told_when_to_come_back() {
        let limiter = limiter(1, 2);
        let address: IpAddr = "203.0.113.7".parse().unwrap();
        assert_eq!(limiter.check_address(address).await, Ok(()));
        assert_eq!(limiter.check_address(address).await, Ok(()));
        let TooMany(wait) = limiter.check_address(address).await.unwrap_err();
        assert!(wait <= Duration::from_secs(1));
        assert_eq!(
            limiter.check_address("203.0.113.8".parse().unwrap()).await,
            Ok(())
        );
    }

    #[tokio::test]
    async fn an_ipv6_network_is_one_caller() {
        let limiter = limiter(1, 1);
        assert_eq!(
            limiter.check_address("2001:db8::1".parse().unwrap()).await,
            Ok(())
        );
        assert!(
            limiter
                .check_address("2001:db8::2".parse().unwrap())
                .await
                .is_err()
        );
    }

    #[tokio::test]
    async fn zero_switches_a_limit_off_and_a_burst_of_zero_is_refused() {
        let limiter = limiter(0, 0);
        for _ in 0..1_000 {
            assert_eq!(
                limiter.check_address("203.0.113.7".parse().unwrap()).await,
                Ok(())
            );
        }
        let rate = Rate {
            per_second: 1,
            burst: 0,
        };
        assert!(
            LocalRateLimiter::new(&RateLimits {
                principal: rate,
                address: rate
            })
            .is_err()
        );
    }
}

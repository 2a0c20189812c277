//! Requests counted for all routers together, in Redis.

use crate::error::RouterError;
use crate::rate_limit::{LocalRateLimiter, RateLimiter, TooMany, network};
use crate::settings::{Rate, RateLimits};
use async_trait::async_trait;
use caregraph_kit::auth::Principal;
use caregraph_kit::redis::Redis;
use redis::Script;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The generic cell rate algorithm: one number per caller, the time at which their bucket will be full again.
/// KEYS: bucket. ARGV: microseconds that a request costs, microseconds that a burst may run ahead. Returns how many microseconds
/// to wait, 0 for "come in". Redis's own clock counts, because those of the routers differ.
const TAKE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost, ahead = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + cost
if full - now > ahead then return full - now - ahead end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return 0
";

/// Shared buckets. While Redis is away, each router counts for itself.
pub struct SharedRateLimiter {
    redis: Redis,
    take: Script,
    limits: RateLimits,
    alone: LocalRateLimiter,
    is_away: AtomicBool,
}

impl SharedRateLimiter {
    /// Limits that all routers at this server keep together.
    pub fn new(redis: Redis, limits: &RateLimits) -> Result<Self, RouterError> {
        Ok(Self {
            redis,
            take: Script::new(TAKE),
            alone: LocalRateLimiter::new(limits)?,
            limits: limits.clone(),
            is_away: AtomicBool::new(false),
        })
    }

    /// `None` when Redis does not answer.
    async fn take(
        &self,
        kind: &str,
        whom: impl std::fmt::Display,
        rate: Rate,
    ) -> Option<Result<(), TooMany>> {
        if rate.per_second == 0 {
            return Some(Ok(()));
        }
        let cost = 1_000_000 / u64::from(rate.per_second).min(1_000_000);
        let mut call = self.take.key(self.redis.key(format_args!("rate:{kind}:{whom}")));
        call.arg(cost).arg(cost * u64::from(rate.burst));
        let answer: Result<u64, _> = call.invoke_async(&mut self.redis.shared()).await;
        match answer {
            Ok(wait) => {
                self.is_away.store(false, Ordering::Relaxed);
                Some(if wait == 0 {
                    Ok(())
                } else {
                    Err(TooMany(Duration::from_micros(wait)))
                })
            }
            Err(error) => {
                if !self.is_away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "requests cannot be counted together, each router counts alone");
                }
                None
            }
        }
    }
}

#[async_trait]
impl RateLimiter for SharedRateLimiter {
    async fn check_address(&self, address: IpAddr) -> Result<(), TooMany> {
        match self.take("address", network(address), self.limits.address).await {
            Some(answer) => answer,
            None => self.alone.check_address(address).await,
        }
    }

    async fn check_principal(&self, principal: &Principal) -> Result<(), TooMany> {
        let Some(user) = principal.user_id() else {
            return Ok(());
        };
        match self.take("person", user, self.limits.principal).await {
            Some(answer) => answer,
            None => self.alone.check_principal(principal).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use caregraph_kit::testing::TestRedis;

    fn limits(per_second: u32, burst: u32) -> RateLimits {
        let rate = Rate { per_second, burst };
        RateLimits {
            principal: rate,
            address: rate,
        }
    }

    #[tokio::test]
    async fn two_routers_count_together() {
        let Some(server) = TestRedis::new() else { return };
        let limits = limits(1, 3);
        let routers = [0, 1].map(|_| SharedRateLimiter::new(server.redis.clone(), &limits).unwrap());
        let address: IpAddr = "203.0.113.7".parse().unwrap();
        for turn in 0..3 {
            assert_eq!(routers[turn % 2].check_address(address).await, Ok(()), "{turn}");
        }
        for router in &routers {
            let TooMany(wait) = router.check_address(address).await.unwrap_err();
            assert!(wait <= Duration::from_secs(1), "{wait:?}");
            assert_eq!(router.check_address("203.0.113.8".parse().unwrap()).await, Ok(()));
        }
    }

    #[tokio::test]
    async fn without_redis_each_counts_alone() {
        let away = Redis::new("redis://127.0.0.1:1", "nowhere").unwrap();
        let limiter = SharedRateLimiter::new(away, &limits(1, 1)).unwrap();
        let address: IpAddr = "203.0.113.7".parse().unwrap();
        assert_eq!(limiter.check_address(address).await, Ok(()));
        assert!(limiter.check_address(address).await.is_err());
    }
}

//! How long to wait after how many attempts.

use crate::settings::ThrottleSettings;
use chrono::{DateTime, TimeDelta, Utc};

/// Too many attempts; come back later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Throttled {
    /// Whole seconds until the next attempt is looked at, at least 1.
    pub(crate) retry_after_seconds: i64,
}

/// When pauses start and how they grow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    free: i64,
    first_pause: TimeDelta,
    longest_pause: TimeDelta,
    forget_after: TimeDelta,
}

impl Policy {
    /// For one account.
    pub(crate) fn account(settings: &ThrottleSettings) -> Self {
        Self::new(settings, settings.account_attempts, 1)
    }

    /// For one network address.
    pub(crate) fn address(settings: &ThrottleSettings) -> Self {
        Self::new(settings, settings.address_attempts, 1)
    }

    /// For messages to one recipient.
    pub(crate) fn messages(settings: &ThrottleSettings) -> Self {
        Self::new(settings, settings.messages, 60)
    }

    fn new(settings: &ThrottleSettings, free: u32, slower: i64) -> Self {
        Self {
            free: i64::from(free),
            first_pause: TimeDelta::seconds(i64::from(settings.first_pause_seconds) * slower),
            longest_pause: TimeDelta::seconds(i64::from(settings.longest_pause_seconds) * slower),
            forget_after: TimeDelta::minutes(i64::from(settings.forget_after_minutes)),
        }
    }

    /// The pause that follows the `attempts`-th attempt in a row.
    fn pause(&self, attempts: i64) -> TimeDelta {
        let over = attempts - self.free;
        if over < 0 {
            return TimeDelta::zero();
        }
        let factor = 1_i32
            .checked_shl(u32::try_from(over).unwrap_or(u32::MAX).min(30))
            .unwrap_or(i32::MAX);
        self.first_pause
            .checked_mul(factor)
            .map_or(self.longest_pause, |pause| pause.min(self.longest_pause))
    }
}

/// What is remembered about one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Throttle {
    pub(crate) attempts: i64,
    pub(crate) last_at: DateTime<Utc>,
    pub(crate) blocked_until: DateTime<Utc>,
}

impl Throttle {
    /// Nobody has to wait. Not the time at which that became so: attempts that come together read the clock before they
    /// wait for each other's count, so the present of one may lie before that of the one it follows.
    pub(crate) const NOT_BLOCKED: DateTime<Utc> = DateTime::UNIX_EPOCH;

    /// Nothing happened yet.
    pub(crate) fn fresh(now: DateTime<Utc>) -> Self {
        Self {
            attempts: 0,
            last_at: now,
            blocked_until: Self::NOT_BLOCKED,
        }
    }

    /// Counts an attempt, unless it comes too early. What comes too early does not count: otherwise a stranger could
    /// lock somebody out for good by knocking without pause.
    pub(crate) fn attempt(self, policy: &Policy, now: DateTime<Utc>) -> Result<Self, Throttled> {
        if now < self.blocked_until {
            let left = (self.blocked_until - now).num_milliseconds();
            return Err(Throttled {
                retry_after_seconds: (left + 999) / 1000,
            });
        }
        let remembered = if now - self.last_at > policy.forget_after {
            0
        } else {
            self.attempts
        };
        let attempts = remembered.saturating_add(1);
        let pause = policy.pause(attempts);
        let blocked_until = if pause.is_zero() {
            Self::NOT_BLOCKED
        } else {
            now + pause
        };
        Ok(Self {
            attempts,
            last_at: now.max(self.last_at),
            blocked_until,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        Policy::account(&ThrottleSettings::default())
    }

    fn after(attempts: i64, now: DateTime<Utc>) -> Throttle {
        let mut throttle = Throttle::fresh(now);
        for _ in 0..attempts {
            throttle = Throttle {
                blocked_until: now,
                ..throttle
            }
            .attempt(&policy(), now)
            .unwrap();
        }
        throttle
    }

    #[test]
    fn a_few_mistakes_cost_nothing() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(after(4, now).blocked_until, now);
    }

    #[test]
    fn attempts_that_come_together_do_not_block_each_other() {
        let (earlier, later) = (
            DateTime::UNIX_EPOCH,
            DateTime::UNIX_EPOCH + TimeDelta::milliseconds(7),
        );
        let first = Throttle::fresh(later).attempt(&policy(), later).unwrap();
        let second = first.attempt(&policy(), earlier).unwrap();
        assert_eq!((second.attempts, second.last_at), (2, later));
    }

    #[test]
    fn each_further_mistake_doubles_the_pause_up_to_a_limit() {
        let now = DateTime::UNIX_EPOCH;
        let pause = |attempts| (after(attempts, now).blocked_until - now).num_seconds();
        assert_eq!([pause(5), pause(6), pause(7), pause(8)], [1, 2, 4, 8]);
        assert_eq!(pause(200), 900);
    }

    #[test]
    fn knocking_during_the_pause_does_not_prolong_it() {
        let now = DateTime::UNIX_EPOCH;
        let blocked = after(8, now);
        assert_eq!(
            blocked.attempt(&policy(), now),
            Err(Throttled {
                retry_after_seconds: 8
            })
        );
        assert!(blocked.attempt(&policy(), now + TimeDelta::seconds(8)).is_ok());
    }

    #[test]
    fn a_day_later_everything_is_forgotten() {
        let now = DateTime::UNIX_EPOCH;
        let later = now + TimeDelta::hours(25);
        assert_eq!(after(50, now).attempt(&policy(), later).unwrap().attempts, 1);
    }
}

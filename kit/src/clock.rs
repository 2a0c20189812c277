//! Time and identifiers, injected: no rule asks the operating system what time it is.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use rand::{RngCore, SeedableRng, rngs::StdRng};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::{Builder, Uuid};

/// Where the time and fresh identifiers come from. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Manual(Arc<Mutex<Manual>>),
}

struct Manual {
    now: DateTime<Utc>,
    random: StdRng,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until it is moved; its identifiers follow from `seed` alone.
    pub fn manual(now: DateTime<Utc>, seed: u64) -> Self {
        let random = StdRng::seed_from_u64(seed);
        Self(Source::Manual(Arc::new(Mutex::new(Manual {
            now: now.trunc_subsecs(6),
            random,
        }))))
    }

    /// The present, in whole microseconds: what every store can keep without loss.
    #[expect(clippy::disallowed_methods, reason = "the one place that may ask the machine")]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => Utc::now().trunc_subsecs(6),
            Source::Manual(manual) => manual.lock().unwrap_or_else(PoisonError::into_inner).now,
        }
    }

    /// A fresh `UUIDv7`: ordered by time, unique without asking anybody.
    pub fn new_id<I: From<Uuid>>(&self) -> I {
        let mut tail = [0_u8; 10];
        let now = match &self.0 {
            Source::System => {
                rand::rng().fill_bytes(&mut tail);
                self.now()
            }
            Source::Manual(manual) => {
                let mut manual = manual.lock().unwrap_or_else(PoisonError::into_inner);
                manual.random.fill_bytes(&mut tail);
                manual.now
            }
        };
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        I::from(Builder::from_unix_timestamp_millis(millis, &tail).into_uuid())
    }

    /// Moves a manual clock; may go backwards, as clocks of machines do. Does nothing to the system's clock.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Manual(manual) = &self.0 {
            manual.lock().unwrap_or_else(PoisonError::into_inner).now += by;
        }
    }

    /// Sets a manual clock. Does nothing to the system's clock.
    pub fn set(&self, now: DateTime<Utc>) {
        if let Source::Manual(manual) = &self.0 {
            manual.lock().unwrap_or_else(PoisonError::into_inner).now = now.trunc_subsecs(6);
        }
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Clock(system)",
            Source::Manual(_) => "Clock(manual)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_gives_the_same_identifiers_for_the_same_seed() {
        let start = DateTime::UNIX_EPOCH;
        let (a, b) = (Clock::manual(start, 7), Clock::manual(start, 7));
        assert_eq!(a.new_id::<Uuid>(), b.new_id::<Uuid>());
        assert_ne!(a.new_id::<Uuid>(), a.new_id::<Uuid>());
    }

    #[test]
    fn identifiers_are_version_seven_and_carry_the_time() {
        let clock = Clock::system();
        let id: Uuid = clock.new_id();
        assert_eq!(id.get_version_num(), 7);
        let (seconds, _) = id
            .get_timestamp()
            .expect("version seven carries a time")
            .to_unix();
        assert!((clock.now().timestamp() - i64::try_from(seconds).expect("small")).abs() <= 1);
    }
}

//! When a key is made, signs, and goes.

use chrono::{DateTime, TimeDelta, Utc};

/// A key's place in time. A key signs from `signs_from` until its successor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Generation {
    pub(super) number: i64,
    pub(super) signs_from: DateTime<Utc>,
}

/// How keys follow one another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rotation {
    /// How long a key signs.
    pub(super) period: TimeDelta,
    /// How long a key is published before it signs.
    pub(super) overlap: TimeDelta,
    /// How long a key is published after it stopped signing: at least the life of its tokens.
    pub(super) afterglow: TimeDelta,
}

impl Rotation {
    /// The key to make now, if one is due. The very first signs at once; after a long standstill the next one is still
    /// published for the whole overlap before it signs.
    pub(super) fn due(&self, newest: Option<Generation>, now: DateTime<Utc>) -> Option<Generation> {
        let Some(newest) = newest else {
            return Some(Generation {
                number: 1,
                signs_from: now,
            });
        };
        let takes_over = newest.signs_from + self.period;
        (now + self.overlap >= takes_over).then(|| Generation {
            number: newest.number + 1,
            signs_from: takes_over.max(now + self.overlap),
        })
    }

    /// Which of the keys, oldest first, signs now: the newest whose time has come. The first key, should a clock have gone
    /// backwards.
    pub(super) fn signing(keys: &[Generation], now: DateTime<Utc>) -> Option<Generation> {
        keys.iter()
            .rev()
            .find(|key| key.signs_from <= now)
            .or(keys.first())
            .copied()
    }

    /// Numbers of the keys, oldest first, whose last token has ended.
    pub(super) fn spent(&self, keys: &[Generation], now: DateTime<Utc>) -> Vec<i64> {
        keys.windows(2)
            .filter(|pair| pair[1].signs_from + self.afterglow < now)
            .map(|pair| pair[0].number)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rotation() -> Rotation {
        Rotation {
            period: TimeDelta::days(30),
            overlap: TimeDelta::days(1),
            afterglow: TimeDelta::minutes(20),
        }
    }

    proptest! {
        /// However irregularly a process looks: whoever signs was published for the whole overlap before, and is published
        /// until its last token ends.
        #[test]
        fn every_token_can_be_verified(pauses in prop::collection::vec(1_i64..60 * 24 * 90, 1..60)) {
            let rotation = rotation();
            let mut now = DateTime::UNIX_EPOCH;
            let mut keys: Vec<Generation> = Vec::new();
            let mut published: Vec<(i64, DateTime<Utc>)> = Vec::new();
            let mut last_signed: Option<(i64, DateTime<Utc>)> = None;
            for pause in pauses {
                if let Some(next) = rotation.due(keys.last().copied(), now) {
                    keys.push(next);
                    published.push((next.number, now));
                }
                let spent = rotation.spent(&keys, now);
                keys.retain(|key| !spent.contains(&key.number));
                let signing = Rotation::signing(&keys, now).expect("there is a key");
                let since = published.iter().find(|(number, _)| *number == signing.number).expect("published").1;
                prop_assert!(signing.number == 1 || now - since >= rotation.overlap);
                if let Some((number, at)) = last_signed {
                    prop_assert!(keys.iter().any(|key| key.number == number) || now - at > TimeDelta::minutes(15));
                }
                last_signed = Some((signing.number, now));
                now += TimeDelta::minutes(pause);
            }
        }
    }
}

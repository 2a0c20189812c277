//! Ways, language and quiet hours.

use crate::language::Language;
use crate::notification::{Channel, NotificationType, Side};
use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};

/// Hours in which nobody wants to be disturbed, on the reader's clock. `from` may be later than `to`: then they go over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// From this time on; to the minute.
    pub from: NaiveTime,
    /// Until this time; not the same as `from`.
    pub to: NaiveTime,
}

impl QuietHours {
    /// When it ends, if `now` lies in it.
    pub fn end(self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let local = now.with_timezone(&zone).naive_local();
        let time = local.time();
        let over_midnight = self.from > self.to;
        let inside = if over_midnight {
            time >= self.from || time < self.to
        } else {
            time >= self.from && time < self.to
        };
        if !inside {
            return None;
        }
        let day = if over_midnight && time >= self.from {
            local.date().checked_add_days(Days::new(1))?
        } else {
            local.date()
        };
        // On the night on which clocks go back a time comes twice, and its first coming may lie behind.
        instants(day, self.to, zone).into_iter().find(|end| *end > now)
    }
}

/// When a clock on the wall shows a time: once, twice, or, where it is skipped, at the first moment behind the gap.
fn instants(day: NaiveDate, time: NaiveTime, zone: Tz) -> Vec<DateTime<Utc>> {
    let mut local = day.and_time(time);
    // No gap is longer than a day, and all begin and end on whole minutes.
    for _ in 0..24 * 60 {
        match zone.from_local_datetime(&local) {
            LocalResult::Single(at) => return vec![at.to_utc()],
            LocalResult::Ambiguous(first, second) => return vec![first.to_utc(), second.to_utc()],
            LocalResult::None => local += TimeDelta::minutes(1),
        }
    }
    Vec::new()
}

/// What somebody prefers; whatever they did not say is as usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preferences {
    /// Language of messages; the account's when `None`.
    pub language: Option<Language>,
    /// When not to disturb.
    pub quiet: Option<QuietHours>,
    /// Ways for types that somebody said something about.
    pub channels: BTreeMap<NotificationType, BTreeSet<Channel>>,
}

impl Preferences {
    /// The ways a message of this type goes.
    pub fn channels(&self, kind: NotificationType, side: Side) -> BTreeSet<Channel> {
        if kind.is_security() {
            return kind.usual(side);
        }
        self.channels
            .get(&kind)
            .cloned()
            .unwrap_or_else(|| kind.usual(side))
    }
}

/// Times of quiet hours are whole minutes.
pub fn is_whole_minute(time: NaiveTime) -> bool {
    time.second() == 0 && time.nanosecond() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(from: (u32, u32), to: (u32, u32)) -> QuietHours {
        let time = |(h, m)| NaiveTime::from_hms_opt(h, m, 0).unwrap();
        QuietHours {
            from: time(from),
            to: time(to),
        }
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn quiet_hours_go_over_midnight() {
        let (night, zone) = (quiet((22, 0), (7, 0)), Tz::Asia__Ho_Chi_Minh);
        assert_eq!(night.end(utc("2026-03-02T14:59:00Z"), zone), None);
        assert_eq!(
            night.end(utc("2026-03-02T15:00:00Z"), zone),
            Some(utc("2026-03-03T00:00:00Z"))
        );
        assert_eq!(
            night.end(utc("2026-03-02T23:59:59Z"), zone),
            Some(utc("2026-03-03T00:00:00Z"))
        );
        assert_eq!(night.end(utc("2026-03-03T00:00:00Z"), zone), None);
        let noon = quiet((12, 0), (13, 0));
        assert_eq!(
            noon.end(utc("2026-03-02T05:30:00Z"), zone),
            Some(utc("2026-03-02T06:00:00Z"))
        );
        assert_eq!(noon.end(utc("2026-03-02T06:00:00Z"), zone), None);
    }

    #[test]
    fn quiet_hours_end_on_days_when_clocks_change() {
        let zone = Tz::Europe__Berlin;
        // On 29 March 2026 there is no half past two: the night ends at three, which is one o'clock UTC.
        let night = quiet((22, 0), (2, 30));
        assert_eq!(
            night.end(utc("2026-03-29T00:30:00Z"), zone),
            Some(utc("2026-03-29T01:00:00Z"))
        );
        // On 25 October 2026 half past two comes twice.
        assert_eq!(
            night.end(utc("2026-10-25T00:10:00Z"), zone),
            Some(utc("2026-10-25T00:30:00Z"))
        );
        assert_eq!(
            night.end(utc("2026-10-25T01:10:00Z"), zone),
            Some(utc("2026-10-25T01:30:00Z"))
        );
    }

    #[test]
    fn nobody_can_switch_security_off() {
        let mut preferences = Preferences::default();
        for kind in NotificationType::ALL {
            preferences.channels.insert(*kind, BTreeSet::new());
        }
        assert_eq!(
            preferences.channels(NotificationType::PasswordReset, Side::Patient),
            BTreeSet::from([Channel::Email])
        );
        assert!(
            preferences
                .channels(NotificationType::AppointmentBooked, Side::Patient)
                .is_empty()
        );
    }
}

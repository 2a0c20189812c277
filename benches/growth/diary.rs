//! When the visits of a practice are, and what becomes of them: the same in every practice, and on every day. Pure.

use super::practice::{DOCTORS, PANEL};
use anyhow::{Context, Result};
use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Where all clocks run. They are never changed there, so all days are equally long.
pub const ZONE: Tz = chrono_tz::Asia::Ho_Chi_Minh;

/// How long a visit takes.
pub const LENGTH: TimeDelta = TimeDelta::minutes(15);

/// How long before it a visit is booked: longer than the diary reaches ahead, so that everything in it has been booked.
pub const BEFORE: TimeDelta = TimeDelta::days(56);

/// Days that are over.
pub const PAST: usize = 570;

/// Days in all.
const DAYS: usize = 625;

/// Visits of a doctor on a day, at full hours; the quarters of an hour in between stay free.
pub const A_DAY: usize = 8;

/// The first of them, after midnight.
const OPENING: TimeDelta = TimeDelta::hours(8);

/// What becomes of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is still to come.
    Ahead,
    /// It takes place.
    Done,
    /// The patient calls it off.
    CalledOff,
    /// The patient does not come.
    Missed,
}

/// A visit in the diary of a practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// Who gives care.
    pub doctor: usize,
    /// Who comes, by their number in the doctor's care.
    pub patient: usize,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// What becomes of it.
    pub fate: Fate,
}

/// The last midnight.
pub fn midnight(now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let today = now.with_timezone(&ZONE).date_naive();
    let midnight = ZONE.from_local_datetime(&today.and_time(NaiveTime::MIN));
    Ok(midnight.single().context("there is no such midnight")?.to_utc())
}

/// All visits of a practice, in the order in which they begin.
pub fn visits(midnight: DateTime<Utc>) -> impl Iterator<Item = Planned> {
    let first = midnight - TimeDelta::days(PAST.try_into().unwrap_or(i64::MAX));
    (0..DAYS).zip(0..).flat_map(move |(day, days)| {
        (0..A_DAY).zip(0..).flat_map(move |(place, hours)| {
            let start = first + TimeDelta::days(days) + OPENING + TimeDelta::hours(hours);
            let number = day * A_DAY + place;
            let (turn, patient) = (number / PANEL, number % PANEL);
            (0..DOCTORS).map(move |doctor| Planned {
                doctor,
                patient,
                start,
                fate: fate(day, turn + patient),
            })
        })
    })
}

/// One visit in twenty is called off, and one is missed, each patient's another time.
fn fate(day: usize, number: usize) -> Fate {
    match (day < PAST, number % 20) {
        (false, _) => Fate::Ahead,
        (true, 7) => Fate::CalledOff,
        (true, 13) => Fate::Missed,
        (true, _) => Fate::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::super::practice::VISITS;
    use super::*;
    use std::collections::BTreeMap;

    fn all() -> (DateTime<Utc>, Vec<Planned>) {
        let midnight = midnight("2026-03-02T03:00:00Z".parse().unwrap()).unwrap();
        (midnight, visits(midnight).collect())
    }

    #[test]
    fn everybody_comes_equally_often() {
        let (_, all) = all();
        assert_eq!(all.len(), usize::try_from(VISITS).unwrap());
        let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for visit in &all {
            *counts.entry((visit.doctor, visit.patient)).or_default() += 1;
        }
        assert_eq!(counts.len(), DOCTORS * PANEL);
        assert!(counts.values().all(|count| *count == 50), "{counts:?}");
    }

    #[test]
    fn today_is_as_full_as_every_other_day() {
        let (midnight, all) = all();
        assert_eq!(midnight, "2026-03-01T17:00:00Z".parse::<DateTime<Utc>>().unwrap());
        let today = midnight..midnight + TimeDelta::days(1);
        let today = all.iter().filter(|visit| today.contains(&visit.start));
        assert_eq!(
            today.filter(|visit| visit.fate == Fate::Ahead).count(),
            DOCTORS * A_DAY
        );
        assert!(all.is_sorted_by_key(|visit| visit.start));
    }

    #[test]
    fn whatever_is_in_it_has_been_booked_and_what_is_over_has_an_end() {
        let (midnight, all) = all();
        for visit in &all {
            assert!(visit.start - BEFORE < midnight, "{visit:?}");
            assert_eq!(visit.fate == Fate::Ahead, visit.start >= midnight, "{visit:?}");
        }
        let missed = all.iter().filter(|visit| visit.fate == Fate::Missed).count();
        assert!((400..500).contains(&missed), "{missed}");
    }
}

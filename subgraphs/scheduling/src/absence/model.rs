//! One absence, and which ones make sense.

use crate::local_time::{LocalDay, Stretch};
use crate::schedule::ScheduleViewer;
use caregraph_contracts::ids::{AbsenceId, PractitionerId, UserId};
use caregraph_kit::Rejection;
use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;

/// Longest absence, in days.
const LONGEST: i64 = 2 * 366;

/// How far ahead an absence may end, in days.
const FURTHEST: i64 = 5 * 366;

/// A time in which no visits take place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// Which absence.
    pub id: AbsenceId,
    /// Who is absent.
    pub practitioner: PractitionerId,
    /// From when until when, half-open.
    pub period: Stretch,
    /// Why, if somebody said so. For the practitioner and whoever manages schedules.
    pub reason: Option<String>,
    /// Who entered it.
    pub added_by: UserId,
    /// When it was entered.
    pub added_at: DateTime<Utc>,
}

/// The time of an absence as people say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbsencePeriod {
    /// From one instant until just before another.
    Instants {
        /// The first instant.
        from: DateTime<Utc>,
        /// The first instant behind it.
        to: DateTime<Utc>,
    },
    /// Whole days, from the first midnight of the first to the last midnight of the last. For somebody who works in
    /// several zones: as long as it is one of these days in any of them.
    Days {
        /// The first day.
        first: NaiveDate,
        /// The last day.
        last: NaiveDate,
    },
}

/// Enters an absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddAbsence {
    /// Who is absent.
    pub practitioner: PractitionerId,
    /// When.
    pub period: AbsencePeriod,
    /// Why, at most 500 characters.
    pub reason: Option<String>,
}

impl Absence {
    /// The absence without its reason where that is none of the viewer's business.
    #[must_use]
    pub fn seen_by(mut self, viewer: ScheduleViewer) -> Self {
        if !viewer.sees_reasons_of(self.practitioner) {
            self.reason = None;
        }
        self
    }
}

impl AbsencePeriod {
    /// The time as instants; `zones` are those of the places where the practitioner works.
    pub fn resolve(self, zones: &[Tz], now: DateTime<Utc>) -> Result<Stretch, Rejection> {
        let (period, start, end) = match self {
            Self::Instants { from, to } => (
                Stretch {
                    from: from.trunc_subsecs(6),
                    to: to.trunc_subsecs(6),
                },
                "start",
                "end",
            ),
            Self::Days { first, last } => {
                if last < first {
                    return Err(Rejection::invalid("lastDay", "must not lie before `firstDay`"));
                }
                (whole_days(first, last, zones)?, "firstDay", "lastDay")
            }
        };
        if period.to <= period.from {
            return Err(Rejection::invalid(end, format!("must lie behind `{start}`")));
        }
        if period.to <= now {
            return Err(Rejection::invalid(end, "must not lie in the past"));
        }
        if period.to - period.from > TimeDelta::days(LONGEST) {
            return Err(Rejection::invalid(end, "makes the absence longer than two years"));
        }
        if period.to - now > TimeDelta::days(FURTHEST) {
            return Err(Rejection::invalid(end, "must not lie more than five years ahead"));
        }
        Ok(period)
    }
}

fn whole_days(first: NaiveDate, last: NaiveDate, zones: &[Tz]) -> Result<Stretch, Rejection> {
    let begins = zones
        .iter()
        .filter_map(|zone| LocalDay::of(*zone, first).whole())
        .map(|day| day.from)
        .min();
    let ends = zones
        .iter()
        .filter_map(|zone| LocalDay::of(*zone, last).whole())
        .map(|day| day.to)
        .max();
    let (Some(from), Some(to)) = (begins, ends) else {
        let message =
            "no place of work is known whose clocks could say when the day begins; give `start` and `end`";
        return Err(Rejection::invalid("firstDay", message));
    };
    Ok(Stretch { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use proptest::prelude::*;

    fn utc(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(year, month, day, hour, minute, 0).unwrap()
    }

    fn now() -> DateTime<Utc> {
        utc(2026, 3, 2, 8, 0)
    }

    fn days(first: (i32, u32, u32), last: (i32, u32, u32)) -> AbsencePeriod {
        let day = |(y, m, d)| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        AbsencePeriod::Days {
            first: day(first),
            last: day(last),
        }
    }

    #[test]
    fn days_last_from_midnight_to_midnight_also_when_clocks_change() {
        let period = days((2026, 3, 28), (2026, 3, 29))
            .resolve(&[Tz::Europe__Berlin], now())
            .unwrap();
        assert_eq!(
            period,
            Stretch {
                from: utc(2026, 3, 27, 23, 0),
                to: utc(2026, 3, 29, 22, 0)
            }
        );
    }

    #[test]
    fn days_in_several_zones_cover_all_of_them() {
        let zones = [Tz::America__New_York, Tz::Asia__Ho_Chi_Minh];
        let period = days((2026, 7, 1), (2026, 7, 1)).resolve(&zones, now()).unwrap();
        assert_eq!(
            period,
            Stretch {
                from: utc(2026, 6, 30, 17, 0),
                to: utc(2026, 7, 2, 4, 0)
            }
        );
    }

    #[test]
    fn reversed_past_endless_and_far_periods_are_refused() {
        let berlin = [Tz::Europe__Berlin];
        let instants = |from, to| AbsencePeriod::Instants { from, to };
        for bad in [
            instants(utc(2026, 3, 3, 9, 0), utc(2026, 3, 3, 9, 0)),
            instants(utc(2026, 3, 3, 9, 0), utc(2026, 3, 3, 8, 0)),
            instants(utc(2026, 3, 1, 9, 0), now()),
            instants(utc(2026, 3, 1, 9, 0), utc(2029, 3, 1, 9, 0)),
            instants(utc(2036, 3, 1, 9, 0), utc(2036, 3, 2, 9, 0)),
            instants(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC),
            days((2026, 3, 4), (2026, 3, 3)),
            days((2026, 2, 1), (2026, 3, 1)),
            days((1, 1, 1), (9999, 12, 31)),
        ] {
            assert!(bad.resolve(&berlin, now()).is_err(), "{bad:?}");
        }
        assert!(days((2026, 3, 4), (2026, 3, 4)).resolve(&[], now()).is_err());
        assert!(
            instants(utc(2026, 3, 1, 9, 0), utc(2026, 3, 2, 8, 5))
                .resolve(&[], now())
                .is_ok()
        );
    }

    proptest! {
        #[test]
        fn no_pair_of_dates_breaks_the_calendar(first in any::<i32>(), last in any::<i32>()) {
            let day = |n: i32| NaiveDate::from_num_days_from_ce_opt(n).unwrap_or(NaiveDate::MAX);
            let period = AbsencePeriod::Days { first: day(first), last: day(last) };
            let _ = period.resolve(&[Tz::Australia__Lord_Howe], now());
        }
    }
}

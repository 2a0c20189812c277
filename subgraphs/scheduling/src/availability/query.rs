//! What somebody asks about free times, and how much may be asked at once.

use caregraph_contracts::ids::{LocationId, MedicalServiceId, PractitionerId};
use caregraph_kit::Rejection;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

/// Most days of one question.
pub(super) const MOST_DAYS: i64 = 62;

/// Most slots of one answer.
pub(super) const MOST_SLOTS: usize = 20_000;

/// Which free times are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotQuery {
    /// For which service.
    pub service_id: MedicalServiceId,
    /// Only this practitioner's.
    pub practitioner_id: Option<PractitionerId>,
    /// Only those at this location. Visits by video count where the practitioner works then.
    pub location_id: Option<LocationId>,
    /// First day, as the clocks of each location show it.
    pub from: NaiveDate,
    /// Last day, inclusive; at most 62 days in all.
    pub to: NaiveDate,
    /// Whether the front desk asks: it also sees practitioners who take no new patients.
    pub for_staff: bool,
}

/// The local dates that need looking at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DateRange {
    /// The first.
    pub from: NaiveDate,
    /// The last, inclusive; before `from` when there is nothing to look at.
    pub to: NaiveDate,
}

impl SlotQuery {
    /// The dates that were asked for, when that is reasonable.
    pub(super) fn dates(&self) -> Result<DateRange, Rejection> {
        let days = self.to.signed_duration_since(self.from).num_days();
        if days < 0 {
            return Err(Rejection::invalid(
                "to",
                "the range must not end before it begins",
            ));
        }
        if days >= MOST_DAYS {
            return Err(Rejection::invalid(
                "to",
                format!("the range must not be longer than {MOST_DAYS} days"),
            ));
        }
        Ok(DateRange {
            from: self.from,
            to: self.to,
        })
    }
}

impl DateRange {
    /// All local dates around an instant, whichever the zone.
    pub(super) fn around(instant: DateTime<Utc>) -> Self {
        let date = instant.date_naive();
        Self {
            from: minus(date, 1),
            to: plus(date, 1),
        }
    }

    /// Without the dates that lie before today or behind the horizon in every zone. What is left can be calculated with,
    /// whatever was asked for.
    pub(super) fn bookable(self, now: DateTime<Utc>, horizon: TimeDelta) -> Self {
        let last = now.checked_add_signed(horizon).unwrap_or(now).date_naive();
        Self {
            from: self.from.max(minus(now.date_naive(), 1)),
            to: self.to.min(plus(last, 1)),
        }
    }

    /// The dates, in order.
    pub(super) fn iter(self) -> impl Iterator<Item = NaiveDate> {
        self.from.iter_days().take_while(move |date| *date <= self.to)
    }

    /// Whether there is no date in it.
    pub(super) fn is_empty(self) -> bool {
        self.to < self.from
    }

    /// A range that is wider by some days on either side.
    pub(super) fn widened(self, days: u64) -> Self {
        Self {
            from: minus(self.from, days),
            to: plus(self.to, days),
        }
    }
}

fn minus(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN)
}

fn plus(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn query(from: NaiveDate, to: NaiveDate) -> SlotQuery {
        let service_id = Uuid::from_u128(1).into();
        SlotQuery {
            service_id,
            practitioner_id: None,
            location_id: None,
            from,
            to,
            for_staff: false,
        }
    }

    #[test]
    fn ranges_have_a_direction_and_a_bound() {
        let day = |n| NaiveDate::from_num_days_from_ce_opt(n).unwrap();
        assert!(query(day(100), day(99)).dates().is_err());
        assert!(query(day(100), day(161)).dates().is_ok());
        assert!(query(day(100), day(162)).dates().is_err());
        assert!(query(NaiveDate::MIN, NaiveDate::MAX).dates().is_err());
        assert!(query(NaiveDate::MAX, NaiveDate::MIN).dates().is_err());
    }

    #[test]
    fn the_ends_of_the_calendar_do_no_harm() {
        let now = DateTime::UNIX_EPOCH;
        for date in [NaiveDate::MIN, NaiveDate::MAX] {
            let range = query(date, date)
                .dates()
                .unwrap()
                .bookable(now, TimeDelta::days(365));
            assert!(range.is_empty());
            assert_eq!(range.iter().count(), 0);
        }
        assert_eq!(
            DateRange::around(DateTime::<Utc>::MAX_UTC)
                .bookable(now, TimeDelta::days(1))
                .iter()
                .count(),
            0
        );
    }
}

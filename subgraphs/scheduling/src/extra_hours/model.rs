//! Hours on one date.

use crate::local_time::{Hours, LocalDay};
use caregraph_contracts::ids::{ExtraHoursId, LocationId, PractitionerId};
use caregraph_kit::Rejection;
use chrono::{DateTime, Months, NaiveDate, Utc};
use chrono_tz::Tz;

/// Hours on one date, in the local time of a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraHours {
    /// Which entry.
    pub id: ExtraHoursId,
    /// Whose hours.
    pub practitioner: PractitionerId,
    /// On which day.
    pub date: NaiveDate,
    /// Between which times on the clock.
    pub hours: Hours,
    /// Where; its clocks count.
    pub location: LocationId,
}

/// Adds hours on one date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddExtraHours {
    /// Whose hours.
    pub practitioner: PractitionerId,
    /// On which day, not in the past and at most two years ahead.
    pub date: NaiveDate,
    /// Between which times on the clock.
    pub hours: Hours,
    /// Where.
    pub location: LocationId,
}

impl AddExtraHours {
    /// The entry, when some of it still lies ahead and it exists on that date at all.
    pub fn under(&self, id: ExtraHoursId, zone: Tz, now: DateTime<Utc>) -> Result<ExtraHours, Rejection> {
        let latest = now.date_naive().checked_add_months(Months::new(24));
        if latest.is_none_or(|latest| self.date > latest) {
            return Err(Rejection::invalid(
                "date",
                "must not lie more than two years ahead",
            ));
        }
        let stretches = LocalDay::of(zone, self.date).stretches(self.hours);
        match stretches.last() {
            None => Err(Rejection::invalid(
                "start",
                "clocks skip all of these hours on that date",
            )),
            Some(last) if last.to <= now => Err(Rejection::invalid("date", "must not lie in the past")),
            Some(_) => Ok(ExtraHours {
                id,
                practitioner: self.practitioner,
                date: self.date,
                hours: self.hours,
                location: self.location,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use uuid::Uuid;

    fn add(date: (i32, u32, u32), start: &str, end: &str) -> AddExtraHours {
        AddExtraHours {
            practitioner: Uuid::from_u128(1).into(),
            date: NaiveDate::from_ymd_opt(date.0, date.1, date.2).unwrap(),
            hours: Hours::new(start.parse().unwrap(), end.parse().unwrap()).unwrap(),
            location: Uuid::from_u128(2).into(),
        }
    }

    fn under(add: &AddExtraHours) -> Result<ExtraHours, Rejection> {
        let now = Utc.with_ymd_and_hms(2026, 3, 2, 8, 0, 0).unwrap();
        add.under(Uuid::from_u128(3).into(), Tz::Europe__Berlin, now)
    }

    #[test]
    fn hours_that_have_begun_may_still_be_added_but_not_past_ones() {
        // It is nine o'clock in Berlin.
        assert!(under(&add((2026, 3, 2), "08:00", "09:05")).is_ok());
        assert!(under(&add((2026, 3, 2), "08:00", "09:00")).is_err());
        assert!(under(&add((2028, 3, 3), "08:00", "09:00")).is_err());
    }

    #[test]
    fn hours_that_no_clock_shows_are_refused() {
        assert!(under(&add((2026, 3, 29), "02:00", "03:00")).is_err());
        assert!(under(&add((2026, 3, 29), "02:00", "03:05")).is_ok());
    }
}

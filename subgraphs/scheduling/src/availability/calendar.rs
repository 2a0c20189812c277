//! A month at a glance.

use super::planner::Dated;
use super::query::DateRange;
use caregraph_contracts::ids::PractitionerId;
use chrono::{Datelike, Months, NaiveDate};
use std::collections::BTreeMap;
use std::str::FromStr;

/// A month of a year, `2026-03`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(NaiveDate);

/// Text that is no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a month such as 2026-03")]
pub struct InvalidMonth;

/// One day of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarDay {
    /// Which day, as the clocks of each location show it.
    pub date: NaiveDate,
    /// Whoever has free times then, by name.
    pub practitioners: Vec<FreeCount>,
}

/// How many times somebody has free on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreeCount {
    /// Who.
    pub practitioner_id: PractitionerId,
    /// How many visits could start then, each taken for itself; visits that overlap are all counted.
    pub free: usize,
}

impl Month {
    /// The month in which a day lies.
    pub fn of(date: NaiveDate) -> Self {
        Self(date.with_day(1).unwrap_or(date))
    }

    /// Its first and last day.
    pub(super) fn dates(self) -> DateRange {
        let next = self
            .0
            .checked_add_months(Months::new(1))
            .and_then(|next| next.pred_opt());
        DateRange {
            from: self.0,
            to: next.unwrap_or(NaiveDate::MAX),
        }
    }
}

impl FromStr for Month {
    type Err = InvalidMonth;
    fn from_str(text: &str) -> Result<Self, InvalidMonth> {
        // One spelling, and four digits of year: chrono would also read "2026-3" and "+12026-03".
        let canonical = text.len() == 7
            && text.bytes().enumerate().all(|(at, byte)| {
                if at == 4 {
                    byte == b'-'
                } else {
                    byte.is_ascii_digit()
                }
            });
        let date = canonical
            .then(|| NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok())
            .flatten();
        date.map(Self).ok_or(InvalidMonth)
    }
}

/// Every day of the month, also those on which nobody is free.
pub(super) fn days(month: Month, free: &[(PractitionerId, Vec<Dated>)]) -> Vec<CalendarDay> {
    let mut counts: BTreeMap<NaiveDate, Vec<FreeCount>> =
        month.dates().iter().map(|date| (date, Vec::new())).collect();
    for (practitioner_id, slots) in free {
        let mut by_day: BTreeMap<NaiveDate, usize> = BTreeMap::new();
        for dated in slots {
            *by_day.entry(dated.date).or_default() += 1;
        }
        for (date, free) in by_day {
            counts.entry(date).or_default().push(FreeCount {
                practitioner_id: *practitioner_id,
                free,
            });
        }
    }
    counts
        .into_iter()
        .map(|(date, practitioners)| CalendarDay { date, practitioners })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_one_spelling() {
        let february: Month = "2028-02".parse().unwrap();
        assert_eq!(february.dates().iter().count(), 29);
        assert_eq!(february, Month::of(NaiveDate::from_ymd_opt(2028, 2, 17).unwrap()));
        for bad in [
            "",
            "2026",
            "2026-3",
            "2026-13",
            "2026-00",
            "2026-03-01",
            "26-03",
            "+2026-3",
            "2026/03",
        ] {
            assert_eq!(bad.parse::<Month>(), Err(InvalidMonth), "{bad}");
        }
    }

    #[test]
    fn the_last_month_of_four_digit_years_ends() {
        assert_eq!("9999-12".parse::<Month>().unwrap().dates().iter().count(), 31);
    }
}

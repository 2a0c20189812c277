//! One entry of a week, and what makes a week acceptable.

use crate::directory::Location;
use crate::local_time::Hours;
use crate::schedule::clash_within_week;
use caregraph_contracts::ids::{LocationId, PractitionerId};
use caregraph_kit::{Failure, Rejection};
use chrono::{Datelike, Months, NaiveDate, Weekday};
use chrono_tz::Tz;
use std::collections::HashMap;

/// Most entries of one week.
const MOST_RULES: usize = 100;

/// Hours that repeat every week, in the local time of a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// On which day of the week.
    pub weekday: Weekday,
    /// Between which times on the clock.
    pub hours: Hours,
    /// Where; its clocks count.
    pub location: LocationId,
    /// First day on which this applies; `None` for "always has".
    pub valid_from: Option<NaiveDate>,
    /// Last day on which this applies; `None` for "until further notice".
    pub valid_to: Option<NaiveDate>,
}

/// The new week of a practitioner, instead of the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetWorkingHours {
    /// Whose week.
    pub practitioner: PractitionerId,
    /// The whole week; none for somebody who has no regular hours.
    pub rules: Vec<Rule>,
}

/// A week that was asked for, with what is needed to judge it.
pub struct RulesRequest<'a> {
    /// The week.
    pub rules: &'a [Rule],
    /// The locations that are known.
    pub locations: &'a HashMap<LocationId, Location>,
    /// The present day.
    pub today: NaiveDate,
}

impl Rule {
    /// Whether it applies on a day.
    pub fn applies_on(&self, date: NaiveDate) -> bool {
        self.weekday == date.weekday()
            && self.valid_from.is_none_or(|from| from <= date)
            && self.valid_to.is_none_or(|to| date <= to)
    }

    /// Whether it applies on any day of `from..=to`, as far as validity goes.
    pub fn is_valid_within(&self, from: NaiveDate, to: NaiveDate) -> bool {
        self.valid_from.is_none_or(|start| start <= to) && self.valid_to.is_none_or(|end| from <= end)
    }
}

impl RulesRequest<'_> {
    /// The rules with their zones, when every entry makes sense by itself and none overlap.
    pub fn check(&self) -> Result<Vec<(Rule, Tz)>, Failure> {
        if self.rules.len() > MOST_RULES {
            let message = format!("must have at most {MOST_RULES} entries");
            return Err(Rejection::invalid("rules", message).into());
        }
        let mut mistakes = Vec::new();
        let mut placed = Vec::with_capacity(self.rules.len());
        for (place, rule) in self.rules.iter().enumerate() {
            let path = |field: &str| format!("rules.{place}.{field}");
            match self.locations.get(&rule.location) {
                None => mistakes.push(Rejection::not_found(&path("locationId"), "location")),
                Some(location) if !location.active => {
                    mistakes.push(Rejection::conflict(
                        &path("locationId"),
                        "this location is not in use",
                    ));
                }
                Some(location) => placed.push((rule.clone(), location.time_zone)),
            }
            mistakes.extend(self.check_validity(rule, path));
        }
        if !mistakes.is_empty() {
            return Err(Failure::Refused(mistakes));
        }
        match clash_within_week(&placed, self.today) {
            None => Ok(placed),
            Some(clash) => {
                let message = format!(
                    "overlaps entry {} of the list, for example on {}",
                    clash.first, clash.date
                );
                Err(Rejection::invalid(&format!("rules.{}", clash.second), message).into())
            }
        }
    }

    fn check_validity(&self, rule: &Rule, path: impl Fn(&str) -> String) -> Option<Rejection> {
        // Five years ahead is further than anybody plans, and bounds the search for clashes between zones.
        let (earliest, latest) = (day(2000, 1, 1), self.today.checked_add_months(Months::new(60)));
        let last = day(2200, 12, 31);
        if rule
            .valid_from
            .is_some_and(|from| Some(from) < earliest || Some(from) > latest)
        {
            Some(Rejection::invalid(
                &path("validFrom"),
                "must lie between the year 2000 and five years from now",
            ))
        } else if rule
            .valid_to
            .is_some_and(|to| Some(to) < earliest || Some(to) > last)
        {
            Some(Rejection::invalid(
                &path("validTo"),
                "must lie between the years 2000 and 2200",
            ))
        } else if rule
            .valid_from
            .zip(rule.valid_to)
            .is_some_and(|(from, to)| to < from)
        {
            Some(Rejection::invalid(
                &path("validTo"),
                "must not lie before `validFrom`",
            ))
        } else {
            None
        }
    }
}

fn day(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

#[cfg(test)]
mod tests;

//! What clients say about schedules. Local times and periods are read here, into values that cannot be wrong.

use super::types::Weekday;
use crate::absence::{AbsencePeriod, AddAbsence};
use crate::extra_hours::AddExtraHours;
use crate::local_time::{Hours, LocalTime};
use crate::working_hours::{Rule, SetWorkingHours};
use async_graphql::{ID, InputObject};
use caregraph_kit::graphql::{Date, named_id};
use caregraph_kit::validate::Checks;
use caregraph_kit::{Failure, Rejection};
use chrono::{DateTime, NaiveDate, Utc};

/// Somebody's whole week, in the place of the one before.
#[derive(Debug, Clone, InputObject)]
pub struct SetWorkingHoursInput {
    /// Whose week.
    pub practitioner_id: ID,
    /// All hours of the week, at most 100 entries that do not overlap in real time; empty for somebody without regular
    /// hours.
    pub rules: Vec<WorkingHoursInput>,
}

/// Hours that repeat every week. Times are what the clocks of the location show.
#[derive(Debug, Clone, InputObject)]
pub struct WorkingHoursInput {
    /// On which day of the week.
    pub weekday: Weekday,
    /// When they begin, such as `08:00`; in steps of five minutes.
    pub start: String,
    /// When they end, such as `12:30`; in steps of five minutes, at most `24:00`. Hours that last past midnight are two
    /// entries.
    pub end: String,
    /// Where.
    pub location_id: ID,
    /// First day on which they apply, at most five years ahead; left out for "always have".
    pub valid_from: Option<Date>,
    /// Last day on which they apply; left out for "until further notice".
    pub valid_to: Option<Date>,
}

/// A time in which a practitioner sees nobody: either `start` and `end`, or `firstDay` and `lastDay`.
#[derive(Debug, Clone, InputObject)]
pub struct AddAbsenceInput {
    /// Who is absent.
    pub practitioner_id: ID,
    /// When the absence begins; may lie in the past.
    pub start: Option<DateTime<Utc>>,
    /// When the absence ends: in the future, at most five years ahead and two years after the start.
    pub end: Option<DateTime<Utc>>,
    /// The first whole day of the absence, as the clocks at the practitioner's places of work show it.
    pub first_day: Option<Date>,
    /// The last whole day of the absence.
    pub last_day: Option<Date>,
    /// Why, at most 500 characters; for the practitioner and whoever manages schedules.
    pub reason: Option<String>,
}

/// An absence that does not take place.
#[derive(Debug, Clone, InputObject)]
pub struct RemoveAbsenceInput {
    /// The absence.
    pub id: ID,
}

/// Hours on one date, beside the week. Times are what the clocks of the location show.
#[derive(Debug, Clone, InputObject)]
pub struct AddExtraHoursInput {
    /// Whose hours.
    pub practitioner_id: ID,
    /// On which day; not in the past and at most two years ahead.
    pub date: Date,
    /// When they begin, such as `08:00`; in steps of five minutes.
    pub start: String,
    /// When they end, such as `12:30`; in steps of five minutes, at most `24:00`.
    pub end: String,
    /// Where.
    pub location_id: ID,
}

/// One-off hours that do not take place.
#[derive(Debug, Clone, InputObject)]
pub struct RemoveExtraHoursInput {
    /// The entry.
    pub id: ID,
}

impl TryFrom<SetWorkingHoursInput> for SetWorkingHours {
    type Error = Failure;
    fn try_from(input: SetWorkingHoursInput) -> Result<Self, Failure> {
        let mut checks = Checks::new();
        let rules = input.rules.iter().enumerate().filter_map(|(place, rule)| {
            Some(Rule {
                weekday: rule.weekday.into(),
                hours: hours(&mut checks, &format!("rules.{place}."), &rule.start, &rule.end)?,
                location: named_id(&rule.location_id),
                valid_from: rule.valid_from.map(NaiveDate::from),
                valid_to: rule.valid_to.map(NaiveDate::from),
            })
        });
        let rules: Vec<Rule> = rules.collect();
        checks.done()?;
        Ok(Self {
            practitioner: named_id(&input.practitioner_id),
            rules,
        })
    }
}

impl TryFrom<AddExtraHoursInput> for AddExtraHours {
    type Error = Failure;
    fn try_from(input: AddExtraHoursInput) -> Result<Self, Failure> {
        let mut checks = Checks::new();
        let hours = hours(&mut checks, "", &input.start, &input.end);
        checks.done()?;
        Ok(Self {
            practitioner: named_id(&input.practitioner_id),
            date: input.date.into(),
            hours: hours.ok_or_else(|| Rejection::invalid("start", "is missing"))?,
            location: named_id(&input.location_id),
        })
    }
}

impl TryFrom<AddAbsenceInput> for AddAbsence {
    type Error = Failure;
    fn try_from(input: AddAbsenceInput) -> Result<Self, Failure> {
        let period = match (input.start, input.end, input.first_day, input.last_day) {
            (Some(from), Some(to), None, None) => AbsencePeriod::Instants { from, to },
            (None, None, Some(first), Some(last)) => AbsencePeriod::Days {
                first: first.into(),
                last: last.into(),
            },
            _ => {
                let message = "give either `start` and `end`, or `firstDay` and `lastDay`";
                return Err(Rejection::invalid("start", message).into());
            }
        };
        Ok(Self {
            practitioner: named_id(&input.practitioner_id),
            period,
            reason: input.reason,
        })
    }
}

fn hours(checks: &mut Checks, prefix: &str, start: &str, end: &str) -> Option<Hours> {
    let start = checks.take(&format!("{prefix}start"), start.parse::<LocalTime>());
    let end = checks.take(&format!("{prefix}end"), end.parse::<LocalTime>());
    checks.take(&format!("{prefix}end"), Hours::new(start?, end?))
}

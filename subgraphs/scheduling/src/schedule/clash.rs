//! Nobody can be in two places at once: hours of one practitioner must not overlap in real time.
//!
//! Within one zone that is a question about clock faces: two entries of the same weekday overlap on a date exactly when
//! their clock faces do, on days when clocks change too. Between zones it depends on the date, so dates are tried one by
//! one: from today on, until two years after the last entry has begun to be valid. By then the zones have been in every
//! combination of summer and winter time, and rules for later years may change anyway. What would slip through is not
//! booked twice for all that: cells of five minutes decide that.

use crate::extra_hours::ExtraHours;
use crate::local_time::{LocalDay, Stretch};
use crate::working_hours::Rule;
use chrono::{Datelike, Days, NaiveDate};
use chrono_tz::Tz;
use std::collections::HashMap;

/// How many days are tried between zones, counted from when the last entry has begun.
const TRIED: u64 = 2 * 366;

/// How many dates two zones can be apart at one instant: UTC+14 and UTC-12 have two midnights between them.
const APART: u64 = 2;

/// Two entries that overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clash {
    /// Place of the earlier entry in the list.
    pub first: usize,
    /// Place of the later entry in the list.
    pub second: usize,
    /// A date on which they overlap, as the clocks of the second show it.
    pub date: NaiveDate,
}

/// The first clash within a week of rules, each with the zone of its location.
pub fn clash_within_week(rules: &[(Rule, Tz)], today: NaiveDate) -> Option<Clash> {
    within_one_zone(rules, today).or_else(|| between_zones(rules, today))
}

/// Whether extra hours clash with a rule or with other extra hours; answers the stretch that is not free.
pub fn clash_on(
    (extra, zone): (&ExtraHours, Tz),
    rules: &[(Rule, Tz)],
    others: &[(ExtraHours, Tz)],
) -> Option<Stretch> {
    let wanted = LocalDay::of(zone, extra.date).stretches(extra.hours);
    let near = |date: NaiveDate| date.signed_duration_since(extra.date).num_days().unsigned_abs() <= APART;
    let by_rules = rules.iter().flat_map(|(rule, zone)| {
        dates(extra.date, APART)
            .filter(|date| rule.applies_on(*date))
            .flat_map(|date| LocalDay::of(*zone, date).stretches(rule.hours))
    });
    let by_others = others
        .iter()
        .filter(|(other, _)| other.id != extra.id && near(other.date))
        .flat_map(|(other, zone)| LocalDay::of(*zone, other.date).stretches(other.hours));
    by_rules
        .chain(by_others)
        .find(|busy| wanted.iter().any(|wanted| wanted.meets(busy.from, busy.to)))
}

fn within_one_zone(rules: &[(Rule, Tz)], today: NaiveDate) -> Option<Clash> {
    for (second, (b, b_zone)) in rules.iter().enumerate() {
        for (first, (a, a_zone)) in rules[..second].iter().enumerate() {
            let may_meet = a_zone == b_zone && a.weekday == b.weekday && a.hours.overlap(b.hours);
            if may_meet && let Some(date) = common_date(a, b, today) {
                return Some(Clash { first, second, date });
            }
        }
    }
    None
}

/// A date on which both rules apply.
fn common_date(a: &Rule, b: &Rule, today: NaiveDate) -> Option<NaiveDate> {
    let from = a.valid_from.max(b.valid_from);
    let to = [a.valid_to, b.valid_to].into_iter().flatten().min();
    // Any seven days in a row that both include hold the weekday; these are the first, or the last, or the next ones.
    let start = match (from, to) {
        (Some(from), _) => from,
        (None, Some(to)) => to.checked_sub_days(Days::new(6))?,
        (None, None) => today,
    };
    let date = start
        .iter_days()
        .take(7)
        .find(|date| date.weekday() == a.weekday)?;
    to.is_none_or(|to| date <= to).then_some(date)
}

fn between_zones(rules: &[(Rule, Tz)], today: NaiveDate) -> Option<Clash> {
    let (_, zone) = rules.first()?;
    if rules.iter().all(|(_, other)| other == zone) {
        return None;
    }
    let start = today.checked_sub_days(Days::new(APART))?;
    let last_begin = rules
        .iter()
        .filter_map(|(rule, _)| rule.valid_from)
        .max()
        .unwrap_or(today)
        .max(today);
    let end = last_begin.checked_add_days(Days::new(TRIED))?;
    let mut recent: Vec<(Stretch, usize, NaiveDate)> = Vec::new();
    for date in start.iter_days().take_while(|date| *date <= end) {
        recent.retain(|(_, _, seen)| date.signed_duration_since(*seen).num_days().unsigned_abs() <= APART);
        let mut days: HashMap<Tz, LocalDay> = HashMap::new();
        for (second, (rule, zone)) in rules
            .iter()
            .enumerate()
            .filter(|(_, (rule, _))| rule.applies_on(date))
        {
            let day = days.entry(*zone).or_insert_with(|| LocalDay::of(*zone, date));
            for stretch in day.stretches(rule.hours) {
                let other = recent.iter().find(|(busy, place, _)| {
                    // The same rule may come twice on one day, but never at the same instant.
                    *place != second && busy.meets(stretch.from, stretch.to)
                });
                if let Some((_, first, _)) = other {
                    return Some(Clash {
                        first: (*first).min(second),
                        second: (*first).max(second),
                        date,
                    });
                }
                recent.push((stretch, second, date));
            }
        }
    }
    None
}

/// The dates around one, at most `apart` days away.
fn dates(around: NaiveDate, apart: u64) -> impl Iterator<Item = NaiveDate> {
    let back = (1..=apart)
        .rev()
        .filter_map(move |days| around.checked_sub_days(Days::new(days)));
    let forth = (0..=apart).filter_map(move |days| around.checked_add_days(Days::new(days)));
    back.chain(forth)
}

#[cfg(test)]
mod tests;

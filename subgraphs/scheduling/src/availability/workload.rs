//! How much time a practitioner has, for looking back and planning ahead.

use super::AvailabilityService;
use crate::local_time::{LocalDay, Stretch};
use crate::{absence, directory, extra_hours, working_hours};
use caregraph_contracts::ids::{LocationId, PractitionerId};
use caregraph_kit::{Failure, Rejection};
use chrono::{DateTime, Days, NaiveDate, Utc};

/// Longest time that can be asked about, in days.
const LONGEST: i64 = 400;

impl AvailabilityService {
    /// For how many minutes within `from..to` a practitioner works: hours of any kind, without absences. At most 400
    /// days at once. Whether the practitioner may still be booked plays no part.
    pub async fn working_minutes(
        &self,
        practitioner: PractitionerId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<i64, Failure> {
        if (to - from).num_days() > LONGEST {
            return Err(Rejection::invalid(
                "to",
                format!("the range must not be longer than {LONGEST} days"),
            )
            .into());
        }
        let range = Stretch { from, to };
        let Some((first, last)) = dates_around(range) else {
            return Ok(0);
        };
        let connection = self.ground.database.reader();
        let rules = working_hours::store::of(connection, &[practitioner]).await?;
        let extra = extra_hours::store::within(connection, &[practitioner], first, last).await?;
        let places = rules
            .iter()
            .map(|rule| rule.location)
            .chain(extra.iter().map(|entry| entry.location));
        let places: Vec<LocationId> = places.collect();
        let locations = directory::store::locations(connection, &places).await?;
        let mut working: Vec<Stretch> = Vec::new();
        for date in first.iter_days().take_while(|date| *date <= last) {
            let weekly = rules
                .iter()
                .filter(|rule| rule.applies_on(date))
                .map(|rule| (rule.location, rule.hours));
            let once = extra
                .iter()
                .filter(|entry| entry.date == date)
                .map(|entry| (entry.location, entry.hours));
            for (location, hours) in weekly.chain(once) {
                if let Some(location) = locations.get(&location) {
                    working.extend(LocalDay::of(location.time_zone, date).stretches(hours));
                }
            }
        }
        let absences = absence::store::periods(connection, &[practitioner], range).await?;
        let absences = absences.into_iter().map(|(_, period)| period).collect();
        Ok(minutes(range, working, absences))
    }
}

/// Every date that lies within the range in some zone; `None` for an empty range.
fn dates_around(range: Stretch) -> Option<(NaiveDate, NaiveDate)> {
    if range.to <= range.from {
        return None;
    }
    let first = range.from.date_naive().checked_sub_days(Days::new(1))?;
    let last = range.to.date_naive().checked_add_days(Days::new(1))?;
    Some((first, last))
}

/// Minutes of `range` that lie in `working` but not in `absent`; what overlaps counts once.
fn minutes(range: Stretch, working: Vec<Stretch>, absent: Vec<Stretch>) -> i64 {
    let mut seconds = 0;
    let absent = union(absent);
    for stretch in union(working) {
        let present = clip(stretch, range);
        let missed: i64 = absent.iter().map(|absence| length(clip(*absence, present))).sum();
        seconds += length(present) - missed;
    }
    seconds / 60
}

/// The same time in stretches that do not touch.
fn union(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_unstable_by_key(|stretch| stretch.from);
    let mut union: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        match union.last_mut() {
            Some(last) if stretch.from <= last.to => last.to = last.to.max(stretch.to),
            _ => union.push(stretch),
        }
    }
    union
}

fn clip(stretch: Stretch, range: Stretch) -> Stretch {
    Stretch {
        from: stretch.from.max(range.from),
        to: stretch.to.min(range.to),
    }
}

fn length(stretch: Stretch) -> i64 {
    (stretch.to - stretch.from).num_seconds().max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(from: i64, to: i64) -> Stretch {
        let at = |minute: i64| DateTime::from_timestamp(minute * 60, 0).unwrap();
        Stretch {
            from: at(from),
            to: at(to),
        }
    }

    #[test]
    fn what_overlaps_counts_once() {
        let working = vec![stretch(0, 60), stretch(30, 90), stretch(200, 300)];
        let absent = vec![stretch(50, 70), stretch(60, 80), stretch(290, 400)];
        assert_eq!(minutes(stretch(0, 1000), working, absent), 90 - 30 + 90);
    }

    #[test]
    fn what_lies_outside_the_range_does_not_count() {
        assert_eq!(
            minutes(stretch(10, 20), vec![stretch(0, 100)], vec![stretch(15, 100)]),
            5
        );
        assert_eq!(minutes(stretch(10, 20), vec![stretch(30, 100)], vec![]), 0);
    }
}

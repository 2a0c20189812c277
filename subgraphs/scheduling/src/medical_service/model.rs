//! One service and its rules.

use super::Category;
use caregraph_contracts::Money;
use caregraph_contracts::ids::{MedicalServiceId, PractitionerId};
use caregraph_kit::validate::Checks;
use caregraph_kit::{Failure, Rejection};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Most practitioners that can offer one service.
const MOST_PRACTITIONERS: usize = 500;
/// Longest visit, and most that the starts of two that are offered are apart. Stored visits are looked for by this length, so a smaller
/// one would hide those that are longer.
const MOST_MINUTES: i64 = 480;
/// Longest time before a visit or after it. As with the length, only a larger one does no harm.
const MOST_BUFFER_MINUTES: i64 = 120;

/// A service that can be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MedicalService {
    /// Which service.
    pub id: MedicalServiceId,
    /// What can be edited.
    pub details: Details,
    /// Counts changes, from 1.
    pub version: i64,
}

/// What an administrator says about a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// Short unique code in capitals, for lists and invoices.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// Kind of service.
    pub category: Category,
    /// How long it takes.
    pub timing: Timing,
    /// What it costs, never negative.
    pub fee: Money,
    /// Who offers it.
    pub practitioners: BTreeSet<PractitionerId>,
    /// Whether it can be booked.
    pub active: bool,
}

/// How much of the calendar a service needs. Everything is a multiple of five minutes, the grain of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timing {
    duration: u16,
    before: u16,
    after: u16,
    step: u16,
}

/// A [`Timing`] as it was asked for, not yet checked. All in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimingRequest {
    /// Length of the visit, 5 to 480.
    pub duration_minutes: i32,
    /// Time the practitioner needs before, 0 to 120.
    pub buffer_before_minutes: i32,
    /// Time the practitioner needs after, 0 to 120.
    pub buffer_after_minutes: i32,
    /// Distance between the starts that are offered, 5 to 480.
    pub slot_step_minutes: i32,
}

impl TimingRequest {
    /// A visit of `duration_minutes` without buffers, offered every 15 minutes.
    pub fn of(duration_minutes: i32) -> Self {
        Self {
            duration_minutes,
            buffer_before_minutes: 0,
            buffer_after_minutes: 0,
            slot_step_minutes: 15,
        }
    }
}

impl Timing {
    /// No visit takes longer, nor did any before.
    pub(crate) const LONGEST_VISIT: TimeDelta = TimeDelta::minutes(MOST_MINUTES);
    /// Nor does any practitioner need more time before one, or after it.
    pub(crate) const LONGEST_BUFFER: TimeDelta = TimeDelta::minutes(MOST_BUFFER_MINUTES);

    /// Checks what was asked for.
    pub fn check(asked: TimingRequest, checks: &mut Checks) -> Option<Self> {
        let mut minutes = |path: &str, value: i32, bounds: std::ops::RangeInclusive<i64>| {
            let fits = bounds.contains(&i64::from(value)) && value % 5 == 0;
            let message = format!(
                "must be a multiple of 5 between {} and {} (minutes)",
                bounds.start(),
                bounds.end()
            );
            checks.require(fits, path, &message);
            u16::try_from(value).ok().filter(|_| fits)
        };
        let duration = minutes("durationMinutes", asked.duration_minutes, 5..=MOST_MINUTES);
        let buffer = 0..=MOST_BUFFER_MINUTES;
        let before = minutes("bufferBeforeMinutes", asked.buffer_before_minutes, buffer.clone());
        let after = minutes("bufferAfterMinutes", asked.buffer_after_minutes, buffer);
        let step = minutes("slotStepMinutes", asked.slot_step_minutes, 5..=MOST_MINUTES);
        Some(Self {
            duration: duration?,
            before: before?,
            after: after?,
            step: step?,
        })
    }

    /// Length of the visit.
    pub fn duration(self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.duration))
    }

    /// Time the practitioner needs before.
    pub fn before(self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.before))
    }

    /// Time the practitioner needs after.
    pub fn after(self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.after))
    }

    /// Distance between the starts that are offered, in minutes of the clock on the wall.
    pub fn step_minutes(self) -> u16 {
        self.step
    }

    /// All of it in minutes, as it would be asked for.
    pub fn minutes(self) -> TimingRequest {
        TimingRequest {
            duration_minutes: i32::from(self.duration),
            buffer_before_minutes: i32::from(self.before),
            buffer_after_minutes: i32::from(self.after),
            slot_step_minutes: i32::from(self.step),
        }
    }
}

impl MedicalService {
    /// A new service.
    pub fn new(id: MedicalServiceId, details: Details) -> Self {
        Self {
            id,
            details,
            version: 1,
        }
    }

    /// Takes other details over. `expected` is the version the editor saw, if the editor says so.
    pub fn edit(&mut self, details: Details, expected: Option<i64>) -> Result<(), Rejection> {
        if expected.is_some_and(|expected| expected != self.version) {
            return Err(Rejection::conflict(
                "expectedVersion",
                "somebody else changed this service meanwhile",
            ));
        }
        self.details = details;
        self.version += 1;
        Ok(())
    }

    /// Length of the visit.
    pub fn duration(&self) -> TimeDelta {
        self.details.timing.duration()
    }

    /// The time of the practitioner that a visit takes when it starts at `start`: buffers included, half-open.
    pub fn occupied(&self, start: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        let timing = self.details.timing;
        (
            start - timing.before(),
            start + timing.duration() + timing.after(),
        )
    }

    /// Whether the visit is by video, so that there is no place to go to.
    pub fn is_video(&self) -> bool {
        self.details.category == Category::Telehealth
    }
}

impl Details {
    /// Checks everything that can be checked without looking anybody up; all mistakes at once.
    pub(super) fn check(
        code: &str,
        name: &str,
        category: Category,
        timing: TimingRequest,
        fee: Money,
        practitioners: &[PractitionerId],
        active: bool,
    ) -> Result<Self, Failure> {
        let mut checks = Checks::new();
        let code = code.trim().to_ascii_uppercase();
        let well_formed = (2..=32).contains(&code.len())
            && code
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        checks.require(
            well_formed,
            "code",
            "must have 2 to 32 letters (A to Z), digits, `-` or `_`",
        );
        let name = checks.text("name", name, 200);
        let timing = Timing::check(timing, &mut checks);
        checks.require(!fee.is_negative(), "fee.amount", "must not be negative");
        checks.require(
            fee.amount() <= Decimal::from(1_000_000_000_000_i64),
            "fee.amount",
            "is out of bounds",
        );
        checks.require(
            practitioners.len() <= MOST_PRACTITIONERS,
            "practitionerIds",
            &format!("must name at most {MOST_PRACTITIONERS} practitioners"),
        );
        checks.done()?;
        let timing = timing.ok_or_else(|| Rejection::invalid("durationMinutes", "is out of bounds"))?;
        let practitioners = practitioners.iter().copied().collect();
        Ok(Self {
            code,
            name,
            category,
            timing,
            fee,
            practitioners,
            active,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use caregraph_contracts::Currency;
    use uuid::Uuid;

    fn fee(amount: i64) -> Money {
        Money::new(Decimal::from(amount), Currency::Vnd).unwrap()
    }

    fn details(timing: TimingRequest) -> Result<Details, Failure> {
        Details::check(
            "gen-1",
            " Checkup ",
            Category::GeneralCheckup,
            timing,
            fee(250_000),
            &[],
            true,
        )
    }

    fn paths(failure: Failure) -> Vec<String> {
        let Failure::Refused(rejections) = failure else {
            panic!("should refuse")
        };
        rejections
            .into_iter()
            .map(|rejection| match rejection {
                Rejection::Invalid { path, .. } => path.join("."),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_code_is_written_in_capitals() {
        let details = details(TimingRequest::of(30)).unwrap();
        assert_eq!(
            (details.code.as_str(), details.name.as_str()),
            ("GEN-1", "Checkup")
        );
    }

    #[test]
    fn minutes_keep_to_the_grain_and_the_bounds() {
        let asked = TimingRequest {
            duration_minutes: 485,
            buffer_before_minutes: -5,
            buffer_after_minutes: 7,
            slot_step_minutes: 0,
        };
        let found = paths(details(asked).unwrap_err());
        assert_eq!(
            found,
            [
                "durationMinutes",
                "bufferBeforeMinutes",
                "bufferAfterMinutes",
                "slotStepMinutes"
            ]
        );
        let widest = TimingRequest {
            duration_minutes: 480,
            buffer_before_minutes: 120,
            buffer_after_minutes: 120,
            slot_step_minutes: 480,
        };
        assert_eq!(details(widest).unwrap().timing.minutes(), widest);
    }

    #[test]
    fn every_mistake_of_the_form_is_reported() {
        let all_wrong = Details::check(
            "é",
            "",
            Category::FollowUp,
            TimingRequest::of(1),
            fee(-1),
            &[],
            true,
        )
        .unwrap_err();
        assert_eq!(
            paths(all_wrong),
            ["code", "name", "durationMinutes", "fee.amount"]
        );
    }

    #[test]
    fn an_editor_who_saw_an_older_version_is_refused() {
        let details = details(TimingRequest::of(30)).unwrap();
        let mut service = MedicalService::new(Uuid::from_u128(1).into(), details.clone());
        service.edit(details.clone(), Some(1)).unwrap();
        assert!(matches!(
            service.edit(details.clone(), Some(1)),
            Err(Rejection::Conflict { .. })
        ));
        service.edit(details, None).unwrap();
        assert_eq!(service.version, 3);
    }

    #[test]
    fn buffers_belong_to_the_practitioners_time() {
        let asked = TimingRequest {
            buffer_before_minutes: 5,
            buffer_after_minutes: 10,
            ..TimingRequest::of(30)
        };
        let service = MedicalService::new(Uuid::from_u128(1).into(), details(asked).unwrap());
        let start = DateTime::UNIX_EPOCH;
        assert_eq!(
            service.occupied(start),
            (start - TimeDelta::minutes(5), start + TimeDelta::minutes(40))
        );
    }
}

//! A set of vital signs taken at one time. Pure.

use super::ranges::{level, possible};
use async_graphql::Enum;
use caregraph_kit::validate::Checks;
use caregraph_kit::{Failure, Rejection};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Enum, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "VitalSign")]
pub enum Sign {
    /// Heart rate, beats per minute (`/min`).
    HeartRate,
    /// Systolic blood pressure, `mm[Hg]`.
    Systolic,
    /// Diastolic blood pressure, `mm[Hg]`.
    Diastolic,
    /// Body temperature, `Cel`.
    Temperature,
    /// Breaths per minute (`/min`).
    Respiration,
    /// Oxygen saturation by pulse oximetry, `%`.
    OxygenSaturation,
    /// Height, `cm`.
    Height,
    /// Weight, `kg`.
    Weight,
    /// Body mass index, `kg/m2`; computed from height and weight taken together.
    BodyMassIndex,
    /// Pain from 0 to 10 in the person's own words, `{score}`.
    Pain,
}

impl Sign {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::HeartRate,
        Self::Systolic,
        Self::Diastolic,
        Self::Temperature,
        Self::Respiration,
        Self::OxygenSaturation,
        Self::Height,
        Self::Weight,
        Self::BodyMassIndex,
        Self::Pain,
    ];

    /// The unit by UCUM.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::HeartRate | Self::Respiration => "/min",
            Self::Systolic | Self::Diastolic => "mm[Hg]",
            Self::Temperature => "Cel",
            Self::OxygenSaturation => "%",
            Self::Height => "cm",
            Self::Weight => "kg",
            Self::BodyMassIndex => "kg/m2",
            Self::Pain => "{score}",
        }
    }

    /// The field of the form.
    const fn path(self) -> &'static str {
        match self {
            Self::HeartRate => "heartRate",
            Self::Systolic => "systolic",
            Self::Diastolic => "diastolic",
            Self::Temperature => "temperature",
            Self::Respiration => "respiration",
            Self::OxygenSaturation => "oxygenSaturation",
            Self::Height => "height",
            Self::Weight => "weight",
            Self::BodyMassIndex => "bodyMassIndex",
            Self::Pain => "pain",
        }
    }
}

/// How a value lies to what is normal at the patient's age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "VitalLevel")]
pub enum Level {
    /// So low that somebody should come.
    CriticallyLow,
    /// Below normal.
    Low,
    /// Normal, or nothing that can be normal.
    Normal,
    /// Above normal.
    High,
    /// So high that somebody should come.
    CriticallyHigh,
}

/// Vital signs taken at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vitals {
    /// When.
    pub taken_at: DateTime<Utc>,
    /// Values in their units.
    pub values: BTreeMap<Sign, Decimal>,
    /// Those that are not normal, as judged when they were taken.
    pub findings: BTreeMap<Sign, Level>,
    /// What else there is to say.
    pub note: Option<String>,
}

/// One value of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// What was measured.
    pub sign: Sign,
    /// The value in the sign's unit.
    pub value: Decimal,
    /// How it lies.
    pub level: Level,
}

/// Vital signs as they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordVitals {
    /// When; now when left out.
    pub taken_at: Option<DateTime<Utc>>,
    /// Values in their units; at least one.
    pub values: BTreeMap<Sign, Decimal>,
    /// What else there is to say, at most 2,000 characters.
    pub note: Option<String>,
}

/// How far back what was measured elsewhere may be entered.
const OLDEST: TimeDelta = TimeDelta::days(365 * 120);
/// How far the clock of a device may be ahead.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

impl Vitals {
    /// Refuses what is impossible; flags what is not normal for somebody born on `born`.
    pub fn taken(form: &RecordVitals, born: Option<NaiveDate>, now: DateTime<Utc>) -> Result<Self, Failure> {
        let mut checks = Checks::new();
        let taken_at = form.taken_at.unwrap_or(now);
        checks.require(taken_at <= now + AHEAD, "takenAt", "must not be in the future");
        checks.require(taken_at >= now - OLDEST, "takenAt", "is too long ago");
        checks.require(!form.values.is_empty(), "", "at least one value is needed");
        for (sign, value) in &form.values {
            let (low, high, decimals) = possible(*sign);
            checks.require(
                (low..=high).contains(value) && value.normalize().scale() <= decimals,
                sign.path(),
                &format!(
                    "must be between {low} and {high} {}, with at most {decimals} decimals",
                    sign.unit()
                ),
            );
        }
        if let (Some(systolic), Some(diastolic)) = (
            form.values.get(&Sign::Systolic),
            form.values.get(&Sign::Diastolic),
        ) {
            checks.require(
                diastolic < systolic,
                "diastolic",
                "must be below the systolic value",
            );
        }
        let note = checks.optional_text("note", form.note.as_deref(), 2_000);
        checks.done::<Rejection>()?;
        let age = born.and_then(|born| (taken_at.date_naive() - born).num_days().try_into().ok());
        let findings = form
            .values
            .iter()
            .map(|(sign, value)| (*sign, level(*sign, *value, age)))
            .filter(|(_, level)| *level != Level::Normal)
            .collect();
        Ok(Self {
            taken_at,
            values: form
                .values
                .iter()
                .map(|(sign, value)| (*sign, value.normalize()))
                .collect(),
            findings,
            note,
        })
    }

    /// All values, with the body mass index where it can be computed.
    pub fn readings(&self) -> Vec<Reading> {
        let computed = self.body_mass_index().map(|value| (Sign::BodyMassIndex, value));
        let mut all: Vec<(Sign, Decimal)> = self
            .values
            .iter()
            .map(|(sign, value)| (*sign, *value))
            .chain(computed)
            .collect();
        all.sort_unstable_by_key(|(sign, _)| *sign);
        all.into_iter()
            .map(|(sign, value)| Reading {
                sign,
                value,
                level: self.findings.get(&sign).copied().unwrap_or(Level::Normal),
            })
            .collect()
    }

    /// Weight by the square of height, to one decimal.
    fn body_mass_index(&self) -> Option<Decimal> {
        let metres = self.values.get(&Sign::Height)? / Decimal::ONE_HUNDRED;
        let index = self.values.get(&Sign::Weight)?.checked_div(metres * metres)?;
        Some(index.round_dp(1).normalize())
    }

    /// Whether somebody should come.
    pub fn is_critical(&self) -> bool {
        let critical = |level: &Level| matches!(level, Level::CriticallyLow | Level::CriticallyHigh);
        self.findings.values().any(critical)
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;

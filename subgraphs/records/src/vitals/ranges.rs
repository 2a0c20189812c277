//! What is possible, and what is normal at which age.
//!
//! **Children** (below 16 years): heart rate awake, breathing and blood pressure of the American Heart Association's *Pediatric
//! Advanced Life Support* provider manual (2020), "vital signs in children". No authority gives single limits at which a child's
//! value is an emergency; here it is further than three tenths beyond the range.
//!
//! **Adults:** normal is what scores nothing in the Royal College of Physicians' *National Early Warning Score 2* (2017), critical
//! what scores 3 by itself; blood pressure is high from 140/90 on (WHO guideline on hypertension, 2021). Temperature and oxygen
//! saturation count alike at every age; above 41 °C is hyperpyrexia. Somebody whose age is not known counts as an adult.

use super::model::{Level, Sign};
use rust_decimal::Decimal;

const fn whole(number: u32) -> Decimal {
    Decimal::from_parts(number, 0, 0, false, 0)
}

/// Lowest and highest value that a living person can have, and how many decimals make sense. Beyond it somebody mistyped.
pub(super) fn possible(sign: Sign) -> (Decimal, Decimal, u32) {
    match sign {
        Sign::HeartRate => (whole(10), whole(350), 0),
        Sign::Systolic => (whole(30), whole(350), 0),
        Sign::Diastolic => (whole(10), whole(250), 0),
        Sign::Temperature => (whole(25), whole(45), 1),
        Sign::Respiration => (whole(1), whole(120), 0),
        Sign::OxygenSaturation => (whole(30), whole(100), 1),
        Sign::Height => (whole(20), whole(275), 1),
        Sign::Weight => (Decimal::new(2, 1), whole(650), 3),
        Sign::BodyMassIndex => (whole(5), whole(250), 1),
        Sign::Pain => (whole(0), whole(10), 0),
    }
}

/// Below the first is critically low, below the second low; above the third high, above the fourth critically high.
struct Limits {
    critical_low: Decimal,
    low: Decimal,
    high: Decimal,
    critical_high: Decimal,
}

/// How a value lies for somebody of an age in days; an adult when the age is not known.
pub(super) fn level(sign: Sign, value: Decimal, age_days: Option<u32>) -> Level {
    let Some(limits) = limits(sign, age_days) else {
        return Level::Normal;
    };
    if value < limits.critical_low {
        Level::CriticallyLow
    } else if value < limits.low {
        Level::Low
    } else if value > limits.critical_high {
        Level::CriticallyHigh
    } else if value > limits.high {
        Level::High
    } else {
        Level::Normal
    }
}

fn limits(sign: Sign, age_days: Option<u32>) -> Option<Limits> {
    if let Some(child) = age_days.and_then(|days| child(sign, days)) {
        return Some(child);
    }
    let (critical_low, low, high, critical_high) = match sign {
        Sign::HeartRate => (whole(41), whole(51), whole(90), whole(130)),
        Sign::Systolic => (whole(91), whole(111), whole(139), whole(219)),
        Sign::Diastolic => (whole(40), whole(60), whole(89), whole(119)),
        Sign::Temperature => (
            Decimal::new(351, 1),
            Decimal::new(361, 1),
            Decimal::new(380, 1),
            Decimal::new(410, 1),
        ),
        Sign::Respiration => (whole(9), whole(12), whole(20), whole(24)),
        Sign::OxygenSaturation => (whole(92), whole(96), whole(100), whole(100)),
        Sign::Pain => (whole(0), whole(0), whole(6), whole(10)),
        Sign::Height | Sign::Weight | Sign::BodyMassIndex => return None,
    };
    Some(Limits {
        critical_low,
        low,
        high,
        critical_high,
    })
}

/// Years in days, leap years included.
const fn years(n: u32) -> u32 {
    n * 1461 / 4
}

fn child(sign: Sign, days: u32) -> Option<Limits> {
    // Up to an age in days: heart rate, breathing, systolic, diastolic; lowest and highest each.
    const BANDS: [(u32, [(u32, u32); 4]); 6] = [
        (28, [(100, 205), (30, 53), (67, 84), (35, 53)]),
        (years(1), [(100, 180), (30, 53), (72, 104), (37, 56)]),
        (years(3), [(98, 140), (22, 37), (86, 106), (42, 63)]),
        (years(6), [(80, 120), (20, 28), (89, 112), (46, 72)]),
        (years(12), [(75, 118), (18, 25), (97, 115), (57, 76)]),
        (years(16), [(60, 100), (12, 20), (110, 131), (64, 83)]),
    ];
    let (_, band) = BANDS.iter().find(|(until, _)| days < *until)?;
    let (low, high) = match sign {
        Sign::HeartRate => band[0],
        Sign::Respiration => band[1],
        Sign::Systolic => band[2],
        Sign::Diastolic => band[3],
        Sign::Temperature
        | Sign::OxygenSaturation
        | Sign::Pain
        | Sign::Height
        | Sign::Weight
        | Sign::BodyMassIndex => return None,
    };
    let (low, high) = (Decimal::from(low), Decimal::from(high));
    Some(Limits {
        critical_low: low * Decimal::new(7, 1),
        low,
        high,
        critical_high: high * Decimal::new(13, 1),
    })
}

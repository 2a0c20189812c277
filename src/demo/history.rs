//! What people bring along when they first come, and what a nurse measures: allergies, long illnesses with their medicines,
//! immunizations and vital signs, as they are at that age.

use super::clinical::{ALLERGIES, IMMUNIZATIONS, KnownAllergy, Vaccine};
use super::person::{Body, Illness};
use caregraph_records::entry::{
    Allergy, AllergyStatus, Code, Condition, ConditionStatus, Content, Immunization, Medication,
    MedicationSource, MedicationStatus, Verification,
};
use caregraph_records::vitals::{RecordVitals, Sign};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use rust_decimal::Decimal;
use std::ops::RangeInclusive;

/// What is told and shown on the first day. Whoever has `everything` is somebody to look at things with.
pub fn brought_along(random: &mut StdRng, body: &Body, everything: bool, today: NaiveDate) -> Vec<Content> {
    let mut brought = Vec::new();
    if everything || random.random_bool(0.25) {
        brought.extend(allergy(random, body, today));
    }
    if let Some(illness) = &body.illness {
        brought.extend(long_illness(illness));
    }
    for vaccine in &IMMUNIZATIONS {
        if everything || random.random_ratio(vaccine.share, 100) {
            brought.extend(immunization(random, body, vaccine, today));
        }
    }
    brought
}

fn allergy(random: &mut StdRng, body: &Body, today: NaiveDate) -> Option<Content> {
    let age = body.age(today);
    let possible: Vec<&KnownAllergy> = ALLERGIES.iter().filter(|known| known.from <= age).collect();
    let known = possible.choose(random)?;
    Some(Content::Allergy(Allergy {
        substance: known.substance.to_owned(),
        code: known.code.map(coded),
        category: known.category,
        reaction: Some(known.reaction.to_owned()),
        severity: Some(known.severity),
        status: AllergyStatus::Active,
        verification: Verification::Confirmed,
        onset: None,
        note: None,
    }))
}

fn long_illness(illness: &Illness) -> [Content; 2] {
    let Illness { known, since } = *illness;
    [
        Content::Condition(Condition {
            code: known.code.to_owned(),
            title: String::new(),
            status: ConditionStatus::Active,
            verification: Verification::Confirmed,
            severity: None,
            onset: Some(since),
            abated: None,
            note: None,
        }),
        Content::Medication(Medication {
            medication: known.medication.to_owned(),
            code: Some(coded(("RxNorm", known.rxnorm))),
            dosage: Some(known.dosage.to_owned()),
            reason: None,
            status: MedicationStatus::Active,
            source: MedicationSource::Prescribed,
            started_on: Some(since),
            ended_on: None,
            note: None,
        }),
    ]
}

/// A vaccination at the age at which it is given, if somebody of this age can have had it and remember.
fn immunization(random: &mut StdRng, body: &Body, vaccine: &Vaccine, today: NaiveDate) -> Option<Content> {
    let age = body.age_in_days(today);
    let first = vaccine.given.0.max(age.saturating_sub(vaccine.remembered));
    let last = vaccine.given.1.min(age);
    if first > last {
        return None;
    }
    let at = random.random_range(first..=last);
    // Before the second birthday there is more muscle in the thigh.
    let site = if at < 365 * 2 {
        "Mặt trước ngoài đùi trái"
    } else {
        "Cơ delta trái"
    };
    Some(Content::Immunization(Immunization {
        vaccine: vaccine.name.to_owned(),
        code: Some(coded(("CVX", vaccine.cvx))),
        given_on: body.born + Days::new(at),
        dose: Some(1),
        lot: Some(format!("L{:05}", random.random_range(0..100_000))),
        site: Some(site.to_owned()),
        note: None,
    }))
}

fn coded((system, code): (&str, &str)) -> Code {
    Code {
        system: system.to_owned(),
        code: code.to_owned(),
    }
}

/// What was measured at the last four quarterly visits of somebody who has been ill for long.
pub fn measured_earlier(random: &mut StdRng, body: &Body, now: DateTime<Utc>) -> Vec<RecordVitals> {
    let Some(Illness { known, since }) = body.illness else {
        return Vec::new();
    };
    (1..=4)
        .map(|quarter| now - TimeDelta::days(90 * quarter))
        .filter(|at| at.date_naive() >= since)
        .map(|at| measured(random, body, at, raises_pressure(known.code)))
        .collect()
}

/// Whether a diagnosis comes with a raised blood pressure: hypertensive and ischaemic heart diseases, by ICD-10.
pub fn raises_pressure(code: &str) -> bool {
    code.starts_with("I1") || code.starts_with("I2")
}

/// Normal values until an age in days: beats and breaths per minute, blood pressure.
struct Normal {
    until: u64,
    heart_rate: RangeInclusive<u32>,
    respiration: RangeInclusive<u32>,
    systolic: RangeInclusive<u32>,
    diastolic: RangeInclusive<u32>,
}

const fn years(years: u64) -> u64 {
    years * 1_461 / 4
}

/// Within what records takes for normal; see there for the sources.
static NORMAL: [Normal; 6] = [
    Normal {
        until: years(1),
        heart_rate: 105..=160,
        respiration: 32..=48,
        systolic: 76..=100,
        diastolic: 40..=54,
    },
    Normal {
        until: years(3),
        heart_rate: 100..=130,
        respiration: 24..=34,
        systolic: 88..=104,
        diastolic: 46..=60,
    },
    Normal {
        until: years(6),
        heart_rate: 84..=112,
        respiration: 21..=27,
        systolic: 92..=110,
        diastolic: 50..=68,
    },
    Normal {
        until: years(12),
        heart_rate: 78..=108,
        respiration: 18..=24,
        systolic: 98..=114,
        diastolic: 58..=74,
    },
    Normal {
        until: years(16),
        heart_rate: 64..=92,
        respiration: 13..=19,
        systolic: 111..=129,
        diastolic: 65..=81,
    },
    Normal {
        until: u64::MAX,
        heart_rate: 56..=88,
        respiration: 12..=18,
        systolic: 112..=134,
        diastolic: 64..=84,
    },
];

/// Values that are normal at the age, with a raised blood pressure where that belongs to the illness.
pub fn measured(random: &mut StdRng, body: &Body, taken_at: DateTime<Utc>, raised: bool) -> RecordVitals {
    let age = body.age_in_days(taken_at.date_naive());
    let normal = NORMAL.iter().find(|normal| age < normal.until);
    let mut values = vec![
        (Sign::Temperature, Decimal::new(random.random_range(364..=372), 1)),
        (
            Sign::OxygenSaturation,
            Decimal::from(random.random_range(96..=99)),
        ),
    ];
    if let Some(normal) = normal {
        let more = if raised { random.random_range(10..=30) } else { 0 };
        let mut number = |range: &RangeInclusive<u32>| random.random_range(range.clone());
        values.extend([
            (Sign::HeartRate, Decimal::from(number(&normal.heart_rate))),
            (Sign::Respiration, Decimal::from(number(&normal.respiration))),
            (Sign::Systolic, Decimal::from(number(&normal.systolic) + more)),
            (
                Sign::Diastolic,
                Decimal::from(number(&normal.diastolic) + more / 2),
            ),
        ]);
    }
    RecordVitals {
        taken_at: Some(taken_at),
        values: values.into_iter().collect(),
        note: None,
    }
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;

//! What is written into a patient's record over the years. Pure.

use super::diary::PAST;
use anyhow::Result;
use caregraph_contracts::ids::PractitionerId;
use caregraph_records::encounter::{Encounter, EncounterClass};
use caregraph_records::entry::{
    Allergy, AllergyCategory, AllergyStatus, Condition, ConditionStatus, Content, Immunization, Medication,
    MedicationSource, MedicationStatus, Severity, Verification,
};
use caregraph_records::vitals::{Sign, Vitals};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// How many entries each record has.
pub const ENTRIES: u32 = 50;

/// How far they are apart.
const EVERY: TimeDelta = TimeDelta::days(11);

/// Code of ICD-10 with its title.
type Diagnosis = (&'static str, &'static str);

const DIAGNOSES: [Diagnosis; 5] = [
    ("I10", "Essential (primary) hypertension"),
    ("E11.9", "Type 2 diabetes mellitus without complications"),
    ("E78.5", "Hyperlipidemia, unspecified"),
    ("K21.9", "Gastro-esophageal reflux disease without esophagitis"),
    ("M54.50", "Low back pain, unspecified"),
];

const MEDICINES: [(&str, &str); 5] = [
    ("Amlodipine 5 mg", "1 viên mỗi sáng"),
    ("Metformin 500 mg", "1 viên hai lần mỗi ngày, sau ăn"),
    ("Atorvastatin 20 mg", "1 viên buổi tối"),
    ("Omeprazole 20 mg", "1 viên trước ăn sáng"),
    ("Paracetamol 500 mg", "1 viên khi đau, tối đa 4 viên mỗi ngày"),
];

/// When the entry with a number is written.
pub fn written(midnight: DateTime<Utc>, number: u32) -> DateTime<Utc> {
    let past = TimeDelta::days(PAST.try_into().unwrap_or(i64::MAX));
    midnight - past + EVERY * number.try_into().unwrap_or(i32::MAX) + TimeDelta::hours(9)
}

/// What the entry with a number says: of ten, five sets of vital signs, two visits, a diagnosis, a medicine, and an allergy or an
/// immunization.
pub fn content(number: u32, by: PractitionerId, now: DateTime<Utc>) -> Result<Content> {
    let round = usize::try_from(number / 10)?;
    Ok(match number % 10 {
        1 | 5 => Content::Encounter(visit(by, now)?),
        3 => Content::Condition(condition(DIAGNOSES[round % DIAGNOSES.len()])),
        7 => Content::Medication(medicine(MEDICINES[round % MEDICINES.len()])),
        9 if round.is_multiple_of(2) => Content::Allergy(allergy(round)),
        9 => Content::Immunization(Immunization {
            vaccine: "Cúm mùa".to_owned(),
            code: None,
            given_on: now.date_naive(),
            dose: Some(1),
            lot: None,
            site: None,
            note: None,
        }),
        _ => Content::Vitals(vitals(number, now)),
    })
}

fn visit(by: PractitionerId, now: DateTime<Utc>) -> Result<Encounter> {
    let mut visit = Encounter {
        chief_complaint: Some("Tái khám định kỳ".to_owned()),
        examination: Some("Tỉnh táo, tim đều, phổi trong, bụng mềm, không phù".to_owned()),
        ..Encounter::begun(by, EncounterClass::Ambulatory, now)
    };
    visit.sign(by, now + TimeDelta::minutes(15))?;
    Ok(visit)
}

fn vitals(number: u32, taken_at: DateTime<Utc>) -> Vitals {
    let values = [
        (Sign::HeartRate, 62 + number % 20),
        (Sign::Systolic, 112 + number % 25),
        (Sign::Diastolic, 70 + number % 12),
    ];
    Vitals {
        taken_at,
        values: values.map(|(sign, value)| (sign, Decimal::from(value))).into(),
        findings: BTreeMap::new(),
        note: None,
    }
}

fn condition((code, title): Diagnosis) -> Condition {
    Condition {
        code: code.to_owned(),
        title: title.to_owned(),
        status: ConditionStatus::Active,
        verification: Verification::Confirmed,
        severity: None,
        onset: None,
        abated: None,
        note: None,
    }
}

fn medicine((medication, dosage): (&str, &str)) -> Medication {
    Medication {
        medication: medication.to_owned(),
        code: None,
        dosage: Some(dosage.to_owned()),
        reason: None,
        status: MedicationStatus::Active,
        source: MedicationSource::Prescribed,
        started_on: None,
        ended_on: None,
        note: None,
    }
}

fn allergy(round: usize) -> Allergy {
    let substances = ["Penicillin", "Aspirin", "Đậu phộng"];
    Allergy {
        substance: substances[round / 2 % substances.len()].to_owned(),
        code: None,
        category: AllergyCategory::Medication,
        reaction: Some("Phát ban".to_owned()),
        severity: Some(Severity::Mild),
        status: AllergyStatus::Active,
        verification: Verification::Confirmed,
        onset: None,
        note: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_record_holds_something_of_everything_and_all_of_it_is_over() {
        let midnight: DateTime<Utc> = "2026-03-01T17:00:00Z".parse().unwrap();
        let doctor = PractitionerId::from(Uuid::nil());
        let mut counts = BTreeMap::new();
        for number in 0..ENTRIES {
            let now = written(midnight, number);
            assert!(now < midnight, "{number}: {now}");
            let kind = content(number, doctor, now).unwrap().kind();
            *counts.entry(kind).or_insert(0) += 1;
        }
        let counts: Vec<i32> = counts.into_values().collect();
        // In the order of the kinds: visits, vital signs, allergies, conditions, immunizations, medicines.
        assert_eq!(counts, [10, 25, 3, 5, 2, 5]);
    }
}

//! Tests of who comes to the clinic.

use super::*;
use caregraph_contracts::ids::PatientId;
use caregraph_patients::duplicate::{MatchReason, likeness};
use caregraph_patients::patient::{Language, Mrn, Patient, Profile};
use chrono::{DateTime, NaiveTime, Utc};
use rand::SeedableRng;
use uuid::Uuid;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
}

fn noon() -> DateTime<Utc> {
    today()
        .and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap())
        .and_utc()
}

fn people() -> Vec<(ProfileChanges, Body)> {
    everybody_else(&mut StdRng::seed_from_u64(super::super::SEED), today())
}

/// On record, as the front desk would put them.
fn patients() -> Vec<Patient> {
    let blank = Profile::blank(Language::Vi);
    let profiles = people()
        .into_iter()
        .map(|(changes, _)| blank.changed(&changes, noon()).unwrap());
    (1_u64..)
        .zip(profiles)
        .map(|(number, profile)| {
            let id = PatientId::from(Uuid::from_u128(number.into()));
            Patient::new(id, Mrn::from_counter(number), profile, noon())
        })
        .collect()
}

#[test]
fn the_same_people_come_every_time() {
    let names = |people: Vec<(ProfileChanges, Body)>| {
        let profiles = people.into_iter().map(|(profile, _)| profile);
        profiles.collect::<Vec<ProfileChanges>>()
    };
    assert_eq!(names(people()), names(people()));
    assert_eq!(people().len(), REGISTERED);
}

#[test]
fn two_people_are_on_record_twice_and_nobody_else() {
    use MatchReason::{SameNameAndDateOfBirth, SameNationalId, SamePhone};
    let patients = patients();
    let mut pairs = Vec::new();
    for (at, one) in patients.iter().enumerate() {
        for (other_at, other) in patients.iter().enumerate().skip(at + 1) {
            // What the front desk is shown.
            if let Some(alike) = likeness(one, other).filter(|alike| alike.score >= 30) {
                pairs.push((at, other_at, alike.reasons));
            }
        }
    }
    assert_eq!(
        pairs,
        [
            (0, 196, vec![SameNameAndDateOfBirth, SamePhone]),
            (1, 197, vec![SameNationalId, SameNameAndDateOfBirth]),
        ]
    );
}

#[test]
fn profiles_fit_the_age() {
    for (profile, body) in people() {
        let age = body.age(today());
        match profile.occupation {
            // Nobody asks twice, either.
            Change::Keep => assert!(age < 6 || profile.emergency_contacts.is_none()),
            Change::Clear => panic!("nothing to clear"),
            Change::Set(occupation) => {
                assert!(age >= 6);
                assert_eq!(occupation == "Student", age < 22);
                assert_eq!(occupation == "Retired", age >= 63);
            }
        }
        for contact in profile.emergency_contacts.iter().flatten() {
            assert_eq!(contact.relationship.as_deref() == Some("mother"), age < 18);
        }
    }
}

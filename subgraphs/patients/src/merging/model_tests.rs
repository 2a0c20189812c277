//! Tests of what speaks against a merge, and of what belongs together.

use super::*;
use crate::patient::{BloodType, Guardian, GuardianRelationship, Language, Mrn, Profile};
use chrono::NaiveDate;
use proptest::prelude::*;
use uuid::Uuid;

fn id(n: u128) -> PatientId {
    Uuid::from_u128(n).into()
}

fn record(n: u64) -> Patient {
    let profile = Profile::blank(Language::Vi);
    Patient::new(id(n.into()), Mrn::from_counter(n), profile, DateTime::UNIX_EPOCH)
}

fn found(one: &Patient, other: &Patient) -> Vec<MergeConcern> {
    assert_eq!(
        concerns(one, other),
        concerns(other, one),
        "it does not matter which one stays"
    );
    concerns(one, other).into_iter().collect()
}

#[test]
fn records_that_say_little_raise_no_concern() {
    let (mut one, other) = (record(1), record(2));
    one.has_account = true;
    one.profile.identification.date_of_birth = NaiveDate::from_ymd_opt(1990, 4, 12);
    one.profile.identification.national_id = Some("079090001234".into());
    assert_eq!(found(&one, &other), []);
    let mut unknown = record(3);
    unknown.profile.identification.sex_at_birth = Some(SexAtBirth::Unknown);
    one.profile.identification.sex_at_birth = Some(SexAtBirth::Male);
    assert_eq!(found(&one, &unknown), []);
}

#[test]
fn everything_that_differs_is_named() {
    let (mut one, mut other) = (record(1), record(2));
    for (patient, year, sex, national_id, blood) in [
        (
            &mut one,
            1990,
            SexAtBirth::Male,
            "079090001234",
            BloodType::APositive,
        ),
        (
            &mut other,
            1991,
            SexAtBirth::Female,
            "079090001235",
            BloodType::BPositive,
        ),
    ] {
        patient.has_account = true;
        let identification = &mut patient.profile.identification;
        identification.date_of_birth = NaiveDate::from_ymd_opt(year, 4, 12);
        identification.sex_at_birth = Some(sex);
        identification.national_id = Some(national_id.into());
        identification.blood_type = Some(blood);
    }
    other.profile.identification.deceased = true;
    other.guardians.push(Guardian {
        user: one.id.as_user(),
        relationship: GuardianRelationship::Parent,
        since: DateTime::UNIX_EPOCH,
    });
    assert_eq!(
        found(&one, &other),
        [
            MergeConcern::BothHaveAccounts,
            MergeConcern::OneActsForTheOther,
            MergeConcern::DifferentDatesOfBirth,
            MergeConcern::DifferentSexesAtBirth,
            MergeConcern::DifferentNationalIds,
            MergeConcern::DifferentBloodTypes,
            MergeConcern::OneHasDied,
        ]
    );
    for concern in found(&one, &other) {
        assert_eq!(concern.as_str().parse(), Ok(concern));
    }
}

#[test]
fn what_had_been_put_to_a_record_stays_with_it() {
    // 1 and 2 into 3; 3 and 5 into 4.
    let holding = [(1, 3), (2, 3), (3, 4), (5, 4)].map(|(merged, onto)| (id(merged), id(onto)));
    assert_eq!(carried(id(3), &holding), BTreeSet::from([id(1), id(2), id(3)]));
    assert_eq!(carried(id(5), &holding), BTreeSet::from([id(5)]));
}

proptest! {
    /// However records were put together, parting one leaves everybody with somebody, and nobody with both.
    #[test]
    fn parting_splits_the_records_in_two(onto in proptest::collection::vec(any::<proptest::sample::Index>(), 1..12), at in any::<proptest::sample::Index>()) {
        // Record n + 1 was put to one of those before it, so there is no cycle.
        let holding: Vec<_> = onto
            .iter()
            .enumerate()
            .map(|(n, index)| (id(n as u128 + 1), id(index.index(n + 1) as u128)))
            .collect();
        let (merged, surviving) = holding[at.index(holding.len())];
        let parted = carried(merged, &holding);
        prop_assert!(parted.contains(&merged) && !parted.contains(&surviving) && !parted.contains(&id(0)));
        for (one, other) in holding.iter().filter(|(one, _)| *one != merged) {
            prop_assert_eq!(parted.contains(one), parted.contains(other));
        }
    }
}

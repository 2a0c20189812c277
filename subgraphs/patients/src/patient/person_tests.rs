//! Tests of who may act for a person with several records.

use super::*;
use crate::patient::{GuardianRelationship, Language, Mrn, Profile};
use chrono::{DateTime, Utc};
use uuid::Uuid;

fn id(n: u128) -> PatientId {
    Uuid::from_u128(n).into()
}

fn user(n: u128) -> UserId {
    Uuid::from_u128(n).into()
}

fn guardian(n: u128) -> Guardian {
    Guardian {
        user: user(n),
        relationship: GuardianRelationship::Parent,
        since: DateTime::<Utc>::UNIX_EPOCH,
    }
}

fn record(n: u128, has_account: bool, guardians: &[u128]) -> Patient {
    let profile = Profile::blank(Language::Vi);
    let mrn = Mrn::from_counter(u64::try_from(n).unwrap());
    Patient {
        has_account,
        guardians: guardians.iter().copied().map(guardian).collect(),
        ..Patient::new(id(n), mrn, profile, DateTime::UNIX_EPOCH)
    }
}

fn together(patient: &Patient, others: &[&Patient], merged_into: Option<u128>) -> Patient {
    let same_person = others.iter().map(|other| SamePerson {
        id: other.id,
        has_account: other.has_account,
        guardians: other.guardians.clone(),
    });
    Patient {
        merged_into: merged_into.map(id),
        same_person: same_person.collect(),
        ..patient.clone()
    }
}

#[test]
fn whoever_acts_for_one_record_acts_for_all() {
    let (one, two) = (record(1, true, &[7]), record(2, true, &[7, 8]));
    let surviving = together(&one, &[&two], None);
    assert_eq!(surviving.facts().guardians, [user(7), user(8), user(2)]);
    assert_eq!(surviving.facts().user_id, Some(user(1)));
    let merged = together(&two, &[&one], Some(1));
    assert_eq!(merged.facts().guardians, [user(7), user(8), user(1)]);
    for acting in [1, 2, 7, 8] {
        assert!(surviving.is_own_of(user(acting)) && merged.is_own_of(user(acting)));
    }
    assert!(!surviving.is_own_of(user(9)));
}

#[test]
fn a_walk_in_has_the_account_of_the_other_record() {
    let (walk_in, registered) = (record(1, false, &[]), record(2, true, &[]));
    assert_eq!(walk_in.account(), None);
    let surviving = together(&walk_in, &[&registered], None);
    assert_eq!(surviving.account(), Some(user(2)));
    assert_eq!(surviving.facts().user_id, None);
    assert_eq!(surviving.facts().guardians, [user(2)]);
}

#[test]
fn a_record_that_moves_on_is_taken_from_where_it_was() {
    let (a, b, c) = (
        record(1, false, &[]),
        record(2, false, &[]),
        record(3, false, &[]),
    );
    let before = [together(&a, &[&b], Some(2)), together(&b, &[&a], None), c.clone()];
    let after = [
        together(&a, &[&c, &b], Some(3)),
        together(&b, &[&c, &a], Some(3)),
        together(&c, &[&a, &b], None),
    ];
    let merged = |surviving, merged| PatientsEvent::PatientsMerged {
        surviving: id(surviving),
        merged: id(merged),
    };
    let unmerged = |surviving, merged| PatientsEvent::PatientsUnmerged {
        surviving: id(surviving),
        merged: id(merged),
    };
    assert_eq!(
        told(&before, &after),
        [unmerged(2, 1), merged(3, 1), merged(3, 2)]
    );
    assert_eq!(
        told(&after, &before),
        [unmerged(3, 1), unmerged(3, 2), merged(2, 1)]
    );
    assert_eq!(told(&after, &after), []);
}

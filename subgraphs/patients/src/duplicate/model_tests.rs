//! Tests of what makes two records look like one person's.

use super::*;
use crate::patient::{Guardian, GuardianRelationship, InsuranceCard, Language, Mrn};
use chrono::{DateTime, NaiveDate};
use proptest::prelude::*;
use uuid::Uuid;

fn day(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).unwrap()
}

fn record(n: u64, family: &str, given: &str, born: Option<NaiveDate>) -> Patient {
    let mut profile = Profile::blank(Language::Vi);
    family.clone_into(&mut profile.identification.family_name);
    given.clone_into(&mut profile.identification.given_name);
    profile.identification.date_of_birth = born;
    let id = Uuid::from_u128(n.into()).into();
    Patient::new(id, Mrn::from_counter(n), profile, DateTime::UNIX_EPOCH)
}

fn pair(one: (&str, &str), other: (&str, &str)) -> (Patient, Patient) {
    let born = Some(day(1990, 4, 12));
    (record(1, one.0, one.1, born), record(2, other.0, other.1, born))
}

fn share_a_key(one: &Patient, other: &Patient) -> bool {
    let known: BTreeSet<_> = keys(one).into_iter().collect();
    keys(other).iter().any(|key| known.contains(key))
}

fn only(one: &Patient, other: &Patient) -> Option<(i32, Vec<MatchReason>)> {
    likeness(one, other).map(|found| (found.score, found.reasons))
}

#[test]
fn names_are_the_same_without_marks_and_in_any_order() {
    let (one, other) = pair(("Nguyễn", "Thị Ánh"), ("ANH THI", "nguyen"));
    assert_eq!(
        only(&one, &other),
        Some((45, vec![MatchReason::SameNameAndDateOfBirth]))
    );
    assert!(share_a_key(&one, &other));
}

#[test]
fn names_are_similar_by_a_slip_or_a_missing_word() {
    for (a, b) in [
        (("Nguyễn", "Văn An"), ("Nguyễn", "Văn Am")),
        (("Nguyễn", "Văn An"), ("Ngueyn", "Văn An")),
        (("Nguyễn", "Văn An"), ("Nguyễn", "An")),
        (("Müller", "Anna"), ("Mueller", "Anna")),
    ] {
        let (one, other) = pair(a, b);
        assert_eq!(
            only(&one, &other),
            Some((30, vec![MatchReason::SimilarNameAndDateOfBirth])),
            "{a:?} {b:?}"
        );
        assert!(share_a_key(&one, &other), "{a:?} {b:?}");
    }
    for (a, b) in [
        (("Nguyễn", "An"), ("Nguyễn", "Bình")),
        (("Lê", "An"), ("Lý", "Ba")),
    ] {
        let (one, other) = pair(a, b);
        assert_eq!(only(&one, &other), None, "{a:?} {b:?}");
    }
}

#[test]
fn a_name_says_nothing_without_the_day_of_birth() {
    let (one, other) = (record(1, "Nguyễn", "An", None), record(2, "Nguyễn", "An", None));
    assert_eq!(only(&one, &other), None);
    assert!(keys(&one).is_empty());
}

#[test]
fn numbers_count_however_they_are_written_and_contradictions_count_against() {
    let (mut one, mut other) = pair(("Nguyễn", "An"), ("Trần", "Bình"));
    let card = |number: &str| {
        Some(InsuranceCard {
            insurer: "BHXH".into(),
            plan: None,
            member_number: number.into(),
            valid_until: None,
        })
    };
    one.profile.insurance = card("dn 4010-112345678");
    other.profile.insurance = card("DN4010112345678");
    assert!(share_a_key(&one, &other));
    assert_eq!(
        only(&one, &other),
        Some((40, vec![MatchReason::SameInsuranceNumber]))
    );
    other.profile.identification.date_of_birth = Some(day(1961, 1, 1));
    assert_eq!(
        only(&one, &other),
        Some((10, vec![MatchReason::SameInsuranceNumber]))
    );
    one.profile.identification.sex_at_birth = Some(SexAtBirth::Female);
    other.profile.identification.sex_at_birth = Some(SexAtBirth::Male);
    assert_eq!(
        only(&one, &other),
        Some((0, vec![MatchReason::SameInsuranceNumber]))
    );
    other.profile.insurance = card("none");
    one.profile.insurance = card("none");
    assert_eq!(only(&one, &other), None, "four letters are no number");
}

#[test]
fn whoever_acts_for_the_other_is_somebody_else() {
    let (one, mut other) = pair(("Nguyễn", "An"), ("Nguyễn", "An"));
    other.guardians.push(Guardian {
        user: one.id.as_user(),
        relationship: GuardianRelationship::Parent,
        since: DateTime::UNIX_EPOCH,
    });
    assert_eq!(only(&one, &other), None);
    assert_eq!(only(&other, &one), None);
}

proptest! {
    /// A pair that would be shown is found by its keys, as long as no more than one word differs.
    #[test]
    fn one_slip_leaves_a_key_in_common(words in proptest::collection::vec("[a-z]{3,7}", 2..5), at in 0_usize..4, letter in "[a-z]") {
        let mut changed = words.clone();
        let at = at % words.len();
        changed[at].replace_range(0..1, &letter);
        let (one, other) = pair(("", &words.join(" ")), ("", &changed.join(" ")));
        prop_assert!(share_a_key(&one, &other));
        prop_assert!(likeness(&one, &other).is_some());
        prop_assert_eq!(likeness(&one, &other), likeness(&other, &one));
    }
}

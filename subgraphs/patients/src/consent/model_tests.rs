//! Tests of what can be consented to, and for how long it holds.

use super::*;
use caregraph_kit::Rejection;
use caregraph_kit::failure::Failure;
use chrono::TimeDelta;
use uuid::Uuid;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_438_400, 0).unwrap()
}

fn read(
    parts: &[RecordPart],
    until: Option<DateTime<Utc>>,
    purpose: Option<&str>,
) -> Result<Terms, Vec<String>> {
    let mut checks = Checks::new();
    let terms = Terms::read(&mut checks, parts, false, until, purpose, None, now());
    match checks.done::<Rejection>() {
        Ok(()) => Ok(terms),
        Err(Failure::Refused(why)) => Err(why.iter().map(ToString::to_string).collect()),
        Err(other) => panic!("{other:?}"),
    }
}

fn consent(until: Option<DateTime<Utc>>) -> Consent {
    Consent {
        id: Uuid::from_u128(1).into(),
        patient: Uuid::from_u128(2).into(),
        grantee: Uuid::from_u128(3).into(),
        parts: vec![RecordPart::Vitals],
        since: now(),
        until,
        purpose: None,
        granted_by: Uuid::from_u128(2).into(),
        granting_form: None,
        revocation: None,
    }
}

fn revocation(at: DateTime<Utc>) -> Revocation {
    Revocation {
        at,
        by: Uuid::from_u128(2).into(),
        reason: None,
        form: None,
    }
}

#[test]
fn parts_are_named_once_and_at_least_one() {
    let twice = [RecordPart::Vitals, RecordPart::Encounters, RecordPart::Vitals];
    assert_eq!(
        read(&twice, None, None).unwrap().parts,
        [RecordPart::Encounters, RecordPart::Vitals]
    );
    assert_eq!(
        read(&[], None, None).unwrap_err(),
        ["must name at least one part of the record"]
    );
}

#[test]
fn parts_are_named_or_all_are_meant_and_not_both() {
    let all = |named: &[RecordPart]| {
        let mut checks = Checks::new();
        let terms = Terms::read(&mut checks, named, true, None, None, None, now());
        checks.done::<Rejection>().map(|()| terms.parts)
    };
    assert_eq!(all(&[]).unwrap().len(), RecordPart::ALL.len());
    let Err(Failure::Refused(why)) = all(&[RecordPart::Vitals]) else {
        panic!("should refuse")
    };
    assert!(
        matches!(&why[..], [Rejection::Invalid { path, .. }] if path == &["parts"]),
        "{why:?}"
    );
    // Even when everything is named: the next version may know more parts.
    assert!(all(RecordPart::ALL).is_err());
}

#[test]
fn the_end_lies_in_the_future_and_not_beyond_ten_years() {
    let parts = [RecordPart::Vitals];
    let ten_years = now().checked_add_months(Months::new(120)).unwrap();
    for good in [now() + TimeDelta::microseconds(1), ten_years] {
        assert_eq!(read(&parts, Some(good), None).unwrap().until, Some(good));
    }
    // Less than a microsecond is nothing to a store.
    for past in [
        now(),
        now() - TimeDelta::days(1),
        now() + TimeDelta::nanoseconds(999),
    ] {
        assert_eq!(
            read(&parts, Some(past), None).unwrap_err(),
            ["must be in the future"]
        );
    }
    for far in [ten_years + TimeDelta::seconds(1), DateTime::<Utc>::MAX_UTC] {
        assert_eq!(
            read(&parts, Some(far), None).unwrap_err(),
            ["must be at most ten years from now"]
        );
    }
}

#[test]
fn a_purpose_is_short() {
    assert_eq!(
        read(&[RecordPart::Vitals], None, Some("  ")).unwrap().purpose,
        None
    );
    let long = "x".repeat(501);
    assert!(read(&[RecordPart::Vitals], None, Some(&long)).is_err());
}

#[test]
fn it_holds_until_its_end_or_its_withdrawal() {
    let until = now() + TimeDelta::hours(1);
    let mut limited = consent(Some(until));
    assert!(limited.holds(now()) && limited.holds(until - TimeDelta::microseconds(1)));
    assert!(!limited.holds(until));
    assert_eq!(limited.revoke(revocation(until)), Err(RevocationProblem::Over));
    let mut endless = consent(None);
    assert_eq!(endless.revoke(revocation(until)), Ok(()));
    assert!(!endless.holds(now()) && endless.facts().revoked);
    assert_eq!(endless.revoke(revocation(until)), Err(RevocationProblem::Revoked));
}

//! Tests of an encounter's states. Those of amendments are beside `amending`.

use super::*;
use caregraph_kit::change::Change;
use uuid::Uuid;

fn doctor(n: u128) -> PractitionerId {
    Uuid::from_u128(n).into()
}

fn item(n: u128) -> EncounterItemId {
    Uuid::from_u128(n).into()
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_438_400, 0).unwrap()
}

fn written() -> Encounter {
    let mut encounter = Encounter::begun(doctor(1), EncounterClass::Ambulatory, now());
    let changes = EncounterChanges {
        chief_complaint: Change::Set("cough".into()),
        notes: Change::Set("lungs clear".into()),
        ..EncounterChanges::default()
    };
    encounter.update(&changes, now()).unwrap();
    encounter
}

fn diagnosis(code: &str, primary: bool) -> DiagnosisDraft {
    DiagnosisDraft {
        code: code.into(),
        title: code.into(),
        primary,
        note: None,
    }
}

#[test]
fn what_is_signed_is_amended_only() {
    let mut encounter = written();
    encounter.sign(doctor(1), now()).unwrap();
    let signed = encounter.clone();
    let changes = EncounterChanges {
        notes: Change::Set("crackles on the left".into()),
        ..EncounterChanges::default()
    };
    assert!(encounter.update(&changes, now()).is_err());
    assert!(
        encounter
            .diagnose(item(1), &diagnosis("J18.9", true), now())
            .is_err()
    );
    assert!(encounter.sign(doctor(1), now()).is_err());
    assert_eq!(encounter, signed);
}

#[test]
fn nobody_signs_nothing_or_for_somebody_else() {
    let mut empty = Encounter::begun(doctor(1), EncounterClass::Ambulatory, now());
    assert!(empty.sign(doctor(1), now()).is_err());
    assert!(matches!(
        written().sign(doctor(2), now()),
        Err(Rejection::NotAllowed { .. })
    ));
}

#[test]
fn one_diagnosis_at_most_is_the_primary_one() {
    let mut encounter = written();
    encounter
        .diagnose(item(1), &diagnosis("I10", true), now())
        .unwrap();
    encounter
        .diagnose(item(2), &diagnosis("E11.9", true), now())
        .unwrap();
    let primary: Vec<_> = encounter.diagnoses.iter().filter(|known| known.primary).collect();
    assert_eq!(primary.len(), 1);
    assert_eq!(primary[0].code, "E11.9");
    assert!(
        encounter
            .diagnose(item(3), &diagnosis("I10", false), now())
            .is_err()
    );
    encounter.update_diagnosis(item(1), None).unwrap();
    assert_eq!(encounter.diagnoses.len(), 1);
    assert!(encounter.update_diagnosis(item(9), None).is_err());
}

#[test]
fn a_visit_that_begins_early_ends_after_its_beginning() {
    let planned = Encounter {
        status: EncounterStatus::Planned,
        start: now() + chrono::TimeDelta::hours(1),
        ..written()
    };
    let mut early = planned.clone();
    early.update(&EncounterChanges::default(), now()).unwrap();
    assert_eq!((early.status, early.start), (EncounterStatus::InProgress, now()));
    early.sign(doctor(1), now()).unwrap();
    assert_eq!(early.end, Some(now()));
    // A late beginning is not known; the visit was planned then.
    let mut late = planned.clone();
    late.update(&EncounterChanges::default(), now() + chrono::TimeDelta::hours(2))
        .unwrap();
    assert_eq!(late.start, planned.start);
    // Clocks of two processes may differ.
    let mut apart = planned;
    apart.sign(doctor(1), now()).unwrap();
    assert_eq!(apart.end, Some(apart.start));
}

#[test]
fn nothing_ends_before_it_began() {
    let mut encounter = written();
    let before = EncounterChanges {
        end: Change::Set(now() - chrono::TimeDelta::seconds(1)),
        ..EncounterChanges::default()
    };
    assert!(matches!(
        encounter.update(&before, now()),
        Err(Rejection::Invalid { path, .. }) if path == ["end"]
    ));
}

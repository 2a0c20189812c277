//! Tests of amendments.

use super::*;
use crate::encounter::EncounterClass;
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

/// A doctor in whose care the patient is.
fn colleague(n: u128) -> Amender {
    Amender {
        by: doctor(n),
        is_doctor: true,
        in_care: true,
    }
}

fn diagnosis(code: &str, primary: bool) -> DiagnosisDraft {
    DiagnosisDraft {
        code: code.into(),
        title: format!("{code}, renamed since"),
        primary,
        note: None,
    }
}

fn notes(text: &str) -> EncounterChanges {
    EncounterChanges {
        notes: Change::Set(text.into()),
        ..EncounterChanges::default()
    }
}

/// Signed by the first doctor, with hypertension as its diagnosis.
fn signed() -> Encounter {
    let mut encounter = Encounter::begun(doctor(1), EncounterClass::Ambulatory, now());
    let changes = EncounterChanges {
        chief_complaint: Change::Set("cough".into()),
        ..notes("lungs clear")
    };
    encounter.update(&changes, now()).unwrap();
    let first = DiagnosisDraft {
        title: "Hypertension".into(),
        ..diagnosis("I10", true)
    };
    encounter.diagnose(item(1), &first, now()).unwrap();
    encounter.sign(doctor(1), now()).unwrap();
    encounter
}

#[test]
fn whoever_amends_vouches_for_what_it_says_now() {
    let mut encounter = signed();
    encounter
        .amend(&notes("crackles on the left"), None, colleague(2), now())
        .unwrap();
    assert_eq!(encounter.status, EncounterStatus::Amended);
    assert_eq!(encounter.practitioner, doctor(1), "it stays whose it was");
    let (before, after) = (signed().signature.unwrap(), encounter.signature.unwrap());
    assert_ne!(before.digest, after.digest);
    assert_eq!(after.by, doctor(2));
}

#[test]
fn doctors_amend_what_they_signed_or_whom_they_care_for() {
    let amender = |n, is_doctor, in_care| Amender {
        by: doctor(n),
        is_doctor,
        in_care,
    };
    for (amender, may) in [
        (amender(1, true, true), true),
        (amender(1, true, false), true),
        (amender(2, true, true), true),
        (amender(2, true, false), false),
        (amender(1, false, true), false),
        (amender(2, false, true), false),
    ] {
        let mut encounter = signed();
        let outcome = encounter.amend(&notes("crackles"), None, amender, now());
        match outcome {
            Ok(()) => assert!(may, "{amender:?}"),
            Err(Rejection::NotAllowed { .. }) => {
                assert!(!may, "{amender:?}");
                assert_eq!(encounter, signed());
            }
            Err(other) => panic!("{amender:?}: {other}"),
        }
    }
    // Who amended it last has signed it, too.
    let mut encounter = signed();
    encounter
        .amend(&notes("crackles"), None, colleague(2), now())
        .unwrap();
    encounter
        .amend(&notes("no crackles"), None, amender(2, true, false), now())
        .unwrap();
}

#[test]
fn an_amendment_changes_something() {
    let as_it_is = [(item(7), diagnosis("I10", true))];
    for (changes, diagnoses) in [
        (EncounterChanges::default(), None),
        (notes("lungs clear"), None),
        (EncounterChanges::default(), Some(as_it_is.as_slice())),
    ] {
        let refused = signed().amend(&changes, diagnoses, colleague(1), now());
        assert!(
            matches!(&refused, Err(Rejection::Invalid { .. })),
            "{changes:?}: {refused:?}"
        );
    }
    let secondary = [(item(7), diagnosis("I10", false))];
    let mut encounter = signed();
    let changes = EncounterChanges::default();
    encounter
        .amend(&changes, Some(&secondary), colleague(1), now())
        .unwrap();
    assert!(!encounter.diagnoses[0].primary);
}

#[test]
fn diagnoses_that_stay_keep_their_identity_and_title() {
    let mut encounter = signed();
    let both = [
        (item(7), diagnosis("E11.9", true)),
        (item(8), diagnosis("I10", false)),
    ];
    let changes = EncounterChanges::default();
    encounter
        .amend(&changes, Some(&both), colleague(1), now())
        .unwrap();
    let [added, kept] = encounter.diagnoses.as_slice() else {
        panic!("{:?}", encounter.diagnoses)
    };
    assert_eq!(
        (added.id, added.title.as_str()),
        (item(7), "E11.9, renamed since")
    );
    assert_eq!((kept.id, kept.title.as_str()), (item(1), "Hypertension"));
    let twice = [
        (item(7), diagnosis("I10", true)),
        (item(8), diagnosis("I10", false)),
    ];
    let refused = signed().amend(&changes, Some(&twice), colleague(1), now());
    assert!(
        matches!(&refused, Err(Rejection::Conflict { path, .. }) if path == &["diagnoses", "1", "code"]),
        "{refused:?}"
    );
}

#[test]
fn what_is_not_signed_is_updated_and_what_is_signed_cannot_be_emptied() {
    let mut unsigned = signed();
    unsigned.status = EncounterStatus::InProgress;
    let refused = unsigned.amend(&notes("x"), None, colleague(1), now());
    assert!(matches!(refused, Err(Rejection::Conflict { .. })), "{refused:?}");
    let nothing = EncounterChanges {
        chief_complaint: Change::Clear,
        ..EncounterChanges::default()
    };
    let refused = signed().amend(&nothing, None, colleague(1), now());
    assert!(matches!(refused, Err(Rejection::Conflict { .. })), "{refused:?}");
}

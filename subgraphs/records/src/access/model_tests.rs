//! Tests of who sees what.

use super::*;
use caregraph_contracts::Role;
use caregraph_kit::testing::principal;
use chrono::TimeDelta;
use uuid::Uuid;

fn user(n: u128) -> UserId {
    Uuid::from_u128(n).into()
}

fn patient() -> PatientId {
    Uuid::from_u128(1).into()
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(1)
}

fn facts() -> Facts {
    let chart = Chart {
        guardians: vec![user(7)],
        ..Chart::default()
    };
    Facts {
        charts: vec![(patient(), chart)],
        ..Facts::default()
    }
}

fn basis(n: u128, role: Role, facts: &Facts) -> Option<AccessBasis> {
    Sight::of(&principal(user(n), &[role]), facts, now()).map(|sight| sight.basis)
}

#[test]
fn without_a_reason_nobody_sees_anything() {
    for role in Role::ALL {
        assert_eq!(basis(9, *role, &facts()), None, "{role}");
    }
    assert_eq!(Sight::of(&Principal::anonymous(), &facts(), now()), None);
}

#[test]
fn patients_and_guardians_see_what_is_released() {
    for (n, expected) in [(1, AccessBasis::Oneself), (7, AccessBasis::Guardian)] {
        let sight = Sight::of(&principal(user(n), &[Role::Patient]), &facts(), now()).unwrap();
        assert_eq!(
            (sight.basis, sight.released_only, sight.treats()),
            (expected, true, false)
        );
    }
}

#[test]
fn care_ends_with_the_relationship() {
    let tie = |since, until| Facts {
        ties: vec![Tie { since, until }],
        ..facts()
    };
    let doctor = |facts: &Facts| basis(9, Role::Doctor, facts);
    assert_eq!(doctor(&tie(Some(now()), None)), Some(AccessBasis::Care));
    let soon = now() + TimeDelta::microseconds(1);
    assert_eq!(doctor(&tie(Some(now()), Some(soon))), Some(AccessBasis::Care));
    assert_eq!(doctor(&tie(Some(now()), Some(now()))), None);
    assert_eq!(doctor(&tie(None, None)), None);
}

#[test]
fn pharmacists_see_what_their_task_needs() {
    let facts = Facts {
        ties: vec![Tie {
            since: Some(now()),
            until: None,
        }],
        ..facts()
    };
    let sight = Sight::of(&principal(user(9), &[Role::Pharmacist]), &facts, now()).unwrap();
    assert!(sight.shows(EntryKind::Allergy));
    assert!(!sight.shows(EntryKind::Encounter));
}

#[test]
fn a_consent_opens_the_parts_it_names_while_it_lasts() {
    let consent = |revoked, until| Facts {
        consents: vec![Consent {
            parts: vec![RecordPart::Vitals],
            until,
            revoked,
        }],
        ..facts()
    };
    let sight = Sight::of(&principal(user(9), &[Role::Doctor]), &consent(false, None), now()).unwrap();
    assert_eq!(sight.basis, AccessBasis::Consent);
    assert!(sight.shows(EntryKind::Vitals) && !sight.shows(EntryKind::Allergy) && !sight.treats());
    assert_eq!(basis(9, Role::Doctor, &consent(true, None)), None);
    assert_eq!(basis(9, Role::Doctor, &consent(false, Some(now()))), None);
}

#[test]
fn broken_glass_opens_everything_for_its_time() {
    let broken = |until| Facts {
        broken: vec![Broken {
            reason: "unconscious".into(),
            until,
        }],
        ..facts()
    };
    let later = now() + TimeDelta::hours(1);
    let sight = Sight::of(&principal(user(9), &[Role::Doctor]), &broken(later), now()).unwrap();
    assert_eq!(sight.reason.as_deref(), Some("unconscious"));
    assert_eq!(basis(9, Role::Doctor, &broken(now())), None);
    // Somebody who lost the scope meanwhile has lost the leave.
    assert_eq!(basis(9, Role::Admin, &broken(later)), None);
}

#[test]
fn what_allowed_a_look_ends_with_its_reason() {
    let (later, documents) = (now() + TimeDelta::hours(1), RecordPart::Documents);
    let facts = Facts {
        ties: vec![Tie {
            since: Some(now()),
            until: Some(later),
        }],
        consents: vec![Consent {
            parts: vec![documents],
            until: Some(later),
            revoked: false,
        }],
        broken: vec![Broken {
            reason: "unconscious".into(),
            until: later,
        }],
        ..facts()
    };
    for basis in [AccessBasis::Care, AccessBasis::Consent, AccessBasis::BrokenGlass] {
        assert!(facts.still_allow(basis, user(9), documents, now()), "{basis}");
        assert!(!facts.still_allow(basis, user(9), documents, later), "{basis}");
    }
    assert!(!facts.still_allow(AccessBasis::Consent, user(9), RecordPart::Vitals, now()));
    assert!(facts.still_allow(AccessBasis::Oneself, user(1), documents, later));
    assert!(facts.still_allow(AccessBasis::Guardian, user(7), documents, later));
    for basis in AccessBasis::ALL {
        let others = Facts {
            charts: facts.charts.clone(),
            ..Facts::default()
        };
        assert!(!others.still_allow(*basis, user(9), documents, now()), "{basis}");
    }
}

#[test]
fn whoever_was_put_together_is_one_person() {
    let other = Chart {
        user: Some(user(3)),
        merged_into: Some(patient()),
        ..Chart::default()
    };
    let mut facts = facts();
    facts.charts.push((Uuid::from_u128(3).into(), other));
    assert_eq!(basis(3, Role::Patient, &facts), Some(AccessBasis::Oneself));
}

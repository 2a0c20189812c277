//! Tests of what follows from assignments and appointments.

use super::*;
use caregraph_contracts::ids::{MedicalServiceId, PractitionerId};
use proptest::prelude::*;
use uuid::Uuid;

fn at(hours: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
}

fn facts(revision: i64, practitioner: u128, status: AppointmentStatus) -> AppointmentFacts {
    AppointmentFacts {
        appointment_id: Uuid::from_u128(9).into(),
        patient_id: Uuid::from_u128(1).into(),
        practitioner_id: PractitionerId::from(Uuid::from_u128(practitioner)),
        practitioner_name: "Dr B".into(),
        service_id: MedicalServiceId::from(Uuid::from_u128(3)),
        service_name: "Check-up".into(),
        location_id: None,
        location_name: None,
        time_zone: "UTC".into(),
        start: at(24),
        end: at(25),
        status,
        revision,
        changed_by: Uuid::from_u128(1).into(),
    }
}

fn user(n: u128) -> UserId {
    Uuid::from_u128(n).into()
}

#[test]
fn a_relationship_lasts_until_thirty_days_after_the_visit() {
    let care = AppointmentCare::after(None, &facts(1, 5, AppointmentStatus::Pending), at(0)).unwrap();
    let overall = |now| CareRelationship::overall(user(5), None, &[care], now);
    assert_eq!(overall(at(0)).unwrap().until, Some(at(25 + 30 * 24)));
    assert!(overall(at(25 + 30 * 24) - TimeDelta::microseconds(1)).is_some());
    assert_eq!(overall(at(25 + 30 * 24)), None);
    assert_eq!(CareRelationship::overall(user(6), None, &[care], at(0)), None);
}

#[test]
fn moving_to_another_practitioner_moves_the_relationship() {
    let first = AppointmentCare::after(None, &facts(1, 5, AppointmentStatus::Pending), at(0)).unwrap();
    let moved =
        AppointmentCare::after(Some(&first), &facts(2, 6, AppointmentStatus::Pending), at(2)).unwrap();
    assert_eq!((moved.user, moved.since), (user(6), at(2)));
    let confirmed =
        AppointmentCare::after(Some(&moved), &facts(3, 6, AppointmentStatus::Confirmed), at(3)).unwrap();
    assert_eq!(confirmed.since, at(2));
}

#[test]
fn assignment_outlasts_appointments() {
    let care = AppointmentCare::after(None, &facts(1, 5, AppointmentStatus::CancelledDoctor), at(0)).unwrap();
    let assignment = Assignment {
        patient: care.patient,
        user: user(5),
        role: CareTeamRole::Nurse,
        since: at(10),
    };
    let overall = CareRelationship::overall(user(5), Some(&assignment), &[care], at(11)).unwrap();
    assert_eq!(
        (overall.kind, overall.since, overall.until),
        (CareRelationshipKind::Assigned, at(10), None)
    );
}

proptest! {
    /// In whatever order the states of an appointment arrive, the newest decides.
    #[test]
    fn the_newest_state_decides(order in Just((1_i64..=6).collect::<Vec<_>>()).prop_shuffle()) {
        let state = |revision: i64| {
            let status = if revision % 3 == 0 { AppointmentStatus::CancelledPatient } else { AppointmentStatus::Confirmed };
            facts(revision, 5 + u128::from(revision.unsigned_abs() % 2), status)
        };
        let mut known: Option<AppointmentCare> = None;
        for revision in order {
            if let Some(newer) = AppointmentCare::after(known.as_ref(), &state(revision), at(revision)) {
                known = Some(newer);
            }
        }
        let known = known.unwrap();
        prop_assert_eq!((known.revision, known.user, known.cancelled), (6, user(5), true));
    }
}

//! Which visits go and which stay. Pure.

use crate::appointment::{Appointment, Remembered};
use caregraph_contracts::events::{AppointmentStatus, DataCategory, ErasureStep, Holdings, RetentionBasis};
use caregraph_kit::erasure::Retention;
use chrono::{DateTime, Utc};

/// What becomes of a person's visits.
pub(super) struct Judgement {
    /// What is told of it.
    pub(super) holdings: Holdings,
    /// Visits that will not take place.
    pub(super) called_off: Vec<Appointment>,
    /// Visits that lose their texts.
    pub(super) emptied: Vec<Appointment>,
}

/// Where a visit stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It has yet to begin.
    Upcoming,
    /// It took place, as far as anybody knows.
    Past,
    /// It was called off, or the patient did not come.
    Missed,
}

/// Judges all visits of a person. `now` tells which of them are still to come; what must stay is judged as of the step.
pub(super) fn judge(
    visits: Vec<Remembered>,
    step: &ErasureStep,
    now: DateTime<Utc>,
    retention: Retention,
) -> Judgement {
    let (mut called_off, mut past, mut missed) = (Vec::new(), Vec::new(), Vec::new());
    for visit in visits {
        match stage(&visit.appointment, now) {
            // These went at once, or came after the wish.
            Stage::Upcoming | Stage::Missed if step.is_review() => {}
            Stage::Upcoming => called_off.push(visit.appointment),
            Stage::Past => past.push(visit),
            Stage::Missed => missed.push(visit),
        }
    }
    let mut holdings = Holdings::default();
    let mut emptied = Vec::new();
    holdings.go(DataCategory::UpcomingVisits, count(&called_off));
    // All of them are one medical record, which is kept until its last entry is old enough.
    let last = past.iter().map(|visit| visit.appointment.visit.end).max();
    let until = last
        .map(|last| retention.medical_records_until(last, step.deceased))
        .filter(|until| *until >= step.at.date_naive());
    if until.is_some() {
        let basis = RetentionBasis::MedicalRecordsLaw;
        holdings.stay(DataCategory::PastVisits, count(&past), basis, until);
    } else {
        emptied.extend(with_texts(past));
        holdings.go(DataCategory::PastVisits, count(&emptied));
    }
    let missed = with_texts(missed);
    holdings.go(DataCategory::MissedVisits, count(&missed));
    emptied.extend(missed);
    Judgement {
        holdings,
        called_off,
        emptied,
    }
}

fn stage(appointment: &Appointment, at: DateTime<Utc>) -> Stage {
    use AppointmentStatus as S;
    match appointment.status {
        S::Pending | S::Confirmed if appointment.visit.start > at => Stage::Upcoming,
        // Nobody has said that the patient did not come.
        S::Pending | S::Confirmed | S::CheckedIn | S::Completed => Stage::Past,
        S::CancelledPatient | S::CancelledDoctor | S::NoShow => Stage::Missed,
    }
}

/// Nothing can go from a visit of which nobody wrote anything.
fn with_texts(visits: Vec<Remembered>) -> Vec<Appointment> {
    visits
        .into_iter()
        .filter(|visit| visit.has_texts)
        .map(|visit| visit.appointment)
        .collect()
}

fn count<T>(of: &[T]) -> u64 {
    u64::try_from(of.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appointment::model::{ClinicalTexts, Visit};
    use AppointmentStatus as S;
    use caregraph_contracts::ids::PatientId;
    use chrono::{NaiveDate, TimeDelta};
    use uuid::Uuid;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn visit(status: S, start: DateTime<Utc>, has_texts: bool) -> Remembered {
        let end = start + TimeDelta::minutes(30);
        let appointment = Appointment {
            id: Uuid::from_u128(100).into(),
            patient_id: Uuid::from_u128(10).into(),
            service_id: Uuid::from_u128(1000).into(),
            visit: Visit {
                practitioner_id: Uuid::from_u128(1).into(),
                location_id: None,
                time_zone: chrono_tz::Asia::Ho_Chi_Minh,
                start,
                end,
                occupied_from: start,
                occupied_to: end,
            },
            status,
            texts: ClinicalTexts::default(),
            booked_by: Uuid::from_u128(10).into(),
            booked_at: start - TimeDelta::days(2),
            revision: 1,
        };
        Remembered {
            appointment,
            has_texts,
        }
    }

    fn step(at: DateTime<Utc>, deceased: bool) -> ErasureStep {
        let patient = PatientId::from(Uuid::from_u128(10));
        ErasureStep {
            erasure_id: Uuid::from_u128(2).into(),
            round: 1,
            patient_id: patient,
            records: vec![patient],
            deceased,
            requested_by: patient.as_user(),
            at,
        }
    }

    #[test]
    fn every_status_has_its_stage() {
        let now = at("2026-03-02T08:00:00Z");
        for (status, begun, ahead) in [
            (S::Pending, Stage::Past, Stage::Upcoming),
            (S::Confirmed, Stage::Past, Stage::Upcoming),
            // Somebody who came too early is here.
            (S::CheckedIn, Stage::Past, Stage::Past),
            (S::Completed, Stage::Past, Stage::Past),
            (S::CancelledPatient, Stage::Missed, Stage::Missed),
            (S::CancelledDoctor, Stage::Missed, Stage::Missed),
            (S::NoShow, Stage::Missed, Stage::Missed),
        ] {
            let of = |start| stage(&visit(status, start, false).appointment, now);
            assert_eq!(of(now), begun, "{status:?}");
            assert_eq!(of(now + TimeDelta::microseconds(1)), ahead, "{status:?}");
        }
    }

    #[test]
    fn past_visits_stay_until_the_last_of_them_is_old_enough() {
        let visits = || {
            vec![
                visit(S::Completed, at("2026-03-02T08:00:00Z"), false),
                visit(S::Completed, at("2020-03-02T08:00:00Z"), true),
            ]
        };
        let until = |years| NaiveDate::from_ymd_opt(2026 + years, 3, 3);
        for (deceased, years, last) in [
            (false, 10, "2036-03-03T23:59:59Z"),
            (true, 20, "2046-03-03T23:59:59Z"),
        ] {
            let judged = |moment| {
                let step = step(moment, deceased);
                judge(visits(), &step, moment, Retention::default())
            };
            let judgement = judged(at(last));
            let mut expected = Holdings::default();
            let basis = RetentionBasis::MedicalRecordsLaw;
            expected.stay(DataCategory::PastVisits, 2, basis, until(years));
            assert_eq!(judgement.holdings, expected);
            assert!(judgement.emptied.is_empty());
            let judgement = judged(at(last) + TimeDelta::seconds(1));
            let mut expected = Holdings::default();
            expected.go(DataCategory::PastVisits, 1);
            assert_eq!(judgement.holdings, expected);
            assert_eq!(judgement.emptied.len(), 1, "the other one has nothing to lose");
        }
    }

    #[test]
    fn nothing_is_told_of_what_is_empty() {
        let now = at("2026-03-02T08:00:00Z");
        let visits = vec![
            visit(S::NoShow, now, false),
            visit(S::CancelledDoctor, now, false),
        ];
        let judgement = judge(visits, &step(now, false), now, Retention::default());
        assert_eq!(judgement.holdings, Holdings::default());
        assert!(judgement.called_off.is_empty() && judgement.emptied.is_empty());
    }

    #[test]
    fn a_review_is_about_visits_that_took_place() {
        let now = at("2026-03-02T08:00:00Z");
        let visits = vec![
            visit(S::Confirmed, now + TimeDelta::days(1), true),
            visit(S::NoShow, now - TimeDelta::days(1), true),
        ];
        let review = ErasureStep {
            round: 2,
            ..step(now, false)
        };
        let judgement = judge(visits, &review, now, Retention::default());
        assert_eq!(judgement.holdings, Holdings::default());
        assert!(judgement.called_off.is_empty() && judgement.emptied.is_empty());
    }

    #[test]
    fn a_visit_that_has_begun_since_the_round_did_is_not_to_come() {
        let asked = at("2026-03-02T08:00:00Z");
        let start = asked + TimeDelta::hours(1);
        let judged = |now| {
            let visits = vec![visit(S::Confirmed, start, false)];
            judge(visits, &step(asked, false), now, Retention::default())
        };
        assert_eq!(judged(asked).called_off.len(), 1);
        let judgement = judged(start);
        assert!(judgement.called_off.is_empty());
        assert_eq!(judgement.holdings.stays.len(), 1);
    }
}

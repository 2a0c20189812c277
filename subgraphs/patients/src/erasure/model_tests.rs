use super::*;
use crate::patient::{Language, Mrn, Profile};
use caregraph_contracts::Domain;
use caregraph_contracts::ids::PatientId;
use uuid::Uuid;

const NOW: DateTime<Utc> = DateTime::<Utc>::UNIX_EPOCH;

fn later(days: i64) -> DateTime<Utc> {
    NOW + TimeDelta::days(days)
}

fn wanted() -> Erasure {
    let patient = Patient::new(
        PatientId::from(Uuid::from_u128(5)),
        Mrn::from_counter(1),
        Profile::blank(Language::Vi),
        NOW,
    );
    let by = (patient.id.as_user(), None);
    Erasure::requested(
        Uuid::from_u128(1).into(),
        &patient,
        by,
        NOW,
        &Retention::default(),
    )
}

fn answer(domain: Domain, round: u32, holdings: Holdings) -> ErasureAnswer {
    let erasure = wanted();
    ErasureAnswer {
        erasure_id: erasure.id,
        patient_id: erasure.patient,
        round,
        domain,
        holdings,
    }
}

/// All domains answer; records keeps the medical record until a day.
fn all_answer(erasure: &mut Erasure, kept_until: Option<NaiveDate>) {
    for domain in ErasureAnswer::DOMAINS {
        let mut holdings = Holdings::default();
        if *domain == Domain::Records
            && let Some(until) = kept_until
        {
            let law = RetentionBasis::MedicalRecordsLaw;
            holdings.stay(DataCategory::MedicalRecords, 3, law, Some(until));
        }
        let last = erasure.hear(answer(*domain, erasure.round, holdings));
        assert_eq!(last, erasure.answers.len() == ErasureAnswer::DOMAINS.len());
    }
}

#[test]
fn an_erasure_waits_for_everybody_and_then_for_its_time() {
    let mut erasure = wanted();
    assert!(!erasure.carry_on(false, NOW), "nobody knows yet what stays");
    assert!(
        erasure.carry_on(false, later(10)),
        "who does not answer is asked again"
    );
    assert_eq!((erasure.status, erasure.round), (ErasureStatus::Surveying, 0));
    assert!(!erasure.carry_on(false, later(10)));
    all_answer(&mut erasure, None);
    assert_eq!(erasure.identified_until(), None);
    erasure.surveyed(Holdings::default());
    assert_eq!(erasure.status, ErasureStatus::Scheduled);
    assert!(!erasure.carry_on(false, later(1)));
    assert!(erasure.carry_on(true, later(2)));
    assert_eq!((erasure.status, erasure.round), (ErasureStatus::CarryingOut, 1));
    assert!(
        erasure.step(later(2)).deceased,
        "judged by what is known when it is carried out"
    );
    assert!(!erasure.carry_on(false, later(2)), "once only");
    assert_eq!(erasure.cancel(), Err(CancelProblem::TooLate));
    all_answer(&mut erasure, None);
    erasure.carried_out(Holdings::default(), later(2));
    assert_eq!((erasure.status, erasure.review_on), (ErasureStatus::Done, None));
    assert!(!erasure.carry_on(false, later(99_999)), "nothing is left");
}

#[test]
fn answers_that_come_twice_or_from_another_round_do_not_count() {
    let mut erasure = wanted();
    let first = answer(Domain::Identity, 0, Holdings::default());
    assert!(!erasure.hear(first.clone()));
    assert!(!erasure.hear(first));
    assert!(!erasure.hear(answer(Domain::Records, 1, Holdings::default())));
    assert!(!erasure.hear(answer(Domain::Practitioners, 0, Holdings::default())));
    assert_eq!(erasure.answers.len(), 1);
}

#[test]
fn what_the_law_keeps_goes_when_its_time_is_over() {
    let mut erasure = wanted();
    let until = NaiveDate::from_ymd_opt(1980, 1, 1).unwrap();
    all_answer(&mut erasure, Some(until));
    assert_eq!(erasure.identified_until(), Some(Some(until)));
    erasure.surveyed(Holdings::default());
    assert!(erasure.carry_on(false, later(2)));
    all_answer(&mut erasure, Some(until));
    erasure.carried_out(Holdings::default(), later(2));
    assert_eq!(erasure.review_on, Some(until));
    let last_day = until.and_hms_opt(23, 59, 59).unwrap().and_utc();
    assert!(
        !erasure.carry_on(false, last_day),
        "the law keeps it on that day too"
    );
    assert!(erasure.carry_on(false, last_day + TimeDelta::seconds(1)));
    assert_eq!(erasure.round, 2);
}

#[test]
fn what_was_called_off_hears_nothing_any_more() {
    let mut erasure = wanted();
    assert_eq!(erasure.cancel(), Ok(()));
    assert_eq!(erasure.cancel(), Err(CancelProblem::Cancelled));
    assert!(!erasure.hear(answer(Domain::Identity, 0, Holdings::default())));
    assert!(!erasure.carry_on(false, later(100)));
}

#[test]
fn a_status_is_read_as_it_was_written() {
    for status in ErasureStatus::ALL {
        assert_eq!(ErasureStatus::read(status.as_str()), Some(status));
    }
    assert_eq!(ErasureStatus::read("GONE"), None);
}

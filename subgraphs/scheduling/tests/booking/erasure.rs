//! What goes and what stays when a person's data are erased.

use crate::merged::{envelope, merge};
use crate::refusals::refusal;
use crate::world::{Clinic, Person, cancel, tomorrow};
use caregraph_contracts::events::{
    AppointmentStatus as S, CancelledBy, DataCategory, ErasureStep, Holdings, PatientsEvent, RetentionBasis,
    SchedulingEvent,
};
use caregraph_contracts::ids::AppointmentId;
use caregraph_kit::on_every_engine;
use caregraph_scheduling::SchedulingSettings;
use caregraph_scheduling::appointment::model::{Appointment, Change, ChangeTexts, ClinicalTexts};
use caregraph_scheduling::appointment::status::ChangeKind;
use caregraph_scheduling::appointment::{Book, BookRefusal, Cancel, Complete, UpdateNotes};
use caregraph_scheduling::hold::HoldSlot;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// What is asked about a person with these records: 0 is the survey.
fn step(clinic: &Clinic, records: &[&Person], round: u32) -> ErasureStep {
    ErasureStep {
        erasure_id: clinic.here.ground.clock.new_id(),
        round,
        patient_id: records[0].patient_id(),
        records: records.iter().map(|record| record.patient_id()).collect(),
        deceased: false,
        requested_by: records[0].user,
        at: clinic.here.ground.clock.now(),
    }
}

/// Asks as patients does, and waits for the answer.
async fn asked(clinic: &Clinic, step: &ErasureStep) -> Holdings {
    let ground = &clinic.here.ground;
    let subgraph = caregraph_scheduling::build(ground.clone(), SchedulingSettings::default());
    let handler = subgraph
        .handlers
        .into_iter()
        .find(|handler| handler.name() == "scheduling.erasure");
    let event = envelope(&clinic.here, &PatientsEvent::ErasureAsked { step: step.clone() });
    let mut tx = ground.database.begin().await.unwrap();
    handler.unwrap().handle(&mut tx, &event).await.unwrap();
    tx.commit().await.unwrap();
    let answer = match told(clinic).await.pop() {
        Some(SchedulingEvent::ErasureAnswered { answer }) => answer,
        other => panic!("should be an answer, but: {other:?}"),
    };
    assert_eq!((answer.erasure_id, answer.round), (step.erasure_id, step.round));
    answer.holdings
}

/// Everything that scheduling has told.
async fn told(clinic: &Clinic) -> Vec<SchedulingEvent> {
    clinic.end_of_log().await;
    let log = clinic.here.ground.events.read_after(0, 1000).await.unwrap();
    log.iter().map(|event| event.decode().unwrap().unwrap()).collect()
}

/// Cancellations that were told: of which visit, at which revision, by whom.
async fn cancellations(clinic: &Clinic) -> Vec<(AppointmentId, i64, CancelledBy)> {
    let cancelled = told(clinic).await.into_iter().filter_map(|event| match event {
        SchedulingEvent::AppointmentCancelled { appointment, by } => {
            Some((appointment.appointment_id, appointment.revision, by))
        }
        _ => None,
    });
    cancelled.collect()
}

/// A checkup of which something was written.
fn worded(clinic: &Clinic, start: DateTime<Utc>) -> Book {
    Book {
        reason: Some("Cough".to_owned()),
        note_for_doctor: Some("Allergic".to_owned()),
        ..clinic.checkup_at(start)
    }
}

/// All of a visit: as the first doctor reads it, who reads everything.
async fn all_of(clinic: &Clinic, id: AppointmentId) -> (Appointment, Vec<Change>) {
    let (service, doctor) = (&clinic.here.appointments, &clinic.doctors[0].principal);
    let visit = service.find(doctor, id).await.unwrap().unwrap().appointment;
    (visit, service.history(doctor, id).await.unwrap().unwrap())
}

async fn is_silent(clinic: &Clinic, id: AppointmentId) -> bool {
    let (visit, history) = all_of(clinic, id).await;
    let silent = ChangeTexts::default();
    visit.texts == ClinicalTexts::default() && history.iter().all(|change| change.texts == silent)
}

fn goes(counts: &[(DataCategory, u64)]) -> Holdings {
    let mut holdings = Holdings::default();
    for (category, count) in counts {
        holdings.go(*category, *count);
    }
    holdings
}

fn stays(mut holdings: Holdings, count: u64, until: &str) -> Holdings {
    let until: NaiveDate = until.parse().unwrap();
    let basis = RetentionBasis::MedicalRecordsLaw;
    holdings.stay(DataCategory::PastVisits, count, basis, Some(until));
    holdings
}

on_every_engine! {
    async fn a_survey_changes_nothing(clinic: Clinic) {
        let patient = clinic.patient().await;
        let ahead = clinic.book(&patient, worded(&clinic, tomorrow(9, 0))).await.unwrap().appointment.id;
        let off = clinic.book(&patient, worded(&clinic, tomorrow(10, 0))).await.unwrap().appointment.id;
        clinic.here.appointments.cancel(&patient.principal, cancel(off)).await.unwrap();
        let slot = HoldSlot {
            service_id: clinic.checkup,
            practitioner_id: clinic.doctors[0].practitioner_id(),
            start: tomorrow(11, 0),
            patient_id: None,
        };
        clinic.here.holds.hold(&patient.principal, slot).await.unwrap();
        let before = (all_of(&clinic, ahead).await, all_of(&clinic, off).await, told(&clinic).await.len());
        let survey = step(&clinic, &[&patient], 0);
        let expected = goes(&[(DataCategory::UpcomingVisits, 1), (DataCategory::MissedVisits, 1)]);
        assert_eq!(asked(&clinic, &survey).await, expected);
        // Until it comes to it, the visit will have taken place.
        let later = ErasureStep { at: tomorrow(9, 0), ..survey };
        let expected = stays(goes(&[(DataCategory::MissedVisits, 1)]), 1, "2036-03-04");
        assert_eq!(asked(&clinic, &later).await, expected);
        let after = (all_of(&clinic, ahead).await, all_of(&clinic, off).await, told(&clinic).await.len() - 2);
        assert_eq!(after, before, "nothing but two answers");
        let taken = refusal(clinic.book(&clinic.newcomer(), clinic.checkup_at(tomorrow(11, 0))).await);
        assert!(matches!(taken, BookRefusal::SlotUnavailable { .. }));
    }

    async fn a_visit_that_is_to_come_is_called_off(clinic: Clinic) {
        let (patient, other) = (clinic.patient().await, clinic.patient().await);
        let (service, doctor) = (&clinic.here.appointments, &clinic.doctors[0]);
        let visit = clinic.book(&patient, worded(&clinic, tomorrow(9, 0))).await.unwrap();
        let id = visit.appointment.id;
        let mut command = clinic.move_to(&visit, tomorrow(9, 30));
        command.reason = Some("Surgery".to_owned());
        service.reschedule(&patient.principal, command).await.unwrap();
        let notes = UpdateNotes { id, note_for_doctor: None, doctors_notes: Some("Bring X-ray".to_owned()) };
        service.update_notes(&doctor.principal, notes.clone()).await.unwrap();
        let others = clinic.book(&other, worded(&clinic, tomorrow(10, 0))).await.unwrap().appointment.id;
        let untouched = all_of(&clinic, others).await;
        // Too late for the patient to cancel: an erasure keeps no notice.
        clinic.at(tomorrow(9, 0));
        let holdings = asked(&clinic, &step(&clinic, &[&patient], 1)).await;
        assert_eq!(holdings, goes(&[(DataCategory::UpcomingVisits, 1)]));
        let (erased, history) = all_of(&clinic, id).await;
        assert_eq!((erased.status, erased.revision), (S::CancelledPatient, 4));
        assert!(is_silent(&clinic, id).await);
        let last = history.last().unwrap();
        assert_eq!((last.kind, last.by, last.at), (ChangeKind::Cancelled, patient.user, tomorrow(9, 0)));
        assert_eq!((history.len(), last.revision), (4, 4));
        assert_eq!(cancellations(&clinic).await, [(id, 4, CancelledBy::Patient)]);
        assert_eq!(all_of(&clinic, others).await, untouched);
        // The time is everybody's again: the doctor's, and the patient's.
        clinic.book(&clinic.newcomer(), clinic.checkup_at(tomorrow(9, 30))).await.unwrap();
        let elsewhere = Book {
            practitioner_id: clinic.doctors[1].practitioner_id(),
            ..clinic.checkup_at(tomorrow(9, 30))
        };
        clinic.book(&patient, elsewhere).await.unwrap();
        // What is written down from now on finds its place in the history.
        service.update_notes(&doctor.principal, notes).await.unwrap();
        assert_eq!(all_of(&clinic, id).await.1.len(), 5);
    }

    async fn missed_visits_lose_their_words_and_the_others_when_they_are_old(clinic: Clinic) {
        let (patient, doctor) = (clinic.patient().await, &clinic.doctors[0].principal);
        let service = &clinic.here.appointments;
        let mut ids = Vec::new();
        for hour in 9..13 {
            let visit = clinic.book(&patient, worded(&clinic, tomorrow(hour, 0))).await.unwrap();
            ids.push(service.confirm(doctor, visit.appointment.id).await.unwrap().appointment.id);
        }
        let [seen, absent, off, forgotten] = ids[..] else { panic!("four") };
        let wordless = clinic.confirmed_visit(&patient, tomorrow(13, 0)).await.appointment.id;
        let reason = Cancel { reason: "Better".to_owned(), ..cancel(off) };
        service.cancel(&patient.principal, reason).await.unwrap();
        clinic.at(tomorrow(17, 0));
        service.check_in(doctor, seen).await.unwrap();
        service.complete(doctor, Complete { id: seen, notes: Some("Healthy".to_owned()) }).await.unwrap();
        for id in [absent, wordless] {
            service.mark_no_show(doctor, id).await.unwrap();
        }
        let kept = (all_of(&clinic, seen).await, all_of(&clinic, forgotten).await);
        let missed = (all_of(&clinic, absent).await.0, all_of(&clinic, off).await.0);
        let cancelled = cancellations(&clinic).await;

        let holdings = asked(&clinic, &step(&clinic, &[&patient], 1)).await;
        assert_eq!(holdings, stays(goes(&[(DataCategory::MissedVisits, 2)]), 2, "2036-03-04"));
        assert_eq!((all_of(&clinic, seen).await, all_of(&clinic, forgotten).await), kept);
        let emptied = |visit: Appointment| Appointment { texts: ClinicalTexts::default(), ..visit };
        let left = (all_of(&clinic, absent).await.0, all_of(&clinic, off).await.0);
        assert_eq!(left, (emptied(missed.0), emptied(missed.1)), "texts, and nothing else");
        assert!(is_silent(&clinic, absent).await && is_silent(&clinic, off).await);

        // The last day on which they must stay.
        clinic.at("2036-03-04T23:59:59Z".parse().unwrap());
        let holdings = asked(&clinic, &step(&clinic, &[&patient], 2)).await;
        assert_eq!(holdings, stays(Holdings::default(), 2, "2036-03-04"));
        assert_eq!((all_of(&clinic, seen).await, all_of(&clinic, forgotten).await), kept);
        clinic.here.ground.clock.advance(TimeDelta::seconds(1));
        let holdings = asked(&clinic, &step(&clinic, &[&patient], 3)).await;
        assert_eq!(holdings, goes(&[(DataCategory::PastVisits, 2)]));
        for (id, status) in [(seen, S::Completed), (forgotten, S::Confirmed)] {
            assert!(is_silent(&clinic, id).await);
            assert_eq!(all_of(&clinic, id).await.0.status, status);
        }
        assert_eq!(asked(&clinic, &step(&clinic, &[&patient], 4)).await, Holdings::default());
        assert_eq!(cancellations(&clinic).await, cancelled, "nobody heard of a visit again");
    }

    /// A wish from years ago does not reach what came after it.
    async fn a_later_round_is_about_visits_that_took_place(clinic: Clinic) {
        let patient = clinic.patient().await;
        let service = &clinic.here.appointments;
        let old = clinic.book(&patient, worded(&clinic, tomorrow(9, 0))).await.unwrap().appointment.id;
        let moment = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
        clinic.at(moment("2036-03-05T00:00:00Z"));
        let (nine, ten) = (moment("2036-03-07T02:00:00Z"), moment("2036-03-07T03:00:00Z"));
        let ahead = clinic.book(&patient, worded(&clinic, nine)).await.unwrap().appointment.id;
        let off = clinic.book(&patient, worded(&clinic, ten)).await.unwrap().appointment.id;
        service.cancel(&patient.principal, cancel(off)).await.unwrap();
        let slot = HoldSlot {
            service_id: clinic.checkup,
            practitioner_id: clinic.doctors[0].practitioner_id(),
            start: ten,
            patient_id: None,
        };
        clinic.here.holds.hold(&patient.principal, slot).await.unwrap();
        let before = (all_of(&clinic, ahead).await, all_of(&clinic, off).await, told(&clinic).await.len());
        let holdings = asked(&clinic, &step(&clinic, &[&patient], 2)).await;
        assert_eq!(holdings, goes(&[(DataCategory::PastVisits, 1)]));
        assert!(is_silent(&clinic, old).await);
        let after = (all_of(&clinic, ahead).await, all_of(&clinic, off).await, told(&clinic).await.len() - 1);
        assert_eq!(after, before, "nothing but an answer");
        let taken = refusal(clinic.book(&clinic.newcomer(), clinic.checkup_at(ten)).await);
        assert!(matches!(taken, BookRefusal::SlotUnavailable { .. }));
    }

    /// Scheduling may hear of a round long after it has begun.
    async fn a_visit_that_has_begun_meanwhile_is_not_called_off(clinic: Clinic) {
        let patient = clinic.patient().await;
        let begun = clinic.confirmed_visit(&patient, tomorrow(9, 0)).await.appointment.id;
        let ahead = clinic.confirmed_visit(&patient, tomorrow(11, 0)).await.appointment.id;
        let late = step(&clinic, &[&patient], 1);
        clinic.at(tomorrow(9, 10));
        let holdings = asked(&clinic, &late).await;
        assert_eq!(holdings, stays(goes(&[(DataCategory::UpcomingVisits, 1)]), 1, "2036-03-04"));
        assert_eq!(clinic.look_at(begun).await.status, S::Confirmed);
        assert_eq!(clinic.look_at(ahead).await.status, S::CancelledPatient);
    }

    async fn erasing_twice_is_erasing_once(clinic: Clinic) {
        let patient = clinic.patient().await;
        let id = clinic.book(&patient, worded(&clinic, tomorrow(9, 0))).await.unwrap().appointment.id;
        let first = step(&clinic, &[&patient], 1);
        asked(&clinic, &first).await;
        let once = all_of(&clinic, id).await;
        assert_eq!(asked(&clinic, &first).await, Holdings::default());
        assert_eq!(all_of(&clinic, id).await, once);
        assert_eq!(cancellations(&clinic).await.len(), 1);
        // Of somebody of whom nothing is known, nothing goes.
        let stranger = clinic.newcomer();
        assert_eq!(asked(&clinic, &step(&clinic, &[&stranger], 1)).await, Holdings::default());
    }

    async fn all_records_of_the_person_are_erased(clinic: Clinic) {
        let (lan, twin) = (clinic.patient().await, clinic.patient().await);
        let own = clinic.confirmed_visit(&lan, tomorrow(9, 0)).await.appointment;
        let twins = clinic.confirmed_visit(&twin, tomorrow(10, 0)).await.appointment;
        merge(&clinic, &lan, &twin).await;
        let holdings = asked(&clinic, &step(&clinic, &[&lan, &twin], 1)).await;
        assert_eq!(holdings, goes(&[(DataCategory::UpcomingVisits, 2)]));
        for visit in [own, twins] {
            let erased = clinic.look_at(visit.id).await;
            assert_eq!((erased.status, erased.patient_id), (S::CancelledPatient, visit.patient_id));
        }
    }

    async fn times_that_are_held_for_the_person_are_free_again(clinic: Clinic) {
        let (patient, mother) = (clinic.patient().await, clinic.patient().await);
        let other = clinic.patient().await;
        clinic.knows(patient.patient_id(), Some(patient.user), &[mother.user]).await;
        let slot = |start, patient_id| HoldSlot {
            service_id: clinic.checkup,
            practitioner_id: clinic.doctors[0].practitioner_id(),
            start,
            patient_id,
        };
        let holds = &clinic.here.holds;
        holds.hold(&patient.principal, slot(tomorrow(9, 0), None)).await.unwrap();
        holds.hold(&mother.principal, slot(tomorrow(10, 0), Some(patient.patient_id()))).await.unwrap();
        holds.hold(&mother.principal, slot(tomorrow(11, 0), None)).await.unwrap();
        assert_eq!(asked(&clinic, &step(&clinic, &[&patient], 1)).await, Holdings::default());
        for hour in [9, 10] {
            clinic.book(&other, clinic.checkup_at(tomorrow(hour, 0))).await.unwrap();
        }
        // What the mother holds for herself is hers.
        let taken = refusal(clinic.book(&other, clinic.checkup_at(tomorrow(11, 0))).await);
        assert!(matches!(taken, BookRefusal::SlotUnavailable { .. }));
    }
}

//! What may be done when, and what is remembered of it.

use crate::refusals::{kind, refusal};
use crate::world::{Clinic, cancel, tomorrow};
use caregraph_contracts::events::{AppointmentStatus as S, CancelledBy, SchedulingEvent};
use caregraph_contracts::ids::AppointmentId;
use caregraph_kit::{Failure, on_every_engine};
use caregraph_scheduling::appointment::model::ChangeTexts;
use caregraph_scheduling::appointment::status::{ALL_STATUSES, ChangeKind as K, Side, next};
use caregraph_scheduling::appointment::{
    Book, Cancel, ChangeRefusal, Complete, Decline, Reschedule, RescheduleRefusal, StatusRefusal, TooLate,
    UpdateNotes, VisibleAppointment,
};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, Statement};

const NOTICE: TimeDelta = TimeDelta::hours(2);

fn text<R: std::fmt::Debug>(failure: Failure<R>) -> String {
    format!("{failure:?}")
}

/// What the first doctor does to a visit.
async fn act(clinic: &Clinic, id: AppointmentId, kind: K) -> Result<VisibleAppointment, String> {
    let (service, doctor) = (&clinic.here.appointments, &clinic.doctors[0].principal);
    let reason = || "Because".to_owned();
    match kind {
        K::Booked => unreachable!("nobody books an appointment that is there"),
        K::Confirmed => service.confirm(doctor, id).await.map_err(text),
        K::Declined => service
            .decline(doctor, Decline { id, reason: reason() })
            .await
            .map_err(text),
        K::Cancelled => service.cancel(doctor, cancel(id)).await.map_err(text),
        K::CheckedIn => service.check_in(doctor, id).await.map_err(text),
        K::Completed => service
            .complete(doctor, Complete { id, notes: None })
            .await
            .map_err(text),
        K::NoShow => service.mark_no_show(doctor, id).await.map_err(text),
        K::NotesUpdated => {
            let notes = UpdateNotes {
                id,
                note_for_doctor: None,
                doctors_notes: Some(clinic.key()),
            };
            service.update_notes(doctor, notes).await.map_err(text)
        }
        K::Rescheduled => {
            let visit = clinic.look_at(id).await.visit;
            let command = Reschedule {
                id,
                start: visit.start + TimeDelta::days(1),
                practitioner_id: None,
                reason: None,
                idempotency_key: clinic.key(),
            };
            service.reschedule(doctor, command).await.map_err(text)
        }
    }
}

/// The way into each status for a visit that was booked by a patient and has begun.
fn way_to(status: S) -> &'static [K] {
    match status {
        // A patient cancels on the way, see the test.
        S::Pending | S::CancelledPatient => &[],
        S::Confirmed => &[K::Confirmed],
        S::CheckedIn => &[K::Confirmed, K::CheckedIn],
        S::Completed => &[K::Confirmed, K::CheckedIn, K::Completed],
        S::CancelledDoctor => &[K::Declined],
        S::NoShow => &[K::Confirmed, K::NoShow],
    }
}

on_every_engine! {
    async fn only_legal_changes_of_status(clinic: Clinic) {
        let short = clinic.offer("SHORT", (5, 0, 0, 5)).await;
        let mut visits = Vec::new();
        for status in ALL_STATUSES {
            for kind in K::ALL.iter().filter(|kind| **kind != K::Booked) {
                let start = tomorrow(8, 5 * i64::try_from(visits.len()).unwrap());
                let patient = clinic.newcomer();
                let wish = Book { service_id: short, ..clinic.checkup_at(start) };
                let id = clinic.book(&patient, wish).await.unwrap().appointment.id;
                if *status == S::CancelledPatient {
                    clinic.here.appointments.cancel(&patient.principal, cancel(id)).await.unwrap();
                }
                visits.push((id, *status, *kind));
            }
        }
        // In the evening of the day all of them have begun, and check-in is still open.
        clinic.at(tomorrow(18, 0));
        for (id, status, kind) in visits {
            for step in way_to(status) {
                act(&clinic, id, *step).await.unwrap();
            }
            let before = (clinic.look_at(id).await, clinic.history(id).await);
            assert_eq!(before.0.status, status);
            match (act(&clinic, id, kind).await, next(status, kind, Side::Practice)) {
                (Ok(after), Some(expected)) => {
                    assert_eq!(after.appointment.status, expected, "{status:?} {kind:?}");
                    assert_eq!(clinic.history(id).await.len(), before.1.len() + 1);
                }
                (Err(refused), None) => {
                    assert!(refused.contains("IllegalStatusChange"), "{status:?} {kind:?}: {refused}");
                    let after = (clinic.look_at(id).await, clinic.history(id).await);
                    assert_eq!(after, before, "a refusal changes nothing");
                }
                (result, expected) => panic!("{status:?} {kind:?}: {result:?}, but expected {expected:?}"),
            }
        }
    }

    async fn patients_keep_a_notice_and_the_practice_need_not(clinic: Clinic) {
        let start = tomorrow(15, 0);
        let latest = start - NOTICE;
        let mut visits = Vec::new();
        for i in 0..4 {
            let patient = clinic.newcomer();
            visits.push((clinic.confirmed_visit(&patient, start).await, patient));
            // Make room for the next at the same time: on another day, at the same hour.
            if i < 3 {
                let (visit, patient) = visits.last().unwrap();
                let to = start + TimeDelta::days(i + 1);
                let moved = clinic.here.appointments.reschedule(&patient.principal, clinic.move_to(visit, to));
                moved.await.unwrap();
            }
        }
        let (visit, patient) = visits.pop().unwrap();
        let id = visit.appointment.id;
        let service = &clinic.here.appointments;
        // A moment too late for the patient: neither cancelling nor moving.
        clinic.at(latest + TimeDelta::microseconds(1));
        let late = TooLate { latest };
        assert_eq!(refusal(service.cancel(&patient.principal, cancel(id)).await), ChangeRefusal::TooLate(late));
        let moved = service.reschedule(&patient.principal, clinic.move_to(&visit, tomorrow(17, 0))).await;
        assert_eq!(refusal(moved), RescheduleRefusal::TooLate(late));
        // The practice moves it all the same, and then the patient is in time again: to the microsecond.
        let moved = service.reschedule(&clinic.nurse.principal, clinic.move_to(&visit, tomorrow(17, 0))).await.unwrap();
        assert_eq!(moved.appointment.status, S::Confirmed, "what the practice moves needs no confirmation");
        clinic.at(tomorrow(17, 0) - NOTICE);
        let moved = service.reschedule(&patient.principal, clinic.move_to(&moved, tomorrow(17, 30))).await.unwrap();
        assert_eq!(moved.appointment.status, S::Pending, "what a patient moves waits for the practice");
        clinic.at(tomorrow(17, 30) - NOTICE);
        let cancelled = service.cancel(&patient.principal, cancel(id)).await.unwrap();
        assert_eq!(cancelled.appointment.status, S::CancelledPatient);
        // Staff cancel even when the visit should have begun.
        let (visit, _) = &visits[0];
        clinic.at(start + TimeDelta::days(2));
        let confirmed = service.cancel(&clinic.nurse.principal, cancel(visit.appointment.id)).await.unwrap();
        assert_eq!(confirmed.appointment.status, S::CancelledDoctor);
    }

    async fn a_cancellation_for_the_patient_is_the_patients(clinic: Clinic) {
        let visit = clinic.confirmed_visit(&clinic.newcomer(), tomorrow(9, 0)).await;
        let by_phone = Cancel { on_behalf_of_patient: true, ..cancel(visit.appointment.id) };
        let cancelled = clinic.here.appointments.cancel(&clinic.nurse.principal, by_phone).await.unwrap();
        assert_eq!(cancelled.appointment.status, S::CancelledPatient);
        let declined = clinic.book(&clinic.newcomer(), clinic.checkup_at(tomorrow(10, 0))).await.unwrap();
        let no = Decline { id: declined.appointment.id, reason: "Ill".to_owned() };
        clinic.here.appointments.decline(&clinic.doctors[0].principal, no).await.unwrap();
        let told = caregraph_kit::testing::eventually("both are told", async || {
            let log = clinic.here.ground.events.read_after(0, 100).await.unwrap();
            let told: Vec<_> = log
                .iter()
                .filter_map(|event| match event.decode::<SchedulingEvent>().unwrap()? {
                    SchedulingEvent::AppointmentCancelled { appointment, by } => {
                        assert_eq!(appointment.practitioner_name, "Dr. Trần Thị Mai");
                        assert_eq!(appointment.service_name, "Service CHECKUP");
                        assert_eq!(appointment.location_name.as_deref(), Some("District 1"));
                        Some((by, appointment.status))
                    }
                    _ => None,
                })
                .collect();
            (told.len() == 2).then_some(told)
        })
        .await;
        let expected = [(CancelledBy::Patient, S::CancelledPatient), (CancelledBy::Practice, S::CancelledDoctor)];
        assert_eq!(told, expected);
    }

    async fn a_cancelled_or_missed_visit_gives_its_time_back(clinic: Clinic) {
        let patient = clinic.newcomer();
        let visit = clinic.confirmed_visit(&patient, tomorrow(9, 0)).await;
        clinic.here.appointments.cancel(&patient.principal, cancel(visit.appointment.id)).await.unwrap();
        clinic.book(&patient, clinic.checkup_at(tomorrow(9, 0))).await.unwrap();
        let long = clinic.offer("LONG", (120, 0, 0, 30)).await;
        let absent = Book { service_id: long, ..clinic.checkup_at(tomorrow(10, 0)) };
        let absent = clinic.book(&clinic.newcomer(), absent).await.unwrap().appointment.id;
        clinic.here.appointments.confirm(&clinic.nurse.principal, absent).await.unwrap();
        clinic.at(tomorrow(10, 15));
        clinic.here.appointments.mark_no_show(&clinic.doctors[0].principal, absent).await.unwrap();
        clinic.book(&clinic.newcomer(), clinic.checkup_at(tomorrow(11, 0))).await.unwrap();
    }

    async fn check_in_opens_in_the_morning_of_the_day_at_the_place(clinic: Clinic) {
        let visit = clinic.confirmed_visit(&clinic.newcomer(), tomorrow(9, 0)).await.appointment.id;
        let service = &clinic.here.appointments;
        let common = |refused| match refused {
            StatusRefusal::Common(rejection) => kind(&rejection),
            other @ StatusRefusal::Illegal(_) => panic!("{other:?}"),
        };
        clinic.at(tomorrow(0, 0) - TimeDelta::microseconds(1));
        assert_eq!(common(refusal(service.check_in(&clinic.nurse.principal, visit).await)), "Conflict id");
        clinic.at(tomorrow(0, 0));
        assert_eq!(common(refusal(service.mark_no_show(&clinic.nurse.principal, visit).await)), "Conflict id");
        service.check_in(&clinic.nurse.principal, visit).await.unwrap();
    }

    async fn the_history_tells_everything(clinic: Clinic) {
        let (patient, doctor, nurse) = (clinic.patient().await, &clinic.doctors[0], &clinic.nurse);
        let service = &clinic.here.appointments;
        let wish = Book {
            reason: Some("Cough".to_owned()),
            note_for_doctor: Some("Allergic".to_owned()),
            ..clinic.checkup_at(tomorrow(9, 0))
        };
        let visit = clinic.book(&patient, wish).await.unwrap();
        let id = visit.appointment.id;
        service.confirm(&doctor.principal, id).await.unwrap();
        let mut command = clinic.move_to(&visit, tomorrow(10, 0));
        command.reason = Some("Surgery".to_owned());
        service.reschedule(&nurse.principal, command).await.unwrap();
        let notes = |note: Option<&str>, own: Option<&str>| UpdateNotes {
            id,
            note_for_doctor: note.map(str::to_owned),
            doctors_notes: own.map(str::to_owned),
        };
        service.update_notes(&patient.principal, notes(Some(" "), None)).await.unwrap();
        // Saying the same again is no change.
        service.update_notes(&patient.principal, notes(Some(""), None)).await.unwrap();
        service.update_notes(&doctor.principal, notes(None, Some("Bring X-ray"))).await.unwrap();
        clinic.at(tomorrow(10, 0));
        service.check_in(&nurse.principal, id).await.unwrap();
        let done = Complete { id, notes: Some("Healthy".to_owned()) };
        service.complete(&doctor.principal, done).await.unwrap();

        let history = service.history(&doctor.principal, id).await.unwrap().unwrap();
        let lines: Vec<_> = history.iter().map(|change| (change.revision, change.kind, change.by)).collect();
        let expected = [
            (1, K::Booked, patient.user),
            (2, K::Confirmed, doctor.user),
            (3, K::Rescheduled, nurse.user),
            (4, K::NotesUpdated, patient.user),
            (5, K::NotesUpdated, doctor.user),
            (6, K::CheckedIn, nurse.user),
            (7, K::Completed, doctor.user),
        ];
        assert_eq!(lines, expected);
        assert!(history[0].before.is_none());
        for pair in history.windows(2) {
            assert_eq!(pair[1].before, Some(pair[0].after), "each change starts where the one before ended");
        }
        assert_eq!(history[2].texts.reason.as_deref(), Some("Surgery"));
        assert_eq!((history[1].after.start, history[2].after.start), (tomorrow(9, 0), tomorrow(10, 0)));
        assert_eq!(history[3].texts.previous_note_for_doctor.as_deref(), Some("Allergic"));
        assert_eq!(history[6].texts.previous_doctors_notes.as_deref(), Some("Bring X-ray"));
        assert_eq!(history[6].at, tomorrow(10, 0));

        // What others read of it.
        let by_patient = service.history(&patient.principal, id).await.unwrap().unwrap();
        assert_eq!(by_patient[2].texts.reason.as_deref(), Some("Surgery"));
        assert!(by_patient.iter().all(|change| change.texts.previous_doctors_notes.is_none()));
        let by_admin = service.history(&clinic.admin.principal, id).await.unwrap().unwrap();
        assert_eq!(by_admin.len(), 7);
        assert!(by_admin.iter().all(|change| change.texts == ChangeTexts::default()));
        assert!(service.history(&clinic.newcomer().principal, id).await.unwrap().is_none());
    }

    async fn the_store_holds_no_clinical_text(clinic: Clinic) {
        let patient = clinic.newcomer();
        let secret = "Tuberculosis";
        let wish = Book {
            reason: Some(secret.to_owned()),
            note_for_doctor: Some(format!("{secret}?")),
            ..clinic.checkup_at(tomorrow(9, 0))
        };
        let visit = clinic.book(&patient, wish).await.unwrap();
        let id = visit.appointment.id;
        let mut command = clinic.move_to(&visit, tomorrow(10, 0));
        command.reason = Some(secret.to_owned());
        clinic.here.appointments.reschedule(&patient.principal, command).await.unwrap();
        let notes = UpdateNotes { id, note_for_doctor: None, doctors_notes: Some(secret.to_owned()) };
        clinic.here.appointments.update_notes(&clinic.doctors[0].principal, notes.clone()).await.unwrap();
        let other = UpdateNotes { doctors_notes: Some(format!("{secret}!")), ..notes };
        clinic.here.appointments.update_notes(&clinic.doctors[0].principal, other).await.unwrap();
        let reason = Cancel { reason: secret.to_owned(), ..cancel(id) };
        clinic.here.appointments.cancel(&patient.principal, reason).await.unwrap();
        let mut cells = 0;
        for (table, columns) in [
            ("appointments", &["reason", "note_for_doctor", "doctors_notes"][..]),
            ("appointment_changes", &["clinical"]),
            ("event_outbox", &["payload"]),
            ("idempotency_keys", &["fingerprint", "answer"]),
        ] {
            for column in columns {
                for text in texts(&clinic, table, column).await {
                    cells += 1;
                    assert!(!text.contains(secret), "{table}.{column} shows {text}");
                }
            }
        }
        assert!(cells >= 15, "the texts were found: {cells}");
        let seen = clinic.here.appointments.find(&clinic.doctors[0].principal, id).await.unwrap().unwrap();
        assert_eq!(seen.appointment.texts.doctors_notes.as_deref(), Some("Tuberculosis!"));
    }
}

async fn texts(clinic: &Clinic, table: &str, column: &str) -> Vec<String> {
    let reader = clinic.here.ground.database.reader();
    let query = format!("SELECT {column} AS text FROM {table} WHERE {column} IS NOT NULL");
    let rows = reader
        .query_all_raw(Statement::from_string(reader.get_database_backend(), query))
        .await
        .unwrap();
    rows.into_iter()
        .map(|row| row.try_get("", "text").unwrap())
        .collect()
}

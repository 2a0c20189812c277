//! Bad requests, and requests that are sent again.

use crate::refusals::{refusal, refused_booking};
use crate::world::{Clinic, tomorrow};
use caregraph_contracts::events::SchedulingEvent;
use caregraph_kit::on_every_engine;
use caregraph_scheduling::appointment::{Book, BookRefusal, RescheduleRefusal, UpdateNotes};
use chrono::{DateTime, TimeDelta, Utc};

on_every_engine! {
    async fn bad_wishes_get_a_clear_answer_and_change_nothing(clinic: Clinic) {
        let patient = clinic.patient().await;
        let good = || clinic.checkup_at(tomorrow(9, 0));
        let nowhere = || clinic.here.ground.clock.new_id::<uuid::Uuid>();
        let epoch = DateTime::<Utc>::UNIX_EPOCH;
        let bad = [
            ("Invalid start", Book { start: clinic.here.ground.clock.now() - TimeDelta::minutes(30), ..good() }),
            ("Invalid start", Book { start: clinic.here.ground.clock.now(), ..good() }),
            ("Invalid start", Book { start: epoch, ..good() }),
            ("Invalid start", Book { start: DateTime::<Utc>::MAX_UTC, ..good() }),
            ("Invalid start", Book { start: DateTime::<Utc>::MIN_UTC, ..good() }),
            ("Invalid start", Book { start: tomorrow(9, 7), ..good() }),
            ("Invalid start", Book { start: tomorrow(9, 0) + TimeDelta::microseconds(1), ..good() }),
            ("Invalid start", Book { start: tomorrow(3, 0), ..good() }),
            ("Invalid start", Book { start: tomorrow(9, 0) + TimeDelta::days(4000), ..good() }),
            ("NotFound serviceId", Book { service_id: nowhere().into(), ..good() }),
            ("NotFound practitionerId", Book { practitioner_id: nowhere().into(), ..good() }),
            ("NotFound patientId", Book { patient_id: Some(nowhere().into()), ..good() }),
            ("NotFound holdId", Book { hold_id: Some(nowhere().into()), ..good() }),
            ("Invalid reason", Book { reason: Some("x".repeat(10_000_000)), ..good() }),
            ("Invalid reason", Book { reason: Some("ữ".repeat(501)), ..good() }),
            ("Invalid noteForDoctor", Book { note_for_doctor: Some("x".repeat(2001)), ..good() }),
            ("Invalid idempotencyKey", Book { idempotency_key: String::new(), ..good() }),
            ("Invalid idempotencyKey", Book { idempotency_key: "k".repeat(129), ..good() }),
            ("Invalid idempotencyKey", Book { idempotency_key: "a b\0'--".to_owned(), ..good() }),
        ];
        for (expected, wish) in bad {
            let (start, key) = (wish.start, wish.idempotency_key.clone());
            assert_eq!(refused_booking(clinic.book(&patient, wish).await), expected, "{start} {key}");
        }
        assert!(clinic.everything().await.is_empty());
        clinic.end_of_log().await;
        assert!(clinic.here.ground.events.read_after(0, 10).await.unwrap().iter().all(|event| {
            event.decode::<SchedulingEvent>().unwrap().unwrap().appointment().is_none()
        }));
        // The longest texts that are allowed fit into the store, history and all.
        let wish = Book { reason: Some("ữ".repeat(500)), note_for_doctor: Some("😀".repeat(2000)), ..good() };
        let id = clinic.book(&patient, wish).await.unwrap().appointment.id;
        let longest = |c: &str, d: &str| UpdateNotes {
            id,
            note_for_doctor: Some(c.repeat(2000)),
            doctors_notes: Some(d.repeat(4000)),
        };
        for notes in [longest("\"", "😀"), longest("\\", "\"")] {
            clinic.here.appointments.update_notes(&clinic.doctors[0].principal, notes).await.unwrap();
        }
        let back = clinic.here.appointments.find(&clinic.doctors[0].principal, id).await.unwrap().unwrap();
        assert_eq!(back.appointment.texts.doctors_notes, Some("\"".repeat(4000)));
        assert_eq!(back.appointment.texts.reason, Some("ữ".repeat(500)));
    }

    async fn a_key_belongs_to_one_request_of_one_person(clinic: Clinic) {
        let (patient, other) = (clinic.patient().await, clinic.patient().await);
        let wish = Book { reason: Some("Cough".to_owned()), ..clinic.checkup_at(tomorrow(9, 0)) };
        let first = clinic.book(&patient, wish.clone()).await.unwrap();
        let again = clinic.book(&patient, wish.clone()).await.unwrap();
        assert_eq!(again, first);
        let different = Book { reason: Some("Fever".to_owned()), ..wish.clone() };
        assert_eq!(refusal(clinic.book(&patient, different).await), BookRefusal::KeyReused);
        let elsewhen = Book { start: tomorrow(9, 30), ..wish.clone() };
        assert_eq!(refusal(clinic.book(&patient, elsewhen.clone()).await), BookRefusal::KeyReused);
        clinic.book(&other, elsewhen).await.unwrap();
        // Still the first answer when the visit lies in the past.
        clinic.at(tomorrow(20, 0));
        assert_eq!(clinic.book(&patient, wish).await.unwrap().appointment.id, first.appointment.id);
        // The same for moving.
        clinic.at(tomorrow(7, 0) - TimeDelta::days(1));
        let command = clinic.move_to(&first, tomorrow(11, 0));
        let service = &clinic.here.appointments;
        let moved = service.reschedule(&patient.principal, command.clone()).await.unwrap();
        assert_eq!(service.reschedule(&patient.principal, command.clone()).await.unwrap(), moved);
        assert_eq!(clinic.history(first.appointment.id).await.len(), 2);
        let mut different = command;
        different.start = tomorrow(12, 0);
        assert_eq!(refusal(service.reschedule(&patient.principal, different).await), RescheduleRefusal::KeyReused);
    }
}

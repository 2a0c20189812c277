//! One person is in one place, whichever of their records is named.

use super::{hear, is_busy, listed, merge, of, part, with_second};
use crate::refusals::{kind, refusal};
use crate::world::{Clinic, Process, cancel, tomorrow};
use caregraph_contracts::events::PatientsEvent;
use caregraph_kit::idempotency::Keyed;
use caregraph_kit::on_every_engine;
use caregraph_migrations::scheduling::Migrator;
use caregraph_scheduling::appointment::{Book, BookRefusal, RescheduleRefusal};
use caregraph_scheduling::cells;
use caregraph_scheduling::directory::store as directory;
use caregraph_scheduling::hold::{HoldRefusal, HoldSlot};
use chrono::TimeDelta;
use std::time::Duration;

/// Long enough for whatever does not wait to be done.
const MOMENT: Duration = Duration::from_millis(500);

on_every_engine! {
    async fn a_person_is_in_one_place_whichever_record_is_named(clinic: Clinic) {
        let (lan, twin) = (clinic.patient().await, clinic.patient().await);
        let own = clinic.confirmed_visit(&lan, tomorrow(9, 0)).await;
        let twins = clinic.confirmed_visit(&twin, tomorrow(10, 0)).await;
        // Two people may come at the same time.
        let extra = clinic.book(&twin, with_second(&clinic, tomorrow(9, 0))).await.unwrap().appointment.id;
        clinic.here.appointments.cancel(&twin.principal, cancel(extra)).await.unwrap();
        merge(&clinic, &lan, &twin).await;
        for named in [&lan, &twin] {
            for start in [tomorrow(9, 0), tomorrow(10, 0)] {
                let by_desk = Book { patient_id: Some(named.patient_id()), ..with_second(&clinic, start) };
                assert!(is_busy(&refusal(clinic.book(&clinic.nurse, by_desk).await)));
                assert!(is_busy(&refusal(clinic.book(named, with_second(&clinic, start)).await)));
                let wish = HoldSlot {
                    service_id: clinic.checkup,
                    practitioner_id: clinic.doctors[1].practitioner_id(),
                    start,
                    patient_id: Some(named.patient_id()),
                };
                let held = clinic.here.holds.hold(&clinic.nurse.principal, wish).await;
                assert_eq!(refusal(held), HoldRefusal::PatientBusy);
            }
            // What is offered instead of a time that somebody else took suits the person, not the record.
            let gone = clinic.book(named, clinic.checkup_at(tomorrow(9, 0))).await;
            let BookRefusal::SlotUnavailable { alternatives } = refusal(gone) else { panic!("the time is taken") };
            assert!(!alternatives.is_empty());
            assert!(alternatives.iter().all(|slot| ![tomorrow(9, 0), tomorrow(10, 0)].contains(&slot.start)));
        }
        // Nor can a visit be moved over another one of the same person.
        for (visit, onto) in [(&own, tomorrow(10, 0)), (&twins, tomorrow(9, 0))] {
            let mut command = clinic.move_to(visit, onto);
            command.practitioner_id = Some(clinic.doctors[1].practitioner_id());
            let moved = clinic.here.appointments.reschedule(&clinic.nurse.principal, command).await;
            assert_eq!(refusal(moved), RescheduleRefusal::PatientBusy);
        }
        // But into its own time, and to a free one: which is then kept for the person.
        clinic.here.appointments.reschedule(&clinic.nurse.principal, clinic.move_to(&twins, tomorrow(13, 0))).await.unwrap();
        assert!(is_busy(&refusal(clinic.book(&lan, with_second(&clinic, tomorrow(13, 0))).await)));
        // A booking for the duplicate is made for the one that stands for the person.
        let booked = clinic.book(&twin, with_second(&clinic, tomorrow(10, 0))).await.unwrap();
        assert_eq!((booked.patient, booked.appointment.patient_id), (lan.patient_id(), lan.patient_id()));
        part(&clinic, &lan, &twin).await;
        // Each has its own time again: what was moved meanwhile too, and what was booked for the other one.
        assert!(is_busy(&refusal(clinic.book(&twin, with_second(&clinic, tomorrow(13, 0))).await)));
        clinic.book(&lan, with_second(&clinic, tomorrow(13, 0))).await.unwrap();
        assert!(is_busy(&refusal(clinic.book(&lan, clinic.checkup_at(tomorrow(10, 0))).await)));
        let twins = clinic.book(&twin, clinic.checkup_at(tomorrow(10, 0))).await.unwrap();
        assert_eq!(twins.appointment.patient_id, twin.patient_id());
    }

    async fn a_hold_for_one_record_is_used_for_the_person(clinic: Clinic) {
        let (lan, twin) = (clinic.patient().await, clinic.patient().await);
        let wish = HoldSlot {
            service_id: clinic.checkup,
            practitioner_id: clinic.doctors[0].practitioner_id(),
            start: tomorrow(9, 0),
            patient_id: None,
        };
        let held = clinic.here.holds.hold(&twin.principal, wish).await.unwrap();
        merge(&clinic, &lan, &twin).await;
        let wish = Book { hold_id: Some(held.id), ..clinic.checkup_at(tomorrow(9, 0)) };
        let booked = clinic.book(&twin, wish.clone()).await.unwrap();
        assert_eq!(booked.appointment.patient_id, lan.patient_id());
        // Sent again when they are parted, it books nothing more: the visit is the other one's now.
        part(&clinic, &lan, &twin).await;
        let again = clinic.book(&twin, wish).await;
        assert!(matches!(refusal(again), BookRefusal::Common(absent) if kind(&absent) == "NotFound id"));
        assert_eq!(clinic.everything().await.len(), 1);
    }

    async fn visits_that_clash_when_records_are_put_together_are_found(clinic: Clinic) {
        let (lan, twin) = (clinic.patient().await, clinic.patient().await);
        let own = clinic.confirmed_visit(&lan, tomorrow(9, 0)).await.appointment.id;
        clinic.confirmed_visit(&lan, tomorrow(11, 0)).await;
        let twins = clinic.book(&twin, with_second(&clinic, tomorrow(9, 0))).await.unwrap().appointment.id;
        merge(&clinic, &lan, &twin).await;
        let reader = clinic.here.ground.database.reader();
        let records = directory::person(reader, twin.patient_id()).await.unwrap().records.clone();
        assert_eq!(records.len(), 2);
        let mut expected = [own, twins];
        expected.sort_unstable();
        assert_eq!(cells::clashing(reader, &records, tomorrow(8, 0)).await.unwrap(), expected);
        assert!(cells::clashing(reader, &records, tomorrow(9, 30)).await.unwrap().is_empty());
        // Both stand until somebody calls one off, and both show.
        assert_eq!(listed(&clinic, &clinic.nurse, of(lan.patient_id())).await.len(), 3);
        clinic.here.appointments.cancel(&clinic.nurse.principal, cancel(twins)).await.unwrap();
        assert!(cells::clashing(reader, &records, tomorrow(8, 0)).await.unwrap().is_empty());
    }

    async fn bookings_for_all_records_race_for_one_place(clinic: Clinic) {
        let other = Process::on(clinic.world.second_process::<Migrator>().await);
        let processes = [clinic.here.clone(), other];
        let (lan, twin) = (clinic.patient().await, clinic.patient().await);
        let twins = clinic.confirmed_visit(&twin, tomorrow(8, 0)).await;
        merge(&clinic, &lan, &twin).await;
        for round in 0..6 {
            let start = tomorrow(9, 0) + TimeDelta::minutes(30 * round);
            // The duplicate's visit moves to a time while others are booked at it, with the other doctor.
            let moving = {
                let (process, nurse) = (processes[0].clone(), clinic.nurse.principal.clone());
                let command = clinic.move_to(&twins, start);
                tokio::spawn(async move { process.appointments.reschedule(&nurse, command).await.is_ok() })
            };
            let booking: Vec<_> = [&lan, &twin, &lan, &twin]
                .into_iter()
                .enumerate()
                .map(|(i, who)| {
                    let (process, who) = (processes[(i + 1) % 2].clone(), who.principal.clone());
                    let wish = with_second(&clinic, start);
                    tokio::spawn(async move { process.appointments.book(&who, wish).await.is_ok() })
                })
                .collect();
            let mut winners = usize::from(moving.await.unwrap());
            for attempt in booking {
                winners += usize::from(attempt.await.unwrap());
            }
            assert_eq!(winners, 1, "one person is in one place");
        }
        let reader = clinic.here.ground.database.reader();
        let records = [lan.patient_id(), twin.patient_id()];
        assert!(cells::clashing(reader, &records, tomorrow(0, 0)).await.unwrap().is_empty());
    }

    async fn whoever_puts_records_together_waits_for_bookings(clinic: Clinic) {
        let (lan, twin) = (clinic.patient().await, clinic.patient().await);
        for booked_for in [&lan, &twin] {
            // A booking for one of them is being made: it holds the records of its person.
            let booking = clinic.here.ground.database.begin().await.unwrap();
            directory::lock_person(&booking, booked_for.patient_id()).await.unwrap();
            let merging = {
                let process = clinic.here.clone();
                let (surviving, merged) = (lan.patient_id(), twin.patient_id());
                tokio::spawn(async move { hear(&process, &PatientsEvent::PatientsMerged { surviving, merged }).await })
            };
            tokio::pin!(merging);
            let early = tokio::time::timeout(MOMENT, &mut merging).await;
            assert!(early.is_err(), "the merge waits until the booking is committed");
            booking.commit().await.unwrap();
            tokio::time::timeout(Duration::from_secs(20), merging).await.expect("the merge goes on").unwrap();
            let reader = clinic.here.ground.database.reader();
            let records = async || directory::person(reader, lan.patient_id()).await.unwrap().records.clone();
            assert!(records().await.contains(&twin.patient_id()));
            part(&clinic, &lan, &twin).await;
            assert!(!records().await.contains(&twin.patient_id()));
        }
    }

    async fn records_change_hands_while_bookings_are_made(clinic: Clinic) {
        let (lan, twin) = (clinic.patient().await, clinic.patient().await);
        for round in 0..4 {
            let start = tomorrow(9, 0) + TimeDelta::minutes(30 * round);
            let merging = {
                let process = clinic.here.clone();
                let (surviving, merged) = (lan.patient_id(), twin.patient_id());
                tokio::spawn(async move { hear(&process, &PatientsEvent::PatientsMerged { surviving, merged }).await })
            };
            let (one, two) =
                tokio::join!(clinic.book(&lan, clinic.checkup_at(start)), clinic.book(&twin, with_second(&clinic, start)));
            merging.await.unwrap();
            let (one, two) = (one.map(|one| one.appointment), two.map(|two| two.appointment));
            match (one, two) {
                // Both came before the merge, when they were two people.
                (Ok(one), Ok(two)) => {
                    assert_eq!((one.patient_id, two.patient_id), (lan.patient_id(), twin.patient_id()));
                }
                // One came behind it, and was made for the person who was booked already.
                (won, lost) => {
                    let (won, lost) = if won.is_ok() { (won, lost) } else { (lost, won) };
                    assert!(is_busy(&refusal(lost)));
                    won.unwrap();
                }
            }
            part(&clinic, &lan, &twin).await;
        }
    }

    async fn a_booking_waits_for_a_move_of_another_record(clinic: Clinic) {
        let (lan, twin) = (clinic.patient().await, clinic.patient().await);
        let twins = clinic.confirmed_visit(&twin, tomorrow(8, 0)).await;
        merge(&clinic, &lan, &twin).await;
        let ground = &clinic.here.ground;
        let command = clinic.move_to(&twins, tomorrow(9, 0));
        // Somebody has the key of the move in hand, so that the move stops short of its commit, with its time taken.
        let key = Keyed::new(clinic.nurse.user, "rescheduleAppointment", &command.idempotency_key, &"other").unwrap();
        let in_the_way = ground.database.begin().await.unwrap();
        assert!(key.keep(&in_the_way, &"none", ground.clock.now()).await.unwrap());
        let moving = {
            let (process, nurse) = (clinic.here.clone(), clinic.nurse.principal.clone());
            tokio::spawn(async move { process.appointments.reschedule(&nurse, command).await })
        };
        tokio::pin!(moving);
        assert!(tokio::time::timeout(MOMENT, &mut moving).await.is_err(), "the move waits for its key");
        let booking = {
            let (process, lan) = (clinic.here.clone(), lan.principal.clone());
            let wish = with_second(&clinic, tomorrow(9, 0));
            tokio::spawn(async move { process.appointments.book(&lan, wish).await })
        };
        tokio::pin!(booking);
        assert!(tokio::time::timeout(MOMENT, &mut booking).await.is_err(), "the booking waits for the move");
        in_the_way.rollback().await.unwrap();
        let (moved, booked) = tokio::join!(moving, booking);
        let (moved, booked) = (moved.unwrap(), booked.unwrap());
        assert_ne!(moved.is_ok(), booked.is_ok(), "one of them, not both: {moved:?} and {booked:?}");
        match moved {
            Ok(_) => assert!(is_busy(&refusal(booked))),
            // One writer at a time: the engine may let the booking go first.
            Err(_) => assert_eq!(refusal(moved), RescheduleRefusal::PatientBusy),
        }
    }
}

//! Many want the same: exactly one gets it, and nothing is ever booked twice.

use crate::refusals::refusal;
use crate::world::{Clinic, Person, Process, cancel, tomorrow};
use caregraph_contracts::events::AppointmentStatus;
use caregraph_contracts::ids::{MedicalServiceId, PractitionerId};
use caregraph_kit::{Failure, on_every_engine};
use caregraph_migrations::scheduling::Migrator;
use caregraph_scheduling::appointment::status::occupies;
use caregraph_scheduling::appointment::{
    Appointment, Book, BookRefusal, RescheduleRefusal, VisibleAppointment,
};
use caregraph_scheduling::availability::{Slot, SlotQuery};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures::future::join_all;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng, rngs::StdRng};

type Answer = Result<VisibleAppointment, Failure<BookRefusal>>;

/// Everybody books at once; each in a task of its own, alternating between the processes.
async fn race(processes: &[Process], wishes: Vec<(Person, Book)>) -> Vec<Answer> {
    let running = wishes.into_iter().enumerate().map(|(i, (person, wish))| {
        let process = processes[i % processes.len()].clone();
        tokio::spawn(async move { process.appointments.book(&person.principal, wish).await })
    });
    join_all(running).await.into_iter().map(Result::unwrap).collect()
}

async fn newcomers(clinic: &Clinic, count: usize, wish: impl Fn() -> Book) -> Vec<(Person, Book)> {
    (0..count).map(|_| (clinic.newcomer(), wish())).collect()
}

fn winners(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.is_ok()).count()
}

/// Every loser's answer, which must be "the slot is gone" with somewhere else to go.
fn alternatives(answers: Vec<Answer>) -> Vec<Vec<Slot>> {
    let lost = answers.into_iter().filter(Result::is_err);
    lost.map(|answer| match refusal(answer) {
        BookRefusal::SlotUnavailable { alternatives } => alternatives,
        other => panic!("should be SlotUnavailable, but: {other:?}"),
    })
    .collect()
}

async fn book_and_cancel_each(clinic: &Clinic, alternatives: &[Slot]) {
    for slot in alternatives {
        let wish = Book {
            practitioner_id: slot.practitioner_id,
            ..clinic.checkup_at(slot.start)
        };
        let booked = clinic.book(&clinic.newcomer(), wish).await.unwrap();
        assert_eq!(
            (booked.appointment.visit.start, booked.appointment.visit.end),
            (slot.start, slot.end)
        );
        clinic
            .here
            .appointments
            .cancel(&clinic.nurse.principal, cancel(booked.appointment.id))
            .await
            .unwrap();
    }
}

/// Looks at the appointments alone, not at the cells: nobody is in two places.
fn assert_nobody_is_booked_twice(appointments: &[Appointment]) {
    let busy: Vec<_> = appointments.iter().filter(|one| occupies(one.status)).collect();
    for (i, a) in busy.iter().enumerate() {
        for b in &busy[i + 1..] {
            let same_doctor = a.visit.practitioner_id == b.visit.practitioner_id;
            let doctor_twice = same_doctor
                && a.visit.occupied_from < b.visit.occupied_to
                && b.visit.occupied_from < a.visit.occupied_to;
            let patient_twice =
                a.patient_id == b.patient_id && a.visit.start < b.visit.end && b.visit.start < a.visit.end;
            assert!(!doctor_twice, "one practitioner, two visits: {a:?} and {b:?}");
            assert!(!patient_twice, "one patient, two visits: {a:?} and {b:?}");
        }
    }
}

/// The starts of a service that tomorrow morning offers with the first doctor.
async fn starts(clinic: &Clinic, service_id: MedicalServiceId) -> Vec<DateTime<Utc>> {
    let query = SlotQuery {
        service_id,
        practitioner_id: Some(clinic.doctors[0].practitioner_id()),
        location_id: None,
        from: NaiveDate::from_ymd_opt(2026, 3, 3).unwrap(),
        to: NaiveDate::from_ymd_opt(2026, 3, 3).unwrap(),
        for_staff: false,
    };
    let free = clinic.here.services.availability.free_slots(query).await.unwrap();
    let morning: Vec<_> = free
        .into_iter()
        .map(|slot| slot.start)
        .filter(|start| *start < tomorrow(11, 0))
        .collect();
    assert!(morning.len() > 4, "a morning has several starts");
    morning
}

on_every_engine! {
    async fn two_hundred_want_one_slot(clinic: Clinic) {
        let wishes = newcomers(&clinic, 200, || clinic.checkup_at(tomorrow(9, 0))).await;
        let answers = race(std::slice::from_ref(&clinic.here), wishes).await;
        assert_eq!(winners(&answers), 1);
        let offers = alternatives(answers);
        assert_eq!(offers.len(), 199);
        assert!(offers.iter().all(|offer| !offer.is_empty()), "everybody is offered something else");
        book_and_cancel_each(&clinic, &offers[0]).await;
        assert_nobody_is_booked_twice(&clinic.everything().await);
    }

    async fn two_processes_race_for_one_slot(clinic: Clinic) {
        let other = Process::on(clinic.world.second_process::<Migrator>().await);
        let wishes = newcomers(&clinic, 200, || clinic.checkup_at(tomorrow(9, 0))).await;
        let answers = race(&[clinic.here.clone(), other], wishes).await;
        assert_eq!(winners(&answers), 1);
        let offers = alternatives(answers);
        assert_eq!(offers.len(), 199);
        assert!(offers.iter().all(|offer| !offer.is_empty()), "everybody is offered something else");
        book_and_cancel_each(&clinic, &offers[198]).await;
    }

    async fn services_of_all_lengths_race_over_one_morning(clinic: Clinic) {
        let other = Process::on(clinic.world.second_process::<Migrator>().await);
        let processes = [clinic.here.clone(), other];
        let mut services = vec![(clinic.checkup, starts(&clinic, clinic.checkup).await)];
        for (code, timing) in [("SHORT", (5, 0, 5, 5)), ("LONG", (90, 10, 15, 15)), ("ODD", (25, 5, 0, 10))] {
            let service = clinic.offer(code, timing).await;
            services.push((service, starts(&clinic, service).await));
        }
        let mut random = StdRng::seed_from_u64(7);
        let regulars: Vec<Person> = (0..6).map(|_| clinic.newcomer()).collect();
        for round in 0..12 {
            let mut wishes = Vec::new();
            for _ in 0..25 {
                let (service, starts) = services.choose(&mut random).unwrap();
                let start = *starts.choose(&mut random).unwrap();
                let person = regulars.choose(&mut random).unwrap().clone();
                let doctor = clinic.doctors.choose(&mut random).unwrap();
                let wish = Book {
                    service_id: *service,
                    practitioner_id: doctor.practitioner_id(),
                    ..clinic.checkup_at(start + TimeDelta::days(round / 3))
                };
                wishes.push((person, wish));
            }
            for answer in race(&processes, wishes).await {
                match answer {
                    Ok(_) => {}
                    Err(Failure::Refused(refusals)) => assert!(
                        refusals.iter().all(|refusal| matches!(
                            refusal,
                            BookRefusal::SlotUnavailable { .. } | BookRefusal::PatientBusy
                        )),
                        "{refusals:?}"
                    ),
                    Err(other) => panic!("{other:?}"),
                }
            }
            let all = clinic.everything().await;
            assert!(!all.is_empty(), "somebody won");
            assert_nobody_is_booked_twice(&all);
            // Some are called off, so that later rounds race for times that were taken before.
            for one in all.iter().filter(|one| one.status == AppointmentStatus::Pending) {
                if random.random_bool(0.4) {
                    clinic.here.appointments.cancel(&clinic.nurse.principal, cancel(one.id)).await.unwrap();
                }
            }
        }
    }

    async fn one_patient_cannot_be_with_two_doctors(clinic: Clinic) {
        let patient = clinic.newcomer();
        let long = clinic.offer("LONG", (60, 0, 0, 30)).await;
        let mut wishes = Vec::new();
        for i in 0..20 {
            let doctor = clinic.doctors[i % 2].practitioner_id();
            // Different services and starts, all of which overlap from 09:30 to 10:00.
            let wish = match i % 4 {
                0 | 1 => Book { practitioner_id: doctor, ..clinic.checkup_at(tomorrow(9, 30)) },
                _ => Book { practitioner_id: doctor, service_id: long, ..clinic.checkup_at(tomorrow(9, 0)) },
            };
            wishes.push((patient.clone(), wish));
        }
        let answers = race(std::slice::from_ref(&clinic.here), wishes).await;
        assert_eq!(winners(&answers), 1);
        let refused: Vec<_> = answers.into_iter().filter(Result::is_err).map(refusal).collect();
        assert!(refused.contains(&BookRefusal::PatientBusy));
        assert_nobody_is_booked_twice(&clinic.everything().await);
    }

    async fn the_same_key_books_once_however_often_it_is_sent(clinic: Clinic) {
        let patient = clinic.newcomer();
        let wish = Book { reason: Some("Cough".to_owned()), ..clinic.checkup_at(tomorrow(9, 0)) };
        let wishes = (0..20).map(|_| (patient.clone(), wish.clone())).collect();
        let answers = race(std::slice::from_ref(&clinic.here), wishes).await;
        let ids: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().appointment.id).collect();
        assert!(ids.iter().all(|id| *id == ids[0]));
        assert_eq!(clinic.everything().await.len(), 1);
    }

    async fn a_key_whose_slot_went_to_somebody_else_hears_no_for_good(clinic: Clinic) {
        let winner = clinic.book(&clinic.newcomer(), clinic.checkup_at(tomorrow(9, 0))).await.unwrap();
        let (patient, wish) = (clinic.newcomer(), clinic.checkup_at(tomorrow(9, 0)));
        let first = refusal(clinic.book(&patient, wish.clone()).await);
        assert!(matches!(first, BookRefusal::SlotUnavailable { .. }));
        clinic.here.appointments.cancel(&clinic.nurse.principal, cancel(winner.appointment.id)).await.unwrap();
        let again = refusal(clinic.book(&patient, wish.clone()).await);
        assert_eq!(again, first);
        let fresh = Book { idempotency_key: clinic.key(), ..wish };
        clinic.book(&patient, fresh).await.unwrap();
    }

    async fn two_visits_moving_to_one_time(clinic: Clinic) {
        let mut movers = Vec::new();
        for i in 0..8 {
            let patient = clinic.newcomer();
            let visit = clinic.confirmed_visit(&patient, tomorrow(8, 30 * i)).await;
            movers.push((patient, visit));
        }
        let target = tomorrow(15, 0);
        let running = movers.iter().map(|(patient, visit)| {
            let (service, principal) = (clinic.here.appointments.clone(), patient.principal.clone());
            let command = clinic.move_to(visit, target);
            tokio::spawn(async move { service.reschedule(&principal, command).await })
        });
        let answers: Vec<_> = join_all(running).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        for ((patient, visit), answer) in movers.iter().zip(answers) {
            let now = clinic.here.appointments.find(&patient.principal, visit.appointment.id);
            let now = now.await.unwrap().unwrap().appointment;
            if answer.is_ok() {
                assert_eq!((now.visit.start, now.revision), (target, 3));
            } else {
                assert!(matches!(refusal(answer), RescheduleRefusal::SlotUnavailable { .. }));
                assert_eq!(now, visit.appointment, "whoever loses keeps the old time, untouched");
            }
        }
        let all = clinic.everything().await;
        assert_nobody_is_booked_twice(&all);
        // Every time in use is really in use, and the one given up is free.
        for one in &all {
            let taken = clinic.book(&clinic.newcomer(), clinic.checkup_at(one.visit.start)).await;
            assert!(matches!(refusal(taken), BookRefusal::SlotUnavailable { .. }));
        }
        let free: Vec<_> = (0..8).map(|i| tomorrow(8, 30 * i)).filter(|t| all.iter().all(|one| one.visit.start != *t)).collect();
        assert_eq!(free.len(), 1);
        clinic.book(&clinic.newcomer(), clinic.checkup_at(free[0])).await.unwrap();
    }

    async fn neighbours_that_swap_and_slide_lose_nothing(clinic: Clinic) {
        let mut visits = Vec::new();
        for i in 0..6 {
            let patient = clinic.newcomer();
            visits.push((clinic.confirmed_visit(&patient, tomorrow(9, 30 * i)).await, patient));
        }
        for round in 0..4_i64 {
            let running = visits.iter().enumerate().map(|(i, (visit, patient))| {
                let (service, principal) = (clinic.here.appointments.clone(), patient.principal.clone());
                let start = tomorrow(9, 30 * ((i64::try_from(i).unwrap() * 5 + round) % 7));
                let command = clinic.move_to(visit, start);
                tokio::spawn(async move { service.reschedule(&principal, command).await })
            });
            for answer in join_all(running).await {
                match answer.unwrap() {
                    Ok(_) | Err(Failure::Refused(_)) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
            let all = clinic.everything().await;
            assert_eq!(all.len(), 6);
            assert_nobody_is_booked_twice(&all);
        }
    }

    async fn a_visit_may_move_into_its_own_time(clinic: Clinic) {
        let long = clinic.offer("LONG", (60, 15, 15, 15)).await;
        let patient = clinic.newcomer();
        let wish = Book { service_id: long, ..clinic.checkup_at(tomorrow(9, 0)) };
        let visit = clinic.book(&patient, wish).await.unwrap();
        let moved = clinic.here.appointments.reschedule(&patient.principal, clinic.move_to(&visit, tomorrow(9, 15)));
        let moved = moved.await.unwrap().appointment;
        assert_eq!(moved.visit.start, tomorrow(9, 15));
        // The quarter that was given up is free again, the one that was taken is not.
        let before = Book { ..clinic.checkup_at(tomorrow(8, 30)) };
        clinic.book(&clinic.newcomer(), before).await.unwrap();
        let during = clinic.book(&clinic.newcomer(), clinic.checkup_at(tomorrow(10, 0))).await;
        assert!(matches!(refusal(during), BookRefusal::SlotUnavailable { .. }));
    }

    async fn buffers_belong_to_the_doctor_not_to_the_patient(clinic: Clinic) {
        let buffered = clinic.offer("BUFFERED", (30, 0, 30, 30)).await;
        let patient = clinic.newcomer();
        let first = Book { service_id: buffered, ..clinic.checkup_at(tomorrow(9, 0)) };
        clinic.book(&patient, first).await.unwrap();
        let next = |doctor: PractitionerId| Book { practitioner_id: doctor, ..clinic.checkup_at(tomorrow(9, 30)) };
        let with_same = clinic.book(&patient, next(clinic.doctors[0].practitioner_id()));
        assert!(matches!(refusal(with_same.await), BookRefusal::SlotUnavailable { .. }));
        clinic.book(&patient, next(clinic.doctors[1].practitioner_id())).await.unwrap();
    }
}

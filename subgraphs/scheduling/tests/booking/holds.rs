//! Times that are kept free for a few minutes.

use crate::refusals::{kind, refusal};
use crate::world::{Clinic, Person, Process, tomorrow};
use caregraph_contracts::events::SchedulingEvent;
use caregraph_kit::{Failure, Rejection, on_every_engine};
use caregraph_migrations::scheduling::Migrator;
use caregraph_scheduling::appointment::{Book, BookRefusal};
use caregraph_scheduling::hold::{HeldSlot, HoldRefusal, HoldSlot};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;

fn slot(clinic: &Clinic, start: DateTime<Utc>) -> HoldSlot {
    HoldSlot {
        service_id: clinic.checkup,
        practitioner_id: clinic.doctors[0].practitioner_id(),
        start,
        patient_id: None,
    }
}

async fn hold(clinic: &Clinic, who: &Person, start: DateTime<Utc>) -> Result<HeldSlot, Failure<HoldRefusal>> {
    clinic.here.holds.hold(&who.principal, slot(clinic, start)).await
}

fn with(clinic: &Clinic, held: &HeldSlot) -> Book {
    Book {
        hold_id: Some(held.id),
        ..clinic.checkup_at(held.slot.start)
    }
}

fn taken(refusal: &BookRefusal) -> bool {
    matches!(refusal, BookRefusal::SlotUnavailable { .. })
}

on_every_engine! {
    async fn a_hold_keeps_the_time_for_its_holder(clinic: Clinic) {
        let (holder, other) = (clinic.newcomer(), clinic.newcomer());
        let held = hold(&clinic, &holder, tomorrow(9, 0)).await.unwrap();
        assert!(taken(&refusal(clinic.book(&other, clinic.checkup_at(tomorrow(9, 0))).await)));
        let second = refusal(hold(&clinic, &other, tomorrow(9, 0)).await);
        let HoldRefusal::SlotUnavailable { alternatives } = second else { panic!("{second:?}") };
        assert!(!alternatives.is_empty());
        let booked = clinic.book(&holder, with(&clinic, &held)).await.unwrap();
        assert_eq!(booked.appointment.visit.start, tomorrow(9, 0));
        // It is an ordinary booking now: nothing expires.
        clinic.here.ground.clock.advance(TimeDelta::minutes(10));
        clinic.here.holds.clear_expired().await.unwrap();
        assert!(taken(&refusal(clinic.book(&other, clinic.checkup_at(tomorrow(9, 0))).await)));
        // And the hold is used up.
        let again = refusal(clinic.book(&holder, with(&clinic, &held)).await);
        assert!(matches!(again, BookRefusal::Common(rejection) if kind(&rejection) == "NotFound holdId"));
    }

    async fn a_hold_is_for_one_person_and_one_time(clinic: Clinic) {
        let (holder, other) = (clinic.newcomer(), clinic.newcomer());
        let held = hold(&clinic, &holder, tomorrow(9, 0)).await.unwrap();
        let common = |refused| match refused {
            BookRefusal::Common(rejection) => kind(&rejection),
            other => panic!("{other:?}"),
        };
        let stolen = refusal(clinic.book(&other, with(&clinic, &held)).await);
        assert_eq!(common(stolen), "NotFound holdId");
        let elsewhere = Book { start: tomorrow(9, 30), ..with(&clinic, &held) };
        assert_eq!(common(refusal(clinic.book(&holder, elsewhere).await)), "Invalid holdId");
        let colleague = Book { practitioner_id: clinic.doctors[1].practitioner_id(), ..with(&clinic, &held) };
        assert_eq!(common(refusal(clinic.book(&holder, colleague).await)), "Invalid holdId");
        let released = clinic.here.holds.release(&other.principal, held.id).await;
        assert_eq!(kind(&refusal::<_, Rejection>(released)), "NotFound id");
        assert!(clinic.everything().await.is_empty());
        clinic.book(&holder, with(&clinic, &held)).await.unwrap();
    }

    async fn a_hold_ends_at_its_minute_and_blocks_nothing_afterwards(clinic: Clinic) {
        let (holder, other) = (clinic.newcomer(), clinic.newcomer());
        let held = hold(&clinic, &holder, tomorrow(9, 0)).await.unwrap();
        assert_eq!(held.expires_at - clinic.here.ground.clock.now(), TimeDelta::minutes(5));
        clinic.at(held.expires_at - TimeDelta::microseconds(1));
        assert!(taken(&refusal(clinic.book(&other, clinic.checkup_at(tomorrow(9, 0))).await)));
        clinic.at(held.expires_at);
        let late = with(&clinic, &held);
        assert_eq!(refusal(clinic.book(&holder, late.clone()).await), BookRefusal::HoldExpired);
        clinic.book(&other, clinic.checkup_at(tomorrow(9, 0))).await.unwrap();
        // The same request gets the same answer.
        assert_eq!(refusal(clinic.book(&holder, late).await), BookRefusal::HoldExpired);
    }

    async fn three_at_a_time_and_no_more(clinic: Clinic) {
        let holder = clinic.newcomer();
        let running = (0..12_i64).map(|i| {
            let (holds, who, slot) =
                (clinic.here.holds.clone(), holder.principal.clone(), slot(&clinic, tomorrow(9, 30 * i)));
            tokio::spawn(async move { holds.hold(&who, slot).await })
        });
        let (held, refused): (Vec<_>, Vec<_>) =
            join_all(running).await.into_iter().map(Result::unwrap).partition(Result::is_ok);
        assert_eq!(held.len(), 3);
        for refused in refused {
            assert_eq!(refusal(refused), HoldRefusal::TooManyHolds);
        }
        // Giving one back makes room for one.
        let first = held.into_iter().next().unwrap().unwrap();
        clinic.here.holds.release(&holder.principal, first.id).await.unwrap();
        hold(&clinic, &holder, first.slot.start).await.unwrap();
        assert_eq!(refusal(hold(&clinic, &holder, tomorrow(17, 0)).await), HoldRefusal::TooManyHolds);
        // So does time.
        clinic.here.ground.clock.advance(TimeDelta::minutes(5));
        hold(&clinic, &holder, tomorrow(17, 0)).await.unwrap();
    }

    async fn many_hold_one_time_in_two_processes(clinic: Clinic) {
        let other = Process::on(clinic.world.second_process::<Migrator>().await);
        let running = (0..40).map(|i| {
            let holds = if i % 2 == 0 { clinic.here.holds.clone() } else { other.holds.clone() };
            let (who, slot) = (clinic.newcomer(), slot(&clinic, tomorrow(9, 0)));
            tokio::spawn(async move { holds.hold(&who.principal, slot).await })
        });
        let answers: Vec<_> = join_all(running).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        for lost in answers.into_iter().filter(Result::is_err) {
            assert!(matches!(refusal(lost), HoldRefusal::SlotUnavailable { .. }));
        }
    }

    async fn an_expired_hold_its_holder_and_others_race(clinic: Clinic) {
        let holder = clinic.newcomer();
        let held = hold(&clinic, &holder, tomorrow(9, 0)).await.unwrap();
        clinic.at(held.expires_at);
        let mut wishes: Vec<_> =
            (0..30).map(|_| (clinic.newcomer(), clinic.checkup_at(tomorrow(9, 0)))).collect();
        wishes.push((holder.clone(), with(&clinic, &held)));
        let running = wishes.into_iter().map(|(who, wish)| {
            let service = clinic.here.appointments.clone();
            tokio::spawn(async move { service.book(&who.principal, wish).await })
        });
        let clearing = clinic.here.holds.clear_expired();
        let (answers, cleared) = tokio::join!(join_all(running), clearing);
        cleared.unwrap();
        let won = answers.into_iter().flat_map(Result::unwrap).count();
        assert_eq!((won, clinic.everything().await.len()), (1, 1));
    }

    async fn holding_and_booking_race(clinic: Clinic) {
        for round in 0..6 {
            let start = tomorrow(9, 30 * round);
            let running = (0..16).map(|i| {
                let (process, who) = (clinic.here.clone(), clinic.newcomer());
                let (slot, wish) = (slot(&clinic, start), clinic.checkup_at(start));
                tokio::spawn(async move {
                    if i % 2 == 0 {
                        process.holds.hold(&who.principal, slot).await.is_ok()
                    } else {
                        process.appointments.book(&who.principal, wish).await.is_ok()
                    }
                })
            });
            let won = join_all(running).await.into_iter().filter(|won| *won.as_ref().unwrap()).count();
            assert_eq!(won, 1);
        }
    }

    async fn clearing_tells_that_times_are_free(clinic: Clinic) {
        let holder = clinic.newcomer();
        hold(&clinic, &holder, tomorrow(9, 0)).await.unwrap();
        let before = told(&clinic).await;
        assert_eq!(clinic.here.holds.clear_expired().await.unwrap(), 0);
        clinic.here.ground.clock.advance(TimeDelta::minutes(5));
        assert_eq!(clinic.here.holds.clear_expired().await.unwrap(), 1);
        assert_eq!(clinic.here.holds.clear_expired().await.unwrap(), 0);
        assert_eq!(told(&clinic).await, before + 1);
    }

    async fn a_patient_who_is_busy_holds_nothing(clinic: Clinic) {
        let patient = clinic.newcomer();
        let elsewhere =
            Book { practitioner_id: clinic.doctors[1].practitioner_id(), ..clinic.checkup_at(tomorrow(9, 0)) };
        clinic.book(&patient, elsewhere).await.unwrap();
        assert_eq!(refusal(hold(&clinic, &patient, tomorrow(9, 0)).await), HoldRefusal::PatientBusy);
    }
}

/// How often it was told that the first doctor's times changed.
async fn told(clinic: &Clinic) -> usize {
    clinic.end_of_log().await;
    let log = clinic.here.ground.events.read_after(0, 1000).await.unwrap();
    let doctor = clinic.doctors[0].practitioner_id();
    let changed = SchedulingEvent::AvailabilityChanged {
        practitioner_id: doctor,
    };
    log.iter()
        .filter(|event| event.decode::<SchedulingEvent>().unwrap() == Some(changed.clone()))
        .count()
}

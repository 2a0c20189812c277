//! Following changes live, cut off and resumed.

use crate::world::{Clinic, Person, Process, cancel, tomorrow};
use caregraph_contracts::Role;
use caregraph_contracts::events::SchedulingEvent;
use caregraph_contracts::ids::{AppointmentId, PatientId};
use caregraph_kit::auth::{AccessDenied, Principal};
use caregraph_kit::events::FollowError;
use caregraph_kit::testing::{eventually, principal};
use caregraph_kit::{Rejection, on_every_engine};
use caregraph_migrations::scheduling::Migrator;
use caregraph_scheduling::appointment::status::ChangeKind;
use caregraph_scheduling::appointment::{
    AppointmentNews, Book, LiveFailure, SlotNews, WantedChanges, WantedSlots,
};
use chrono::TimeDelta;
use futures::{Stream, StreamExt};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

/// The next `count` messages.
pub async fn next<T>(
    stream: &mut (impl Stream<Item = Result<T, LiveFailure>> + Unpin),
    count: usize,
) -> Vec<T> {
    let mut got = Vec::new();
    while got.len() < count {
        let news = tokio::time::timeout(PATIENCE, stream.next())
            .await
            .expect("a message in time");
        got.push(news.expect("the stream goes on").unwrap());
    }
    got
}

pub async fn changes(
    process: &Process,
    who: &Principal,
    wanted: WantedChanges,
    after: Option<i64>,
) -> impl Stream<Item = Result<AppointmentNews, LiveFailure>> + Unpin {
    Box::pin(process.appointments.changes(who, wanted, after).await.unwrap())
}

async fn slots(
    process: &Process,
    who: &Person,
    wanted: WantedSlots,
    after: Option<i64>,
) -> impl Stream<Item = Result<SlotNews, LiveFailure>> + Unpin {
    Box::pin(
        process
            .appointments
            .slot_changes(&who.principal, wanted, after)
            .await
            .unwrap(),
    )
}

fn of_doctor(doctor: &Person) -> WantedChanges {
    WantedChanges {
        practitioner_id: Some(doctor.practitioner_id()),
        patient_id: None,
    }
}

pub fn of_patient(patient: PatientId) -> WantedChanges {
    WantedChanges {
        practitioner_id: None,
        patient_id: Some(patient),
    }
}

/// Every change of an appointment in the log, by position, once `count` of them are there.
async fn log(clinic: &Clinic, count: usize) -> Vec<(i64, AppointmentId, i64)> {
    eventually("the log is complete", async || {
        let log = clinic.here.ground.events.read_after(0, 10_000).await.unwrap();
        let told: Vec<_> = log
            .iter()
            .filter_map(|event| {
                let told = event.decode::<SchedulingEvent>().unwrap()?;
                let facts = told.appointment()?;
                Some((event.position, facts.appointment_id, facts.revision))
            })
            .collect();
        (told.len() >= count).then_some(told)
    })
    .await
}

on_every_engine! {
    async fn a_doctor_who_is_cut_off_again_and_again_misses_nothing(clinic: Clinic) {
        const PATIENTS: i64 = 8;
        let doctor = &clinic.doctors[0];
        let mut stream = changes(&clinic.here, &doctor.principal, of_doctor(doctor), None).await;
        // Each patient books, the front desk confirms and moves, the patient cancels: four changes, in this order.
        let writing = async {
            futures::stream::iter(0..PATIENTS)
                .for_each_concurrent(4, async |i| {
                    let patient = clinic.newcomer();
                    let visit = clinic.confirmed_visit(&patient, tomorrow(8, 30 * i)).await;
                    let later = clinic.move_to(&visit, tomorrow(13, 30 * i));
                    clinic.here.appointments.reschedule(&clinic.nurse.principal, later).await.unwrap();
                    clinic.here.appointments.cancel(&patient.principal, cancel(visit.appointment.id)).await.unwrap();
                })
                .await;
        };
        let reading = async {
            let mut got: Vec<AppointmentNews> = Vec::new();
            let total = usize::try_from(4 * PATIENTS).unwrap();
            while got.len() < total {
                // A few messages, then the line breaks.
                let few = (1 + got.len() % 5).min(total - got.len());
                got.extend(next(&mut stream, few).await);
                drop(stream);
                let cursor = got.last().map(|news| news.position);
                stream = changes(&clinic.here, &doctor.principal, of_doctor(doctor), cursor).await;
            }
            got
        };
        let ((), got) = tokio::join!(writing, reading);
        let log = log(&clinic, got.len()).await;
        let seen: Vec<_> = got.iter().map(|news| (news.position, news.appointment_id)).collect();
        let told: Vec<_> = log.iter().map(|(position, id, _)| (*position, *id)).collect();
        assert_eq!(seen, told, "every change exactly once, in the order of the log");
        for id in log.iter().map(|(_, id, _)| id) {
            let revisions: Vec<_> = log.iter().filter(|(_, other, _)| other == id).map(|(_, _, r)| *r).collect();
            assert_eq!(revisions, [1, 2, 3, 4], "changes of one appointment come in their order");
            let kinds: Vec<_> = got.iter().filter(|news| news.appointment_id == *id).map(|news| news.kind).collect();
            let expected =
                [ChangeKind::Booked, ChangeKind::Confirmed, ChangeKind::Rescheduled, ChangeKind::Cancelled];
            assert_eq!(kinds, expected);
        }
    }

    async fn changes_in_another_process_arrive_here(clinic: Clinic) {
        let other = Process::on(clinic.world.second_process::<Migrator>().await);
        let doctor = &clinic.doctors[0];
        let mut stream = changes(&other, &doctor.principal, of_doctor(doctor), None).await;
        let patient = clinic.newcomer();
        let booked = clinic.book(&patient, clinic.checkup_at(tomorrow(9, 0))).await.unwrap();
        let news = next(&mut stream, 1).await;
        assert_eq!((news[0].kind, news[0].appointment_id), (ChangeKind::Booked, booked.appointment.id));
    }

    async fn everybody_hears_what_is_theirs(clinic: Clinic) {
        let (patient, stranger, guardian) = (clinic.patient().await, clinic.patient().await, clinic.patient().await);
        clinic.knows(patient.patient_id(), Some(patient.user), &[guardian.user]).await;
        let all = WantedChanges::default();
        let mut streams = Vec::new();
        for who in [&patient, &guardian, &clinic.doctors[0], &clinic.nurse, &clinic.admin] {
            streams.push(changes(&clinic.here, &who.principal, all, None).await);
        }
        let mut by_stranger = changes(&clinic.here, &stranger.principal, all, None).await;
        let mut by_colleague = changes(&clinic.here, &clinic.doctors[1].principal, all, None).await;
        let visit = clinic.confirmed_visit(&patient, tomorrow(9, 0)).await;
        for stream in &mut streams {
            let kinds: Vec<_> = next(stream, 2).await.into_iter().map(|news| news.kind).collect();
            assert_eq!(kinds, [ChangeKind::Booked, ChangeKind::Confirmed]);
        }
        // Strangers hear of their own visit next, so nothing of the other one reached them.
        let own = Book {
            practitioner_id: clinic.doctors[1].practitioner_id(),
            ..clinic.checkup_at(tomorrow(9, 0))
        };
        let own = clinic.book(&stranger, own).await.unwrap().appointment.id;
        assert_ne!(own, visit.appointment.id);
        assert_eq!(next(&mut by_stranger, 1).await[0].appointment_id, own);
        assert_eq!(next(&mut by_colleague, 1).await[0].appointment_id, own);
    }

    async fn a_guardian_who_is_none_any_more_hears_nothing_more(clinic: Clinic) {
        let (child, guardian) = (clinic.patient().await, clinic.patient().await);
        clinic.knows(child.patient_id(), Some(child.user), &[guardian.user]).await;
        let mut stream = changes(&clinic.here, &guardian.principal, WantedChanges::default(), None).await;
        let visit = clinic.book(&child, clinic.checkup_at(tomorrow(9, 0))).await.unwrap();
        assert_eq!(next(&mut stream, 1).await[0].kind, ChangeKind::Booked);
        clinic.knows(child.patient_id(), Some(child.user), &[]).await;
        clinic.here.appointments.confirm(&clinic.nurse.principal, visit.appointment.id).await.unwrap();
        // Their own visit comes next: the confirmation did not.
        let own = clinic.book(&guardian, clinic.checkup_at(tomorrow(10, 0))).await.unwrap();
        assert_eq!(next(&mut stream, 1).await[0].appointment_id, own.appointment.id);
    }

    /// Who acts for the child when somebody comes back decides, not who did when it happened.
    async fn what_was_missed_is_told_by_what_is_so_now(clinic: Clinic) {
        let (child, before, now) = (clinic.patient().await, clinic.patient().await, clinic.patient().await);
        clinic.knows(child.patient_id(), Some(child.user), &[before.user]).await;
        let cursor = Some(clinic.end_of_log().await);
        let all = WantedChanges::default();
        // Somebody listens meanwhile, so the news are in memory; a process that starts now reads them from the store.
        let mut desk = changes(&clinic.here, &clinic.nurse.principal, all, cursor).await;
        let visit = clinic.confirmed_visit(&child, tomorrow(9, 0)).await.appointment.id;
        next(&mut desk, 2).await;
        clinic.knows(child.patient_id(), Some(child.user), &[now.user]).await;
        let own = clinic.book(&before, clinic.checkup_at(tomorrow(10, 0))).await.unwrap().appointment.id;
        next(&mut desk, 1).await;
        let elsewhere = Process::on(clinic.world.second_process::<Migrator>().await);
        for process in [&clinic.here, &elsewhere] {
            let mut of_before = changes(process, &before.principal, all, cursor).await;
            assert_eq!(next(&mut of_before, 1).await[0].appointment_id, own);
            for (who, wanted) in [
                (&now.principal, all),
                (&child.principal, of_patient(child.patient_id())),
                (&clinic.nurse.principal, of_patient(child.patient_id())),
            ] {
                let heard = next(&mut changes(process, who, wanted, cursor).await, 2).await;
                assert!(heard.iter().all(|news| news.appointment_id == visit), "{heard:?}");
            }
            let doctor = &clinic.doctors[0];
            assert_eq!(next(&mut changes(process, &doctor.principal, of_doctor(doctor), cursor).await, 3).await.len(), 3);
            let stranger = clinic.patient().await;
            let mut of_stranger = changes(process, &stranger.principal, all, cursor).await;
            let nothing = tokio::time::timeout(Duration::from_millis(100), of_stranger.next()).await;
            assert!(nothing.is_err(), "{nothing:?}");
        }
    }

    async fn whoever_a_visit_moves_away_from_hears_of_it(clinic: Clinic) {
        let [first, second] = &clinic.doctors;
        let visit = clinic.confirmed_visit(&clinic.newcomer(), tomorrow(9, 0)).await;
        let now = Some(clinic.end_of_log().await);
        let mut here = changes(&clinic.here, &first.principal, of_doctor(first), now).await;
        let mut there = changes(&clinic.here, &second.principal, of_doctor(second), now).await;
        let mut command = clinic.move_to(&visit, tomorrow(10, 0));
        command.practitioner_id = Some(second.practitioner_id());
        clinic.here.appointments.reschedule(&clinic.nurse.principal, command).await.unwrap();
        for stream in [&mut here, &mut there] {
            let news = next(stream, 1).await.remove(0);
            assert_eq!((news.kind, news.previous_start), (ChangeKind::Rescheduled, Some(tomorrow(9, 0))));
        }
        // From now on it is the second doctor's alone.
        clinic.here.appointments.cancel(&clinic.nurse.principal, cancel(visit.appointment.id)).await.unwrap();
        assert_eq!(next(&mut there, 1).await[0].kind, ChangeKind::Cancelled);
        let own = clinic.confirmed_visit(&clinic.newcomer(), tomorrow(9, 0)).await.appointment.id;
        assert_eq!(next(&mut here, 1).await[0].appointment_id, own);
    }

    async fn who_has_no_business_here_is_refused_at_the_door(clinic: Clinic) {
        let (patient, stranger) = (clinic.patient().await, clinic.patient().await);
        let ask = async |who: &Principal, wanted: WantedChanges| {
            clinic.here.appointments.changes(who, wanted, None).await.err()
        };
        let doctor = &clinic.doctors[0];
        assert!(matches!(
            ask(&Principal::anonymous(), WantedChanges::default()).await,
            Some(LiveFailure::Denied(AccessDenied::Unauthenticated))
        ));
        let pharmacist = principal(stranger.user, &[Role::Pharmacist]);
        assert!(matches!(ask(&pharmacist, WantedChanges::default()).await, Some(LiveFailure::Denied(_))));
        for who in [&stranger.principal, &clinic.doctors[1].principal] {
            assert!(matches!(ask(who, of_doctor(doctor)).await, Some(LiveFailure::Denied(_))));
            assert!(matches!(
                ask(who, of_patient(patient.patient_id())).await,
                Some(LiveFailure::Refused(Rejection::NotFound { .. }))
            ));
        }
        for who in [&clinic.nurse, &clinic.admin, doctor] {
            assert!(ask(&who.principal, of_doctor(doctor)).await.is_none());
        }
        assert!(ask(&patient.principal, of_patient(patient.patient_id())).await.is_none());
        let nobody = Principal::anonymous();
        let anonymous = clinic.here.appointments.slot_changes(&nobody, WantedSlots::default(), None).await;
        assert!(matches!(anonymous.err(), Some(LiveFailure::Denied(AccessDenied::Unauthenticated))));
    }

    async fn an_ended_token_hears_nothing_more(clinic: Clinic) {
        let doctor = &clinic.doctors[0];
        let soon = clinic.here.ground.clock.now() + TimeDelta::minutes(15);
        let scopes = Role::Doctor.default_scopes().iter().copied();
        let session = uuid::Uuid::from_u128(1).into();
        let token = Principal::user(doctor.user, session, [Role::Doctor], scopes, soon);
        let mut stream = changes(&clinic.here, &token, of_doctor(doctor), None).await;
        clinic.confirmed_visit(&clinic.newcomer(), tomorrow(9, 0)).await;
        next(&mut stream, 2).await;
        clinic.at(soon);
        clinic.confirmed_visit(&clinic.newcomer(), tomorrow(9, 30)).await;
        let end = tokio::time::timeout(PATIENCE, stream.next()).await.expect("the stream ends in time");
        assert!(end.is_none());
    }

    async fn cursors_have_a_lifetime(clinic: Clinic) {
        let visit = clinic.confirmed_visit(&clinic.newcomer(), tomorrow(9, 0)).await;
        clinic.here.appointments.cancel(&clinic.nurse.principal, cancel(visit.appointment.id)).await.unwrap();
        let last = log(&clinic, 3).await.last().unwrap().0;
        let ask = async |after: i64| {
            let wanted = WantedChanges::default();
            clinic.here.appointments.changes(&clinic.nurse.principal, wanted, Some(after)).await.err()
        };
        assert!(ask(last).await.is_none());
        assert!(matches!(ask(last + 1000).await, Some(LiveFailure::Follow(FollowError::Unknown))));
        assert!(matches!(ask(-1).await, Some(LiveFailure::Follow(_))));
        let later = clinic.here.ground.clock.now() + TimeDelta::days(1);
        clinic.here.ground.events.prune(later, last - 1).await.unwrap();
        assert!(matches!(ask(last - 2).await, Some(LiveFailure::Follow(FollowError::Expired))));
        assert!(ask(last - 1).await.is_none());
    }

    async fn free_times_change_when_somebody_takes_or_leaves_one(clinic: Clinic) {
        let watcher = clinic.newcomer();
        let [first, second] = &clinic.doctors;
        let only_first = WantedSlots { practitioner_id: Some(first.practitioner_id()), service_id: None };
        let only_service = WantedSlots { practitioner_id: None, service_id: Some(clinic.checkup) };
        let special = clinic.offer_by(&[second], "SPECIAL", (30, 0, 0, 30)).await;
        let only_special = WantedSlots { practitioner_id: None, service_id: Some(special) };
        let now = Some(clinic.end_of_log().await);
        let mut of_first = slots(&clinic.here, &watcher, only_first, now).await;
        let mut of_service = slots(&clinic.here, &watcher, only_service, now).await;
        let mut of_special = slots(&clinic.here, &watcher, only_special, now).await;
        // Booked, confirmed (which changes no times), moved to the colleague, cancelled there.
        let visit = clinic.confirmed_visit(&clinic.newcomer(), tomorrow(9, 0)).await;
        let mut command = clinic.move_to(&visit, tomorrow(10, 0));
        command.practitioner_id = Some(second.practitioner_id());
        clinic.here.appointments.reschedule(&clinic.nurse.principal, command).await.unwrap();
        clinic.here.appointments.cancel(&clinic.nurse.principal, cancel(visit.appointment.id)).await.unwrap();
        let here = next(&mut of_first, 2).await;
        assert_eq!(here[0].range, Some((tomorrow(9, 0), tomorrow(9, 30))));
        assert_eq!(here[1].practitioners, [first.practitioner_id()]);
        assert_eq!(here[1].range, Some((tomorrow(9, 0), tomorrow(10, 30))));
        let everywhere = next(&mut of_service, 3).await;
        assert_eq!(everywhere[1].practitioners.len(), 2);
        assert_eq!(everywhere[2].practitioners, [second.practitioner_id()]);
        // The first doctor does not offer this, so the booking changed nothing here.
        let special = next(&mut of_special, 2).await;
        assert_eq!(special[0].position, everywhere[1].position);
        assert_eq!(special[0].practitioners, [second.practitioner_id()]);
        // Whoever comes back is told the same, from memory as from the store.
        let elsewhere = Process::on(clinic.world.second_process::<Migrator>().await);
        for process in [&clinic.here, &elsewhere] {
            for (wanted, heard) in [(only_first, &here), (only_service, &everywhere), (only_special, &special)] {
                let again = next(&mut slots(process, &watcher, wanted, now).await, heard.len()).await;
                assert_eq!(&again, heard);
            }
        }
    }
}

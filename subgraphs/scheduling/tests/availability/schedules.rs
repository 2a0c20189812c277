//! Weekly hours, one-off hours, absences.

use crate::world::*;
use caregraph_contracts::events::{PatientFacts, PatientsEvent};
use caregraph_contracts::ids::PractitionerId;
use caregraph_kit::on_every_engine;
use caregraph_scheduling::absence::{AbsencePeriod, AddAbsence};
use caregraph_scheduling::appointment::{Book, Cancel};
use caregraph_scheduling::extra_hours::AddExtraHours;
use caregraph_scheduling::schedule::ScheduleViewer;
use caregraph_scheduling::working_hours::{Rule, SetWorkingHours};
use chrono::{TimeDelta, Weekday};
use sea_orm::ConnectionTrait;
use serde_json::json;

async fn week_of(world: &World, practitioner: PractitionerId) -> Vec<Rule> {
    world
        .services
        .working_hours
        .of(&[practitioner])
        .await
        .unwrap()
        .remove(&practitioner)
        .unwrap_or_default()
}

fn extra(start: &str, end: &str) -> AddExtraHours {
    AddExtraHours {
        practitioner: an(),
        date: date(2026, 3, 7),
        hours: hours(start, end),
        location: berlin(),
    }
}

fn absent(from: &str, to: &str) -> AddAbsence {
    let period = AbsencePeriod::Instants {
        from: at(from),
        to: at(to),
    };
    AddAbsence {
        practitioner: an(),
        period,
        reason: Some("Operation at the knee".to_owned()),
    }
}

on_every_engine! {
    async fn a_week_takes_the_place_of_the_one_before(world: World) {
        let first = vec![
            rule(Weekday::Tue, "13:00", "17:30", saigon()),
            Rule { valid_from: Some(date(2026, 4, 1)), valid_to: Some(date(2026, 4, 30)), ..rule(Weekday::Mon, "00:00", "24:00", berlin()) },
        ];
        world.week(an(), first.clone()).await;
        assert_eq!(week_of(&world, an()).await, first);
        world.week(binh(), vec![rule(Weekday::Sun, "08:00", "08:05", berlin())]).await;
        world.week(an(), vec![rule(Weekday::Wed, "08:00", "12:00", berlin())]).await;
        assert_eq!(week_of(&world, an()).await, [rule(Weekday::Wed, "08:00", "12:00", berlin())]);
        assert_eq!(week_of(&world, binh()).await.len(), 1);
        world.week(an(), Vec::new()).await;
        assert!(week_of(&world, an()).await.is_empty());
    }

    async fn a_week_with_a_mistake_changes_nothing(world: World) {
        let good = vec![rule(Weekday::Mon, "08:00", "12:00", berlin())];
        world.week(an(), good.clone()).await;
        let mut since = 0;
        world.changed_times(&mut since).await;
        for (rules, path) in [
            (vec![rule(Weekday::Mon, "08:00", "12:00", berlin()), rule(Weekday::Mon, "11:00", "13:00", berlin())], "rules.1"),
            // Berlin is six hours behind Saigon in winter, five in summer.
            (vec![rule(Weekday::Mon, "08:00", "12:00", berlin()), rule(Weekday::Mon, "17:00", "18:00", saigon())], "rules.1"),
            (vec![rule(Weekday::Tue, "08:00", "12:00", unknown())], "rules.0.locationId"),
            (vec![Rule { valid_from: Some(date(2026, 5, 1)), valid_to: Some(date(2026, 4, 1)), ..good[0].clone() }], "rules.0.validTo"),
        ] {
            let refused = world.services.working_hours.set(&admin(), SetWorkingHours { practitioner: an(), rules }).await;
            assert_eq!(paths(refused.unwrap_err()), [path]);
        }
        let stranger = SetWorkingHours { practitioner: unknown(), rules: Vec::new() };
        assert_eq!(paths(world.services.working_hours.set(&admin(), stranger).await.unwrap_err()), ["practitionerId"]);
        assert_eq!(week_of(&world, an()).await, good);
        assert!(world.changed_times(&mut since).await.is_empty());
    }

    async fn weeks_that_are_set_at_once_do_not_mix(world: World) {
        let week = |n: u16| -> Vec<Rule> {
            let start = format!("{:02}:00", 8 + n);
            [Weekday::Mon, Weekday::Tue, Weekday::Wed].map(|day| rule(day, &start, "20:00", berlin())).to_vec()
        };
        let setters: Vec<_> = (0..8).map(|n| {
            let service = world.services.working_hours.clone();
            let command = SetWorkingHours { practitioner: an(), rules: week(n) };
            tokio::spawn(async move { service.set(&admin(), command).await.unwrap() })
        }).collect();
        for setter in setters {
            setter.await.unwrap();
        }
        let found = week_of(&world, an()).await;
        assert!((0..8).any(|n| week(n) == found), "{found:?}");
    }

    async fn every_change_of_a_schedule_is_told(world: World) {
        let mut since = 0;
        world.changed_times(&mut since).await;
        world.weekdays(an(), "08:00", "12:00", berlin()).await;
        assert_eq!(world.changed_times(&mut since).await, [an()]);
        let added = world.services.extra_hours.add(&admin(), extra("08:00", "12:00")).await.unwrap();
        assert_eq!(world.changed_times(&mut since).await, [an()]);
        world.services.extra_hours.remove(&admin(), added.id).await.unwrap();
        assert_eq!(world.changed_times(&mut since).await, [an()]);
        let away = world.services.absences.add(&admin(), absent("2026-03-03T00:00Z", "2026-03-04T00:00Z")).await.unwrap();
        assert_eq!(world.changed_times(&mut since).await, [an()]);
        world.services.absences.remove(&admin(), away.id).await.unwrap();
        assert_eq!(world.changed_times(&mut since).await, [an()]);
    }

    async fn extra_hours_stand_beside_the_week(world: World) {
        world.week(an(), vec![rule(Weekday::Sat, "08:00", "12:00", berlin())]).await;
        let service = &world.services.extra_hours;
        assert_eq!(paths(service.add(&admin(), extra("11:55", "14:00")).await.unwrap_err()), ["start"]);
        let added = service.add(&admin(), extra("12:00", "14:00")).await.unwrap();
        assert_eq!(paths(service.add(&admin(), extra("13:00", "15:00")).await.unwrap_err()), ["start"]);
        // 13:00 in Saigon is 07:00 in Berlin, 18:00 is noon.
        let far = AddExtraHours { location: saigon(), ..extra("18:00", "19:00") };
        assert_eq!(paths(service.add(&admin(), far).await.unwrap_err()), ["start"]);
        assert_eq!(service.upcoming(&[an(), binh()]).await.unwrap(), std::slice::from_ref(&added));
        let week = SetWorkingHours { practitioner: an(), rules: vec![rule(Weekday::Sat, "08:00", "12:05", berlin())] };
        assert_eq!(paths(world.services.working_hours.set(&admin(), week.clone()).await.unwrap_err()), ["rules"]);
        assert_eq!(service.remove(&admin(), added.id).await.unwrap(), added);
        assert_eq!(paths(service.remove(&admin(), added.id).await.unwrap_err()), ["id"]);
        world.services.working_hours.set(&admin(), week).await.unwrap();
    }

    async fn extra_hours_that_make_no_sense_are_refused(world: World) {
        let service = &world.services.extra_hours;
        for (command, path) in [
            (AddExtraHours { practitioner: unknown(), ..extra("08:00", "09:00") }, "practitionerId"),
            (AddExtraHours { location: unknown(), ..extra("08:00", "09:00") }, "locationId"),
            (AddExtraHours { date: date(2026, 3, 1), ..extra("08:00", "09:00") }, "date"),
            (AddExtraHours { date: date(2036, 3, 1), ..extra("08:00", "09:00") }, "date"),
            (AddExtraHours { date: date(2026, 3, 29), ..extra("02:00", "03:00") }, "start"),
        ] {
            assert_eq!(paths(service.add(&admin(), command).await.unwrap_err()), [path]);
        }
        world.location(berlin(), "Europe/Berlin", false).await;
        assert_eq!(paths(service.add(&admin(), extra("08:00", "09:00")).await.unwrap_err()), ["locationId"]);
        assert!(service.upcoming(&[an()]).await.unwrap().is_empty());
    }

    async fn of_two_extra_hours_at_once_that_overlap_one_is_refused(world: World) {
        let adders: Vec<_> = (0..6).map(|_| {
            let service = world.services.extra_hours.clone();
            tokio::spawn(async move { service.add(&admin(), extra("08:00", "12:00")).await.is_ok() })
        }).collect();
        let mut added = 0;
        for adder in adders {
            added += usize::from(adder.await.unwrap());
        }
        assert_eq!(added, 1);
    }

    async fn absences_are_seen_by_staff_and_reasons_by_few(world: World) {
        let service = &world.services.absences;
        let added = service.add(&doctor(an()), absent("2026-03-03T08:00+01:00", "2026-03-05T08:00+01:00")).await.unwrap();
        assert_eq!(added.reason.as_deref(), Some("Operation at the knee"));
        for (who, sees, why) in [
            (doctor(an()), true, true),
            (nurse(), true, true),
            (admin(), true, true),
            (doctor(binh()), true, false),
            (patient(), false, false),
            (caregraph_kit::auth::Principal::anonymous(), false, false),
        ] {
            let found = service.upcoming(ScheduleViewer::of(&who), &[an()]).await.unwrap();
            assert_eq!((found.len() == 1, found.iter().any(|absence| absence.reason.is_some())), (sees, why), "{who:?}");
        }
        // It is over, so it is not listed any more.
        world.ground().clock.advance(TimeDelta::days(4));
        assert!(service.upcoming(ScheduleViewer::of(&admin()), &[an()]).await.unwrap().is_empty());
        service.remove(&admin(), added.id).await.unwrap();
        assert_eq!(paths(service.remove(&admin(), added.id).await.unwrap_err()), ["id"]);
    }

    async fn reasons_are_sealed_in_the_store(world: World) {
        world.services.absences.add(&admin(), absent("2026-03-03T00:00Z", "2026-03-04T00:00Z")).await.unwrap();
        let statement = sea_orm::Statement::from_string(world.ground().database.reader().get_database_backend(), "SELECT reason FROM absences");
        let row = world.ground().database.reader().query_one_raw(statement).await.unwrap().unwrap();
        let stored: String = row.try_get("", "reason").unwrap();
        assert!(stored.starts_with("v1.") && !stored.contains("knee"), "{stored}");
    }

    async fn whole_days_follow_the_clocks_where_somebody_works(world: World) {
        let days = |practitioner| AddAbsence {
            practitioner,
            period: AbsencePeriod::Days { first: date(2026, 3, 28), last: date(2026, 3, 29) },
            reason: None,
        };
        // Says to work in Berlin, where clocks change on the 29th.
        let there = world.services.absences.add(&admin(), days(an())).await.unwrap();
        assert_eq!((there.period.from, there.period.to), (at("2026-03-28T00:00+01:00"), at("2026-03-30T00:00+02:00")));
        // Also has hours in Saigon, where these days begin and end earlier.
        world.weekdays(binh(), "08:00", "12:00", saigon()).await;
        let both = world.services.absences.add(&admin(), days(binh())).await.unwrap();
        assert_eq!((both.period.from, both.period.to), (at("2026-03-28T00:00+07:00"), at("2026-03-30T00:00+02:00")));
        let nowhere = caregraph_contracts::events::PractitionerFacts { locations: Vec::new(), ..facts(id(13), "Dr. Chi") };
        world.practitioner(&nowhere).await;
        let refused = world.services.absences.add(&admin(), days(id(13))).await.unwrap_err();
        assert_eq!(paths(refused), ["firstDay"]);
        let refused = world.services.absences.add(&admin(), days(unknown())).await.unwrap_err();
        assert_eq!(paths(refused), ["practitionerId"]);
    }

    async fn an_absence_lists_the_appointments_that_it_hits(world: World) {
        world.weekdays(an(), "08:00", "12:00", berlin()).await;
        let service = world.save(consultation(&[an()])).await;
        let known = PatientFacts { user_id: patient().user_id(), ..patient_facts(23, &[]) };
        world.hear(&PatientsEvent::PatientRegistered { patient: known }).await;
        let book = async |start: &str| {
            let command = Book {
                service_id: service.id,
                practitioner_id: an(),
                start: at(start),
                patient_id: None,
                reason: None,
                note_for_doctor: None,
                hold_id: None,
                idempotency_key: start.to_owned(),
            };
            world.services.appointments.book(&patient(), command).await.unwrap().appointment.id.to_string()
        };
        let _before = book("2026-03-03T08:30+01:00").await;
        let later = book("2026-03-03T09:30+01:00").await;
        let first = book("2026-03-03T09:00+01:00").await;
        let _behind = book("2026-03-03T10:00+01:00").await;
        let called_off = book("2026-03-03T11:00+01:00").await;
        let cancel = Cancel { id: called_off.parse().unwrap(), reason: "Well again".to_owned(), on_behalf_of_patient: false };
        world.services.appointments.cancel(&patient(), cancel).await.unwrap();
        let query = "mutation($input: AddAbsenceInput!) { addAbsence(input: $input) {
            absence { affectedAppointments { id } } errors { __typename } } }";
        for (start, end, hit) in [
            ("09:00", "10:00", vec![&first, &later]),
            ("09:15", "09:20", vec![&first]),
            ("10:30", "12:00", vec![]),
        ] {
            let input = json!({ "input": {
                "practitionerId": an().to_string(),
                "start": format!("2026-03-03T{start}:00+01:00"),
                "end": format!("2026-03-03T{end}:00+01:00"),
            } });
            for who in [doctor(an()), nurse(), admin()] {
                let answer = world.ask(&who, query, input.clone()).await;
                let expected: Vec<_> = hit.iter().map(|id| json!({ "id": id })).collect();
                assert_eq!(answer["data"]["addAbsence"]["absence"]["affectedAppointments"], json!(expected), "{answer}");
            }
        }
    }
}

//! Events that a handler gave up on: seen, and handled once the cause is mended.

use crate::harness::{BOOK, Clinic, Person, Stores};
use crate::records::trail;
use caregraph_contracts::Domain;
use caregraph_kit::database::{Database, Engine, PoolSettings};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::eventually;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use std::process::Output;

const MESSAGES: &str =
    "{ notifications(first: 20, filter: { type: APPOINTMENT_BOOKED }) { nodes { subject } } }";

on_every_engine! {
    async fn what_was_parked_is_handled_when_its_cause_is_mended(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        let patient = Person::register(&stores, &program.graph(), "linh@example.com").await;
        let doctor = &clinic.doctors[0];
        let slots = clinic.nurse.free_slots(&clinic.service, doctor).await;
        assert_eq!(told(&run(&stores, &["events", "parked"])), "");

        // What handlers write to is away or full, and nobody may take that for an outage.
        let mut broken = vec![(Domain::Administration, "administration.audit", "audit_entries")];
        change(&stores, Domain::Administration, "ALTER TABLE audit_entries RENAME TO mislaid").await;
        if stores.engine == Engine::Sqlite {
            broken.push((Domain::Notifications, "notifications.visits", "no room"));
            change(&stores, Domain::Notifications, "CREATE TRIGGER full BEFORE INSERT ON docs_notifications BEGIN SELECT RAISE(ABORT, 'no room'); END").await;
        }
        let input = json!({ "input": {
            "serviceId": clinic.service, "practitionerId": doctor.id, "start": slots[0], "idempotencyKey": "once",
        } });
        patient.graph.done("bookAppointment", BOOK, input).await;
        for (domain, handler, cause) in &broken {
            let line = format!("{domain}\t{handler}\t");
            let parked = eventually("the handler gave up", async || {
                let listed = told(&run(&stores, &["events", "parked"]));
                listed.lines().find(|parked| parked.starts_with(&line) && parked.contains("\tAppointmentBooked\t12\t")).map(str::to_owned)
            })
            .await;
            assert!(parked.contains(cause), "it says why: {parked}");

            // As long as the cause is there, it stays.
            let again = run(&stores, &["events", "replay", "--handler", handler]);
            assert!(!again.status.success());
            assert!(told(&again).contains("0 handled, "), "{again:?}");
        }
        let log = json!({ "domain": "SCHEDULING" });
        assert_eq!(told(&run(&stores, &["events", "replay", "--handler", "nobody"])), "0 handled, 0 failed again\n");

        change(&stores, Domain::Administration, "ALTER TABLE mislaid RENAME TO audit_entries").await;
        if stores.engine == Engine::Sqlite {
            change(&stores, Domain::Notifications, "DROP TRIGGER full").await;
        }
        let booked = |entries: &[Value]| entries.iter().filter(|entry| entry["action"] == "AppointmentBooked").count();
        assert_eq!(booked(&trail::audit_log(&clinic.admin.graph, log.clone()).await), 0);
        let replayed = run(&stores, &["events", "replay"]);
        assert!(replayed.status.success(), "{replayed:?}");
        assert!(told(&replayed).ends_with(" handled, 0 failed again\n"), "{replayed:?}");
        assert_eq!(told(&run(&stores, &["events", "replay"])), "0 handled, 0 failed again\n");
        assert_eq!(told(&run(&stores, &["events", "parked"])), "");

        // Each took effect once.
        assert_eq!(booked(&trail::audit_log(&clinic.admin.graph, log).await), 1);
        let known = trail::head(&clinic.admin.graph).await;
        trail::verified(&clinic.admin.graph, &known).await;
        let messages = eventually("the patient is told", async || {
            let told = patient.graph.data(MESSAGES, Value::Null).await["notifications"]["nodes"].take();
            told.as_array().filter(|told| !told.is_empty()).cloned()
        })
        .await;
        assert_eq!(messages.len(), 1, "{messages:?}");
        program.stop().await;
    }
}

/// A command, whether it succeeds or not.
fn run(stores: &Stores, arguments: &[&str]) -> Output {
    stores.command(arguments).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Changes a store behind the program's back.
async fn change(stores: &Stores, domain: Domain, statement: &str) {
    let database = Database::open(&stores.url(domain), &PoolSettings::default())
        .await
        .unwrap();
    database.reader().execute_unprepared(statement).await.unwrap();
    database.close().await.unwrap();
}

//! Everything that happens becomes an entry.

use crate::world::*;
use caregraph_administration::handlers::{EventsBecomeEntries, KnowPeople};
use caregraph_contracts::access::{AccessBasis, RecordPart, WriteAccess};
use caregraph_contracts::events::{
    AppointmentFacts, AppointmentStatus, EntryChange, EntryKind, IdentityEvent, LocationFacts,
    NotificationsEvent, PatientsEvent, PractitionersEvent, RecordsEvent, SchedulingEvent, SessionEnd,
};
use caregraph_contracts::ids::PractitionerId;
use caregraph_contracts::{Domain, Role};
use caregraph_kit::auth::Principal;
use caregraph_kit::auth::RequestInfo;
use caregraph_kit::auth::acting::on_behalf_of;
use caregraph_kit::events::EventHandler;
use caregraph_kit::on_every_engine;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::testing::{TestDatabase, eventually};
use chrono::TimeDelta;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn appointment(world: &World) -> AppointmentFacts {
    AppointmentFacts {
        appointment_id: id(50).into(),
        patient_id: patient(1),
        practitioner_id: PractitionerId::of_user(user(901)),
        practitioner_name: "Dr. Bình".into(),
        service_id: id(77).into(),
        service_name: "Check-up".into(),
        location_id: None,
        location_name: None,
        time_zone: "Asia/Ho_Chi_Minh".into(),
        start: world.now(),
        end: world.now() + TimeDelta::hours(1),
        status: AppointmentStatus::Pending,
        revision: 1,
        changed_by: user(1),
    }
}

on_every_engine! {
    async fn events_of_every_domain_become_entries_with_their_actor(world: World) {
        let by = actor(user(901), Role::Doctor);
        world.hear(&IdentityEvent::SessionRevoked {
            user_id: user(1), session_id: id(60).into(), reason: SessionEnd::SignedOut, tokens_expire_at: world.now(),
        }, Some(&by)).await;
        world.hear(&updated(patient(1)), Some(&by)).await;
        world.hear(&PractitionersEvent::LocationSaved { location: LocationFacts {
            location_id: id(61).into(), name: "Huế".into(), time_zone: "Asia/Ho_Chi_Minh".into(), active: true,
        } }, Some(&by)).await;
        world.hear(&SchedulingEvent::AppointmentBooked { appointment: appointment(&world) }, Some(&by)).await;
        world.hear(&accessed(patient(1), user(901), AccessBasis::Care, None), Some(&by)).await;
        world.hear(&NotificationsEvent::NotificationReceived { notification_id: id(62).into(), recipient: user(1) }, Some(&by)).await;
        let mut log = world.log(json!({})).await;
        log.reverse();
        let seen: Vec<_> = log.iter().map(|entry| json!([
            entry["number"], entry["domain"], entry["action"], entry["subjectKind"], entry["subjectId"], entry["patient"]["id"],
        ])).collect();
        let one = id(1).to_string();
        assert_eq!(seen, [
            json!([1, "IDENTITY", "SessionRevoked", "SESSION", id(60), null]),
            json!([2, "PATIENTS", "PatientUpdated", "PATIENT", one, one]),
            json!([3, "PRACTITIONERS", "LocationSaved", "LOCATION", id(61), null]),
            json!([4, "SCHEDULING", "AppointmentBooked", "APPOINTMENT", id(50), one]),
            json!([5, "RECORDS", "RecordAccessed", "RECORD", one, one]),
            json!([6, "NOTIFICATIONS", "NotificationReceived", "NOTIFICATION", id(62), null]),
        ]);
        for entry in &log {
            assert_eq!(entry["day"], "2026-03-02");
            assert_eq!(entry["outcome"], "GRANTED");
            assert_eq!(entry["patientId"], entry["patient"]["id"]);
            assert_eq!(entry["by"]["id"], json!(user(901).to_string()));
            assert_eq!(entry["practitioner"]["id"], json!(user(901).to_string()));
            assert_eq!(entry["roles"], json!(["DOCTOR"]));
            assert_eq!(entry["sessionId"], json!(id(7_000)));
            assert_eq!(entry["address"], "203.0.113.7");
            assert_eq!(entry["requestId"], "request-1");
            assert_eq!(entry["after"].as_str().unwrap().len(), 43);
        }
        for pair in log.windows(2) {
            assert_eq!(pair[0]["hash"], pair[1]["previousHash"]);
        }
        assert_eq!(log[0]["previousHash"], json!("0".repeat(64)));
        assert_eq!(world.verify(json!(null)).await["entries"], 6);
        assert_eq!(world.findings().await, []);
    }

    async fn a_reading_says_why_it_was_allowed_or_that_it_was_not(world: World) {
        let by = actor(user(901), Role::Doctor);
        world.hear(&accessed(patient(1), user(901), AccessBasis::Nothing, None), Some(&by)).await;
        world.hear(&accessed(patient(1), user(901), AccessBasis::BrokenGlass, Some("unconscious, no relatives")), Some(&by)).await;
        world.hear(&RecordsEvent::GlassBroken {
            patient_id: patient(1), user_id: user(901), reason: "unconscious".into(), until: world.now(),
        }, Some(&by)).await;
        world.hear(&RecordsEvent::RecordChanged { change: EntryChange {
            patient_id: patient(1), entry_id: id(70).into(), kind: EntryKind::Allergy, version: 2, released: true,
            before: Some("old".into()), after: "new".into(),
            allowed_by: Some(WriteAccess { basis: AccessBasis::BrokenGlass, reason: Some("unconscious".into()) }),
        } }, Some(&by)).await;
        let log = world.log(json!({})).await;
        let [changed, glass, opened, denied] = log.as_slice() else { panic!("{log:?}") };
        assert_eq!((&denied["outcome"], &denied["purpose"], &denied["brokenGlass"]), (&json!("DENIED"), &json!("NOTHING"), &json!(false)));
        assert_eq!(denied["parts"], json!(["VITALS", "ALLERGIES"]));
        assert_eq!(denied["what"], "timeline");
        assert_eq!(denied["reason"], json!(null));
        assert_eq!((&opened["outcome"], &opened["purpose"], &opened["brokenGlass"]), (&json!("GRANTED"), &json!("BROKEN_GLASS"), &json!(true)));
        assert_eq!(opened["reason"], "unconscious, no relatives");
        assert_eq!((&glass["reason"], &glass["brokenGlass"]), (&json!("unconscious"), &json!(true)));
        assert_eq!((&changed["reason"], &changed["brokenGlass"]), (&json!("unconscious"), &json!(true)));
        assert_eq!((&changed["before"], &changed["after"]), (&json!("old"), &json!("new")));
        assert_eq!((&changed["subjectKind"], &changed["parts"]), (&json!("RECORD_ENTRY"), &json!(["ALLERGIES"])));
    }

    async fn what_a_later_version_tells_is_recorded_by_its_envelope(world: World) {
        let by = actor(user(1), Role::Patient);
        let mut envelope = world.envelope(&updated(patient(1)), Some(&by));
        "PatientTeleported".clone_into(&mut envelope.name);
        envelope.payload["name"] = json!("PatientTeleported");
        world.deliver(&envelope).await;
        let mut damaged = world.envelope(&updated(patient(1)), Some(&by));
        damaged.payload["data"] = json!({});
        // Whoever keeps people cannot go on from it; the trail can.
        deliver_to_audit(world.ground(), &damaged).await;
        let log = world.log(json!({})).await;
        assert_eq!(log.len(), 2);
        assert_eq!(log[1]["action"], "PatientTeleported");
        for entry in &log {
            assert_eq!(entry["subjectKind"], "OTHER");
            assert_eq!(entry["subjectId"], json!(id(1)));
            assert_eq!(entry["by"]["id"], json!(id(1)));
            assert!(entry["after"].is_string());
        }
    }

    async fn what_nobody_asked_for_has_no_actor_unless_the_event_names_one(world: World) {
        world.hear(&updated(patient(1)), None).await;
        world.hear(&SchedulingEvent::AppointmentNoShow { appointment: appointment(&world) }, None).await;
        let log = world.log(json!({})).await;
        assert_eq!((&log[1]["by"], &log[1]["requestId"], &log[1]["address"]), (&json!(null), &json!(null), &json!(null)));
        assert_eq!((&log[0]["by"]["id"], &log[0]["requestId"]), (&json!(id(1)), &json!(null)));
        assert_eq!(log[0]["practitioner"], json!(null));
    }

    /// Each entry goes on from the one before, also from one of another day, and what is known already is left out.
    async fn what_is_taken_down_together_is_one_chain(world: World) {
        let by = actor(user(901), Role::Doctor);
        let told: Vec<_> = (1..=7).map(|n| world.envelope(&updated(patient(n)), Some(&by))).collect();
        let audit = EventsBecomeEntries::new(world.ground().clone());
        for range in [0..1, 0..3, 2..2, 2..4, 0..4, 3..7] {
            if range.start == 3 {
                world.next_day();
            }
            let events: Vec<_> = told[range.clone()].iter().chain(&told[range]).collect();
            let mut tx = world.ground().database.begin().await.unwrap();
            audit.handle_all(&mut tx, &events).await.unwrap();
            tx.commit().await.unwrap();
        }
        let mut log = world.log(json!({})).await;
        log.reverse();
        let seen: Vec<_> = log.iter().map(|entry| json!([entry["number"], entry["patientId"]])).collect();
        let wanted: Vec<_> = [(1, 1), (2, 2), (3, 3), (4, 4), (1, 5), (2, 6), (3, 7)]
            .map(|(number, of)| json!([number, id(of)]))
            .into();
        assert_eq!(seen, wanted);
        for pair in log.windows(2) {
            assert_eq!(pair[0]["hash"], pair[1]["previousHash"]);
        }
        assert_eq!(world.verify(json!(null)).await["entries"], 7);
        assert_eq!(world.findings().await, []);
    }

    async fn an_event_that_comes_twice_makes_one_entry(world: World) {
        let envelope = world.envelope(&updated(patient(1)), None);
        for _ in 0..3 {
            world.deliver(&envelope).await;
        }
        world.next_day();
        world.deliver(&envelope).await;
        assert_eq!(world.log(json!({})).await.len(), 1);
        assert_eq!(world.findings().await, []);
    }

    /// The whole way: from another domain's outbox, with whoever is signed in there.
    async fn an_event_arrives_through_the_bus(world: World) {
        let ground = world.ground();
        let store = TestDatabase::new(ground.database.engine());
        let database = store.migrated::<caregraph_migrations::patients::Migrator>().await;
        let patients = Ground::lay(Domain::Patients, database, ground.bus.clone(), ground.cipher.clone(), ground.clock.clone());
        let patients = patients.await.unwrap();
        let handlers: Vec<Arc<dyn EventHandler>> = vec![Arc::new(EventsBecomeEntries::new(ground.clone())), Arc::new(KnowPeople)];
        world.inner.start(handlers);
        let info = RequestInfo { request_id: "r-9".into(), address: Some([198, 51, 100, 1].into()), ..RequestInfo::default() };
        let signed_in: Principal = person(1);
        let told = on_behalf_of(Some(Arc::new(signed_in.acting(&info))), async {
            let mut tx = patients.database.begin().await.unwrap();
            let event = PatientsEvent::PatientRegistered { patient: facts(patient(1), &[]) };
            let ids = patients.events.append(&mut tx, &[event]).await.unwrap();
            tx.commit().await.unwrap();
            ids[0]
        });
        let told = told.await;
        let entry = eventually("the entry is there", || async { world.log(json!({})).await.pop() }).await;
        assert_eq!(entry["id"], json!(told.to_string()));
        assert_eq!((&entry["by"]["id"], &entry["address"]), (&json!(id(1)), &json!("198.51.100.1")));
        assert_eq!(entry["requestId"], "r-9");
        ground.bus.shut_down().await;
    }
}

#[test]
fn parts_of_a_record_fit_into_their_column() {
    let all: usize = RecordPart::ALL.iter().map(|part| part.as_str().len() + 1).sum();
    let roles: usize = Role::ALL.iter().map(|role| role.as_str().len() + 1).sum();
    assert!(all <= 255 && roles <= 255);
}

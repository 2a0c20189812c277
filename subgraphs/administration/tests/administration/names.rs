//! Whose name stands beside an entry, and for whom.

use crate::world::*;
use caregraph_administration::SEALS;
use caregraph_contracts::access::AccessBasis;
use caregraph_contracts::events::{Holdings, IdentityEvent, PatientsEvent};
use caregraph_contracts::ids::{SessionId, UserId};
use caregraph_contracts::{Role, Scope};
use caregraph_kit::auth::Principal;
use caregraph_kit::crypto::{FieldCipher, KeyRing};
use caregraph_kit::on_every_engine;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::testing::TestWorld;
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

/// What identity puts in the place of a name that was erased.
const NO_NAME: &str = "—";

fn registered(id: UserId, (first_name, last_name): (&str, &str), role: Role) -> IdentityEvent {
    IdentityEvent::UserRegistered {
        user_id: id,
        email: "somebody@example.com".to_owned(),
        phone: None,
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        locale: "vi".to_owned(),
        time_zone: "Asia/Ho_Chi_Minh".to_owned(),
        roles: vec![role],
    }
}

fn renamed(id: UserId, (first_name, last_name): (&str, &str), locale: &str) -> IdentityEvent {
    IdentityEvent::UserUpdated {
        user_id: id,
        email: "somebody@example.com".to_owned(),
        phone: None,
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        locale: locale.to_owned(),
        time_zone: "Asia/Ho_Chi_Minh".to_owned(),
    }
}

/// Reads the trail, and no accounts.
fn auditor(world: &World) -> Principal {
    let session = SessionId::from(Uuid::from_u128(7_001));
    let until = world.now() + TimeDelta::days(1);
    Principal::user(user(905), session, [Role::Admin], [Scope::AuditRead], until)
}

/// Names in the log of patient 1, the oldest first.
async fn names(world: &World, who: &Principal) -> Vec<Value> {
    let query = "query($id: ID!) { accessLog(patientId: $id) { nodes { byName } } }";
    let id = json!({ "id": patient(1).to_string() });
    let answer = world.ask(who, query, id).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let nodes = answer["data"]["accessLog"]["nodes"].as_array().unwrap();
    nodes.iter().rev().map(|node| node["byName"].clone()).collect()
}

/// What the store holds as names.
async fn stored(world: &World) -> Vec<String> {
    let connection = world.ground().database.reader();
    let sql = "SELECT name AS value FROM known_accounts ORDER BY user_id";
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", "value").unwrap()).collect()
}

/// Patient 1 and guardian 2 have accounts, and so has nurse 903. Patient, guardian, nurse, a doctor whom nobody told of, and the program
/// do something, in this order.
async fn looked_at(world: &World) {
    for event in [
        registered(user(1), ("An", "Nguyễn"), Role::Patient),
        registered(user(2), ("Bình", "Nguyễn"), Role::Patient),
        registered(user(903), ("Lan", "Trần"), Role::Nurse),
    ] {
        world.hear(&event, None).await;
    }
    let own = PatientsEvent::PatientRegistered {
        patient: facts(patient(1), &[user(2)]),
    };
    let known = PatientsEvent::PatientUpdated {
        patient: facts(patient(1), &[user(2)]),
    };
    world.hear(&own, Some(&actor(user(1), Role::Patient))).await;
    world.hear(&known, Some(&actor(user(2), Role::Patient))).await;
    for (id, role) in [(903, Role::Nurse), (901, Role::Doctor)] {
        let look = accessed(patient(1), user(id), AccessBasis::Care, None);
        world.hear(&look, Some(&actor(user(id), role))).await;
    }
    world.hear(&known, None).await;
}

on_every_engine! {
    async fn people_at_work_are_named_and_others_are_not(world: World) {
        looked_at(&world).await;
        let (own, guardian, nurse) = (json!("Nguyễn An"), json!("Nguyễn Bình"), json!("Trần Lan"));
        let nobody = Value::Null;
        for (who, expected) in [
            (person(1), [&own, &nobody, &nurse, &nobody, &nobody]),
            (person(2), [&nobody, &guardian, &nurse, &nobody, &nobody]),
            (auditor(&world), [&nobody, &nobody, &nurse, &nobody, &nobody]),
            // Identity shows administrators these names anyway.
            (admin(), [&own, &guardian, &nurse, &nobody, &nobody]),
        ] {
            assert_eq!(names(&world, &who).await, expected.map(Clone::clone), "{who:?}");
        }
        let mut log = world.log(json!({ "patient": patient(1).to_string() })).await;
        log.reverse();
        let named: Vec<&Value> = log.iter().map(|entry| &entry["byName"]).collect();
        assert_eq!(named, [&own, &guardian, &nurse, &nobody, &nobody]);
        assert!(log.iter().all(|entry| entry["patientId"] == json!(patient(1).to_string())));
    }

    /// A nurse who looks at her own child's record does so as a mother.
    async fn people_at_home_are_not_at_work(world: World) {
        looked_at(&world).await;
        for basis in [AccessBasis::Guardian, AccessBasis::Oneself, AccessBasis::Care] {
            world.hear(&accessed(patient(1), user(903), basis, None), Some(&actor(user(903), Role::Nurse))).await;
        }
        let seen = names(&world, &person(1)).await;
        assert_eq!(seen[5..], [Value::Null, Value::Null, json!("Trần Lan")]);
        let query = "query($id: ID!) { accessLog(patientId: $id, first: 3) { nodes { roles } } }";
        let roles = world.ask(&person(1), query, json!({ "id": patient(1).to_string() })).await;
        assert_eq!(
            roles["data"]["accessLog"]["nodes"],
            json!([{ "roles": ["NURSE"] }, { "roles": ["PATIENT"] }, { "roles": ["PATIENT"] }])
        );
    }

    async fn a_name_is_the_one_that_somebody_has_now(world: World) {
        looked_at(&world).await;
        let late = world.envelope(&renamed(user(903), ("Former", "Name"), "en"), None);
        world.hear(&renamed(user(903), ("Lan", "Smith"), "en"), None).await;
        assert_eq!(names(&world, &person(1)).await[2], "Lan Smith");
        // What happened earlier and arrives later changes nothing.
        world.deliver(&late).await;
        assert_eq!(names(&world, &person(1)).await[2], "Lan Smith");
    }

    /// Whoever looked at work stays named when the work has ended. Where the trail does not say what somebody was, it counts what they are.
    async fn it_counts_what_somebody_was_at_that_time(world: World) {
        looked_at(&world).await;
        let scheduled = PatientsEvent::ErasureScheduled {
            erasure_id: Uuid::from_u128(300).into(), patient_id: patient(1), requested_by: user(903), due_at: world.now(),
            holdings: Holdings::default(),
        };
        world.hear(&scheduled, None).await;
        let of_nurse = async || {
            let names = names(&world, &person(1)).await;
            (names[2].clone(), names[5].clone())
        };
        assert_eq!(of_nurse().await, (json!("Trần Lan"), json!("Trần Lan")));
        world.hear(&IdentityEvent::UserRolesChanged { user_id: user(903), roles: vec![Role::Patient] }, None).await;
        assert_eq!(of_nurse().await, (json!("Trần Lan"), Value::Null));
        world.hear(&IdentityEvent::UserRolesChanged { user_id: user(2), roles: vec![Role::Nurse] }, None).await;
        assert_eq!(names(&world, &person(1)).await[1], Value::Null);
    }

    async fn an_erased_name_is_overwritten_and_does_not_come_back(world: World) {
        looked_at(&world).await;
        let late = world.envelope(&renamed(user(2), ("Bình", "Lê"), "vi"), None);
        let before = stored(&world).await;
        world.hear(&renamed(user(2), (NO_NAME, NO_NAME), "vi"), None).await;
        let after = stored(&world).await;
        assert_eq!((before.len(), after.len()), (3, 3));
        assert_ne!(before[1], after[1]);
        for _ in 0..2 {
            assert_eq!(names(&world, &admin()).await[1], format!("{NO_NAME} {NO_NAME}"));
            assert_eq!(names(&world, &admin()).await[0], "Nguyễn An");
            world.deliver(&late).await;
        }
        assert_eq!(world.findings().await, []);
    }

    async fn names_are_sealed_and_renewed_under_another_key(world: World) {
        looked_at(&world).await;
        for name in stored(&world).await {
            assert!(name.starts_with("v1.k1.") && !name.contains("Nguyễn") && !name.contains("Trần"), "{name}");
        }
        let (seal, index) = &world.keys;
        let new = world.ground().cipher.ring().another();
        let both = FieldCipher::new(KeyRing::parse(&[new.clone(), seal.clone()], index).unwrap());
        let renewal = world.ground().database.renew_seals(&both, SEALS).await.unwrap();
        // Three names, and the addresses of the four who asked for something.
        assert_eq!((renewal.renewed, renewal.unreadable), (7, 0));
        let cipher = FieldCipher::new(KeyRing::parse(&[new], index).unwrap());
        let ground = Ground { cipher, ..world.ground().clone() };
        let rotated = World { schema: schema_on(&ground), inner: TestWorld { ground, ..world.inner }, ..world };
        assert_eq!(names(&rotated, &admin()).await[2], "Trần Lan");
    }

    async fn a_damaged_name_hides_nothing_else(world: World) {
        looked_at(&world).await;
        world.tamper(&["UPDATE known_accounts SET name = 'v1.k1.AAAA'"]).await;
        assert_eq!(names(&world, &admin()).await, vec![Value::Null; 5]);
        assert_eq!(world.log(json!({})).await.len(), 8);
    }
}

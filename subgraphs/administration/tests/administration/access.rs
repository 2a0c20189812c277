//! Who sees which part of the trail.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_contracts::access::{AccessBasis, WriteAccess};
use caregraph_contracts::events::{PatientsEvent, RecordsEvent};
use caregraph_kit::auth::Principal;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::principal;
use serde_json::{Value, json};

const FIELDS: &str =
    "nodes { id at action outcome by { id } practitioner { id } roles basis brokenGlass parts what reason }";

/// What the root field answers.
async fn access_log(world: &World, who: &Principal, of: u128) -> Value {
    let query = format!("query($id: ID!) {{ accessLog(patientId: $id) {{ {FIELDS} }} }}");
    let answer = world
        .ask(who, &query, json!({ "id": patient(of).to_string() }))
        .await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["accessLog"].clone()
}

/// What the router gets for `Patient.accessLog`.
async fn of_entity(world: &World, who: &Principal, of: u128) -> Value {
    let query = format!(
        "query($of: [_Any!]!) {{ _entities(representations: $of) {{ ... on Patient {{ accessLog {{ {FIELDS} }} }} }} }}"
    );
    let of = json!({ "of": [{ "__typename": "Patient", "id": patient(of).to_string() }] });
    let answer = world.ask(who, &query, of).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["_entities"][0]["accessLog"].clone()
}

/// Patient 1 has guardian 2; a doctor, who cares for the patient, looked and broke the glass.
async fn looked_at(world: &World) {
    let registered = PatientsEvent::PatientRegistered {
        patient: facts(patient(1), &[user(2)]),
    };
    world
        .hear(&registered, Some(&actor(user(1), Role::Patient)))
        .await;
    let by = actor(user(901), Role::Doctor);
    world
        .hear(
            &accessed(patient(1), user(901), AccessBasis::Care, None),
            Some(&by),
        )
        .await;
    world
        .hear(
            &accessed(
                patient(1),
                user(901),
                AccessBasis::BrokenGlass,
                Some("unconscious"),
            ),
            Some(&by),
        )
        .await;
    world
        .hear(
            &accessed(patient(9), user(901), AccessBasis::Care, None),
            Some(&by),
        )
        .await;
}

on_every_engine! {
    async fn patients_guardians_and_auditors_see_who_looked(world: World) {
        looked_at(&world).await;
        for who in [person(1), person(2), admin()] {
            let log = access_log(&world, &who, 1).await;
            let [glass, care, registered] = log["nodes"].as_array().unwrap().as_slice() else { panic!("{log}") };
            assert_eq!(glass["brokenGlass"], true);
            assert_eq!((&glass["basis"], &glass["reason"]), (&json!("BROKEN_GLASS"), &json!("unconscious")));
            assert_eq!((&care["basis"], &care["brokenGlass"], &care["reason"]), (&json!("CARE"), &json!(false), &json!(null)));
            assert_eq!((&care["what"], &care["parts"]), (&json!("timeline"), &json!(["VITALS", "ALLERGIES"])));
            assert_eq!((&care["outcome"], &care["roles"]), (&json!("GRANTED"), &json!(["DOCTOR"])));
            assert_eq!(care["by"]["id"], json!(user(901).to_string()));
            assert_eq!(care["practitioner"]["id"], json!(user(901).to_string()));
            assert_eq!(care["at"], "2026-03-02T08:00:00+00:00");
            assert_eq!((&registered["action"], &registered["practitioner"]), (&json!("PatientRegistered"), &json!(null)));
            assert_eq!(of_entity(&world, &who, 1).await, log);
        }
    }

    /// What tells others more about a change is the same thing to the patient; an auditor sees it, with whose record it was.
    async fn the_patient_sees_a_change_once(world: World) {
        looked_at(&world).await;
        let by = actor(user(901), Role::Doctor);
        world.hear(&RecordsEvent::AllergyRecorded {
            patient_id: patient(1), allergy_id: uuid::Uuid::from_u128(70).into(), substance: "Latex".into(), code: None, active: true,
            allowed_by: Some(WriteAccess { basis: AccessBasis::BrokenGlass, reason: Some("unconscious".into()) }),
        }, Some(&by)).await;
        let log = access_log(&world, &person(1), 1).await;
        assert_eq!(log["nodes"].as_array().unwrap().len(), 3, "{log}");
        let all = world.log(json!({ "patient": patient(1).to_string(), "breakGlassOnly": true })).await;
        let [written, _] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((&written["action"], &written["patientId"]), (&json!("AllergyRecorded"), &json!(patient(1).to_string())));
    }

    async fn for_everybody_else_there_is_no_such_log(world: World) {
        looked_at(&world).await;
        let nurse = principal(user(903), &[Role::Nurse]);
        // The doctor who looked does not see who else did.
        for who in [person(3), doctor(), nurse] {
            assert_eq!(access_log(&world, &who, 1).await, Value::Null);
            assert_eq!(of_entity(&world, &who, 1).await, Value::Null);
        }
        assert_eq!(of_entity(&world, &Principal::anonymous(), 1).await, Value::Null);
        let query = "{ accessLog(patientId: \"x\") { nodes { id } } }";
        assert_eq!(code(&world.ask(&Principal::anonymous(), query, Value::Null).await), "UNAUTHENTICATED");
        for who in [person(1), admin()] {
            assert_eq!(world.ask(&who, query, Value::Null).await["data"], json!({ "accessLog": null }));
            assert_eq!(access_log(&world, &who, 777).await, Value::Null);
        }
    }

    async fn the_trail_is_for_auditors_only(world: World) {
        looked_at(&world).await;
        for query in ["{ auditLog { nodes { id } } }", "{ verifyAudit { intact } }", "{ auditHead { day } }"] {
            for who in [person(1), person(2), doctor()] {
                let answer = world.ask(&who, query, Value::Null).await;
                assert_eq!(code(&answer), "FORBIDDEN", "{query}");
            }
            let answer = world.ask(&Principal::anonymous(), query, Value::Null).await;
            assert_eq!(code(&answer), "UNAUTHENTICATED", "{query}");
        }
    }

    async fn whoever_is_no_longer_a_guardian_sees_nothing_any_more(world: World) {
        looked_at(&world).await;
        let left = world.envelope(&PatientsEvent::PatientUpdated { patient: facts(patient(1), &[]) }, None);
        let again = world.envelope(&PatientsEvent::PatientUpdated { patient: facts(patient(1), &[user(4)]) }, None);
        world.deliver(&again).await;
        assert_eq!(access_log(&world, &person(2), 1).await, Value::Null);
        assert!(access_log(&world, &person(4), 1).await.is_object());
        // What happened earlier and arrives later changes nothing.
        world.deliver(&left).await;
        assert!(access_log(&world, &person(4), 1).await.is_object());
    }

    async fn a_merged_patients_log_is_part_of_the_surviving_ones(world: World) {
        looked_at(&world).await;
        world.hear(&PatientsEvent::PatientRegistered { patient: facts(patient(5), &[]) }, None).await;
        assert_eq!(access_log(&world, &person(5), 5).await["nodes"].as_array().unwrap().len(), 1);
        world.hear(&PatientsEvent::PatientsMerged { surviving: patient(5), merged: patient(1) }, None).await;
        assert_eq!(access_log(&world, &person(5), 5).await["nodes"].as_array().unwrap().len(), 5);
        // That does not open the surviving one's to whoever acted for the other.
        assert_eq!(access_log(&world, &person(2), 5).await, Value::Null);
        world.hear(&PatientsEvent::PatientsUnmerged { surviving: patient(5), merged: patient(1) }, None).await;
        assert_eq!(access_log(&world, &person(5), 5).await["nodes"].as_array().unwrap().len(), 3);
        assert_eq!(access_log(&world, &person(1), 1).await["nodes"].as_array().unwrap().len(), 3);
    }

    async fn the_log_of_a_patient_has_pages(world: World) {
        looked_at(&world).await;
        let query = "query($id: ID!, $after: String) { accessLog(patientId: $id, first: 2, after: $after) {
            nodes { action } pageInfo { hasNextPage endCursor } } }";
        let id = patient(1).to_string();
        let first = world.ask(&person(1), query, json!({ "id": id })).await["data"]["accessLog"].clone();
        assert_eq!((first["nodes"].as_array().unwrap().len(), &first["pageInfo"]["hasNextPage"]), (2, &json!(true)));
        let after = &first["pageInfo"]["endCursor"];
        let second = world.ask(&person(1), query, json!({ "id": id, "after": after })).await["data"]["accessLog"].clone();
        assert_eq!(second["nodes"], json!([{ "action": "PatientRegistered" }]));
        assert_eq!(second["pageInfo"]["hasNextPage"], false);
    }
}

//! Amending signed encounters: who may, what is refused, and what is told.

use crate::world::*;
use caregraph_contracts::events::RecordsEvent;
use caregraph_contracts::ids::{PractitionerId, SessionId};
use caregraph_contracts::{Role, Scope};
use caregraph_kit::auth::Principal;
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::principal;
use chrono::TimeDelta;
use serde_json::{Value, json};

const ENCOUNTER: &str =
    "encounter { id version status notes diagnoses { id code } signature { signedBy { id } } }";

/// Another doctor, who comes to care for Lan.
const COLLEAGUE: u128 = 103;

fn colleague() -> Principal {
    principal(user(COLLEAGUE), &[Role::Doctor])
}

/// An encounter that the doctor has signed, with hypertension as its diagnosis.
async fn signed(world: &World) -> Value {
    let input = json!({ "patientId": id(LAN), "chiefComplaint": "ho", "notes": "phổi trong" });
    let begun = world.done(&doctor(), "startEncounter", ENCOUNTER, input).await;
    let diagnosis = json!({ "encounterId": begun["id"], "diagnosis": { "code": "I10", "primary": true } });
    let diagnosed = world
        .done(&doctor(), "recordDiagnosis", ENCOUNTER, diagnosis)
        .await;
    let sign = json!({ "id": begun["id"], "version": diagnosed["version"] });
    world.done(&doctor(), "signEncounter", ENCOUNTER, sign).await
}

fn amendment(of: &Value, notes: &str) -> Value {
    json!({ "id": of["id"], "version": of["version"], "notes": notes, "reason": "X-quang về sau" })
}

async fn breaks_the_glass(world: &World, who: &Principal) {
    let input = json!({ "patientId": id(LAN), "reason": "an emergency at night" });
    world.done(who, "breakGlass", "opened { until }", input).await;
}

on_every_document_store! {
    async fn an_amendment_without_a_change_is_refused(world: World) {
        let signed = signed(&world).await;
        let told = world.told().await.len();
        let same = json!([{ "code": "i10", "primary": true }]);
        for rest in [json!({}), json!({ "notes": " phổi trong " }), json!({ "diagnoses": same })] {
            let mut input = json!({ "id": signed["id"], "version": signed["version"], "reason": "không gì cả" });
            input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            let refused = world.try_to(&doctor(), "amendEncounter", ENCOUNTER, input).await;
            assert_eq!(refused["errors"][0]["__typename"], "InvalidInput", "{rest}: {refused}");
            assert!(refused["errors"][0]["message"].as_str().unwrap().contains("changes something"), "{refused}");
        }
        assert_eq!(world.told().await.len(), told, "nobody is told of it");
        let changed = json!([{ "code": "I10" }, { "code": "E11.9", "primary": true }]);
        let input = json!({ "id": signed["id"], "version": signed["version"], "reason": "xét nghiệm", "diagnoses": changed });
        let amended = world.done(&doctor(), "amendEncounter", ENCOUNTER, input).await;
        assert_eq!(amended["diagnoses"][0]["id"], signed["diagnoses"][0]["id"], "the same one as before");
        assert_eq!(amended["diagnoses"][1]["code"], "E11.9");
    }

    async fn a_colleague_amends_when_the_author_has_left(world: World) {
        let signed = signed(&world).await;
        world.relationship(DOCTOR, LAN, None, None).await;
        world.cares(COLLEAGUE, LAN).await;
        let began = world.now();
        world.advance(TimeDelta::days(1));
        let amended = world.done(&colleague(), "amendEncounter", ENCOUNTER, amendment(&signed, "ran ở đáy phổi")).await;
        assert_eq!((&amended["status"], &amended["signature"]["signedBy"]["id"]), (&json!("AMENDED"), &json!(id(COLLEAGUE))));
        // Who wrote what stays to be seen.
        let history = "query ($id: ID!) { recordHistory(id: $id) { nodes { changedBy { id } entry { ... on Encounter { practitioner { id } } } } } }";
        let seen = world.data(&colleague(), history, json!({ "id": signed["id"] })).await["recordHistory"]["nodes"].take();
        assert_eq!((&seen[0]["changedBy"]["id"], &seen[1]["changedBy"]["id"]), (&json!(id(COLLEAGUE)), &json!(id(DOCTOR))));
        assert_eq!(seen[0]["entry"]["practitioner"]["id"], json!(id(DOCTOR)), "whose visit it was");
        // Others are told who amended, and whose visit, and when that was.
        let last = world.told().await.into_iter().rev().find_map(|event| match event {
            RecordsEvent::EncounterSigned { practitioner_id, responsible_id, began_at, amended, .. } => {
                Some((practitioner_id, responsible_id, began_at, amended))
            }
            _ => None,
        });
        let [author, amender] = [DOCTOR, COLLEAGUE].map(|n| PractitionerId::of_user(user(n)));
        assert_eq!(last, Some((amender, Some(author), Some(began), true)));
    }

    async fn broken_glass_opens_no_signed_encounter_of_somebody_else(world: World) {
        let signed = signed(&world).await;
        breaks_the_glass(&world, &stranger()).await;
        let refused = world.try_to(&stranger(), "amendEncounter", ENCOUNTER, amendment(&signed, "x")).await;
        assert_eq!(refused["errors"][0]["__typename"], "NotAllowed", "{refused}");
        // Who signed it corrects it also when they had to break the glass for it.
        world.relationship(DOCTOR, LAN, None, None).await;
        let closed = world.try_to(&doctor(), "amendEncounter", ENCOUNTER, amendment(&signed, "x")).await;
        assert_eq!(closed["errors"][0]["__typename"], "NotFound", "{closed}");
        breaks_the_glass(&world, &doctor()).await;
        world.done(&doctor(), "amendEncounter", ENCOUNTER, amendment(&signed, "ran ở đáy phổi")).await;
    }

    /// So that nobody calls the patient to read it.
    async fn an_amendment_of_what_is_withheld_is_told_as_such(world: World) {
        let mut signed = signed(&world).await;
        let withheld = json!({ "id": signed["id"], "released": false });
        world.done(&doctor(), "releaseEntry", "entry { __typename }", withheld).await;
        signed["version"] = json!(signed["version"].as_i64().unwrap() + 1);
        world.done(&doctor(), "amendEncounter", ENCOUNTER, amendment(&signed, "ran ở đáy phổi")).await;
        let told = world.told().await.into_iter().filter_map(|event| match event {
            RecordsEvent::EncounterSigned { amended, released, .. } => Some((amended, released)),
            _ => None,
        });
        assert_eq!(told.collect::<Vec<_>>(), [(false, true), (true, false)]);
    }

    /// Administrators may give nurses more scopes; that makes no doctor of them.
    async fn nobody_but_doctors_amends(world: World) {
        let signed = signed(&world).await;
        let session = SessionId::from(id(7_000));
        let far = world.now() + TimeDelta::days(1);
        let nurse = Principal::user(user(NURSE), session, [Role::Nurse], Scope::ALL.iter().copied(), far);
        let refused = world.try_to(&nurse, "amendEncounter", ENCOUNTER, amendment(&signed, "x")).await;
        assert_eq!(refused["errors"][0]["__typename"], "NotAllowed", "{refused}");
        let query = "mutation ($input: AmendEncounterInput!) { amendEncounter(input: $input) { errors { __typename } } }";
        for who in [crate::world::nurse(), lan()] {
            let answer = world.ask(&who, query, json!({ "input": amendment(&signed, "x") })).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
        }
    }
}

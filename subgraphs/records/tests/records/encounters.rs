//! Visits: from the skeleton to the signature and beyond.

use crate::world::*;
use caregraph_contracts::events::RecordsEvent;
use caregraph_kit::on_every_document_store;
use serde_json::{Value, json};

const ENCOUNTER: &str = "encounter { id version status notes released signature { digest signedBy { id } } diagnoses { id code title primary } }";

async fn begun(world: &World) -> Value {
    world.checked_in(500).await;
    let input = json!({ "patientId": id(LAN), "appointmentId": id(500), "chiefComplaint": "ho kéo dài" });
    world.done(&doctor(), "startEncounter", ENCOUNTER, input).await
}

on_every_document_store! {
    async fn a_visit_is_written_signed_and_amended(world: World) {
        let begun = begun(&world).await;
        assert_eq!((&begun["status"], &begun["released"]), (&json!("IN_PROGRESS"), &json!(false)));
        let encounter = begun["id"].clone();
        let diagnosis = json!({ "encounterId": encounter, "diagnosis": { "code": "i10", "primary": true } });
        let diagnosed = world.done(&doctor(), "recordDiagnosis", ENCOUNTER, diagnosis).await;
        assert_eq!(diagnosed["diagnoses"][0]["code"], "I10");
        assert!(diagnosed["diagnoses"][0]["title"].as_str().unwrap().contains("hypertension"), "{diagnosed}");

        // The patient reads nothing before it is signed.
        let read = "query ($id: ID!) { encounter(id: $id) { notes status } }";
        let seen = world.data(&lan(), read, json!({ "id": encounter })).await;
        assert_eq!(seen["encounter"], Value::Null);

        let sign = json!({ "id": encounter, "version": diagnosed["version"] });
        let signed = world.done(&doctor(), "signEncounter", ENCOUNTER, sign).await;
        assert_eq!((&signed["status"], &signed["released"]), (&json!("SIGNED"), &json!(true)));
        assert_eq!(signed["signature"]["signedBy"]["id"], json!(id(DOCTOR)));
        let seen = world.data(&lan(), read, json!({ "id": encounter })).await;
        assert_eq!(seen["encounter"]["status"], "SIGNED");

        let late = json!({ "id": encounter, "version": signed["version"], "notes": "x" });
        let refused = world.try_to(&doctor(), "updateEncounter", ENCOUNTER, late).await;
        assert_eq!(refused["errors"][0]["__typename"], "Conflict", "{refused}");
        let amend = json!({ "id": encounter, "version": signed["version"], "notes": "ran ở đáy phổi", "reason": "X-quang về sau" });
        let amended = world.done(&doctor(), "amendEncounter", ENCOUNTER, amend).await;
        assert_eq!((&amended["status"], &amended["notes"]), (&json!("AMENDED"), &json!("ran ở đáy phổi")));
        assert_ne!(amended["signature"]["digest"], signed["signature"]["digest"]);

        let signatures = world.told().await.into_iter().filter_map(|event| match event {
            RecordsEvent::EncounterSigned { amended, version, .. } => Some((amended, version)),
            _ => None,
        });
        let versions = [signed["version"].as_i64().unwrap(), amended["version"].as_i64().unwrap()];
        assert_eq!(signatures.collect::<Vec<_>>(), [(false, versions[0]), (true, versions[1])]);
    }

    async fn a_visit_has_one_encounter_however_often_it_is_told(world: World) {
        world.checked_in(500).await;
        world.checked_in(500).await;
        world.completed(500).await;
        let query = "query ($id: ID!) { _entities(representations: [{ __typename: \"Patient\", id: $id }]) { ... on Patient {
            encounters { nodes { status end appointment { id } recordedBy { id } } } } } }";
        let seen = world.data(&doctor(), query, json!({ "id": id(LAN) })).await;
        let nodes = seen["_entities"][0]["encounters"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), 1, "{seen}");
        assert_eq!((&nodes[0]["status"], &nodes[0]["appointment"]["id"]), (&json!("PLANNED"), &json!(id(500))));
        assert!(nodes[0]["end"].is_string() && nodes[0]["recordedBy"].is_null(), "{seen}");
    }

    async fn nurses_and_patients_write_no_encounters(world: World) {
        let input = json!({ "patientId": id(LAN) });
        for who in [nurse(), lan()] {
            let query = "mutation ($input: StartEncounterInput!) { startEncounter(input: $input) { errors { __typename } } }";
            let answer = world.ask(&who, query, json!({ "input": input })).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
        }
        let refused = world.try_to(&stranger(), "startEncounter", ENCOUNTER, input).await;
        assert_eq!(refused["errors"][0]["__typename"], "NotFound", "{refused}");
    }

    async fn only_known_codes_are_diagnoses(world: World) {
        let begun = begun(&world).await;
        let input = json!({ "encounterId": begun["id"], "diagnosis": { "code": "Q99.99" } });
        let refused = world.try_to(&doctor(), "recordDiagnosis", ENCOUNTER, input).await;
        assert_eq!(refused["errors"][0]["__typename"], "InvalidInput", "{refused}");
        assert_eq!(refused["errors"][0]["path"], json!(["input", "diagnosis", "code"]));
    }
}

//! Several writers at once: nothing is lost, nothing is written over.

use crate::world::*;
use caregraph_kit::on_every_document_store;
use futures::future::join_all;
use serde_json::json;
use std::collections::BTreeSet;

on_every_document_store! {
    async fn the_second_of_two_gets_the_current_version(world: World) {
        let begun = world.done(&doctor(), "startEncounter", "encounter { id version }", json!({ "patientId": id(LAN) })).await;
        let write = |text: &str| json!({ "id": begun["id"], "version": begun["version"], "notes": text });
        let reader = doctor();
        let both = join_all([
            world.try_to(&reader, "updateEncounter", "encounter { version notes }", write("one")),
            world.try_to(&reader, "updateEncounter", "encounter { version notes }", write("two")),
        ]).await;
        let (won, lost): (Vec<_>, Vec<_>) = both.iter().partition(|payload| payload["errors"] == json!([]));
        assert_eq!((won.len(), lost.len()), (1, 1), "{both:?}");
        let error = &lost[0]["errors"][0];
        assert_eq!(error["__typename"], "StaleEntry");
        assert_eq!(error["current"]["notes"], won[0]["encounter"]["notes"]);
        assert_eq!(error["current"]["version"], won[0]["encounter"]["version"]);
    }

    async fn a_hundred_edits_at_once_lose_no_write(world: World) {
        let begun = world.done(&doctor(), "startEncounter", "encounter { id version }", json!({ "patientId": id(LAN) })).await;
        let writer = doctor();
        // Twenty edit one encounter and hold on to what they want until it is written; eighty record something of their own.
        let edits = (0..20).map(async |n: usize| {
            let mut version = begun["version"].clone();
            loop {
                let input = json!({ "id": begun["id"], "version": version, "notes": format!("note {n}") });
                let payload = world.try_to(&writer, "updateEncounter", "encounter { version }", input).await;
                if payload["errors"] == json!([]) {
                    break;
                }
                let error = &payload["errors"][0];
                version = error["current"]["version"].clone();
                assert_eq!(error["__typename"], "StaleEntry", "{payload}");
            }
        });
        let entries = (0..80).map(async |n: usize| {
            let input = json!({ "patientId": id(LAN), "substance": format!("Substance {n}"), "category": "FOOD" });
            world.done(&writer, "recordAllergy", "allergy { id }", input).await;
        });
        tokio::join!(join_all(edits), join_all(entries));

        let query = "query ($id: ID!, $patient: ID!) { encounter(id: $id) { version }
            recordHistory(id: $id, first: 100) { nodes { number changes { path after } } }
            medicalRecord(patientId: $patient) { allergies { substance } } }";
        let seen = world.data(&doctor(), query, json!({ "id": begun["id"], "patient": id(LAN) })).await;
        assert_eq!(seen["encounter"]["version"], 21);
        let notes: BTreeSet<_> = seen["recordHistory"]["nodes"].as_array().unwrap().iter()
            .flat_map(|version| version["changes"].as_array().unwrap())
            .filter(|change| change["path"] == "notes")
            .map(|change| change["after"].to_string())
            .collect();
        assert_eq!(notes.len(), 20);
        assert_eq!(seen["medicalRecord"]["allergies"].as_array().unwrap().len(), 80);
    }

    async fn what_fits_whatever_was_written_is_not_refused(world: World) {
        let begun = world.done(&doctor(), "startEncounter", "encounter { id }", json!({ "patientId": id(LAN) })).await;
        let writer = doctor();
        let plans = (0..8).map(|n| {
            let input = json!({ "encounterId": begun["id"], "description": format!("plan {n}") });
            world.done(&writer, "addTreatmentPlan", "encounter { version }", input)
        });
        join_all(plans).await;
        let query = "query ($id: ID!) { encounter(id: $id) { version treatmentPlans { description } } }";
        let seen = world.data(&doctor(), query, json!({ "id": begun["id"] })).await;
        assert_eq!(seen["encounter"]["version"], 9);
        assert_eq!(seen["encounter"]["treatmentPlans"].as_array().unwrap().len(), 8);
    }
}

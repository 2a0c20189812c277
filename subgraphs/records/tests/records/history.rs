//! What was said before, by whom, and how the record was.

use crate::world::*;
use caregraph_kit::on_every_document_store;
use chrono::TimeDelta;
use serde_json::{Value, json};

on_every_document_store! {
    async fn history_names_who_changed_what(world: World) {
        let allergy = world.allergy("Penicillin").await;
        world.advance(TimeDelta::hours(1));
        let input = json!({ "id": allergy["id"], "version": 1, "severity": "SEVERE", "reaction": "phát ban" });
        world.done(&nurse(), "updateAllergy", "allergy { version }", input).await;
        let query = "query ($id: ID!, $first: Int, $after: String) { recordHistory(id: $id, first: $first, after: $after) {
            pageInfo { hasNextPage endCursor }
            nodes { number reason changedBy { id } changes { path before after } entry { ... on Allergy { severity } } } } }";
        let seen = world.data(&doctor(), query, json!({ "id": allergy["id"], "first": 1 })).await;
        let newest = &seen["recordHistory"]["nodes"][0];
        assert_eq!((&newest["number"], &newest["changedBy"]["id"]), (&json!(2), &json!(id(NURSE))));
        assert_eq!(newest["changes"], json!([
            { "path": "reaction", "before": null, "after": "phát ban" }, { "path": "severity", "before": null, "after": "SEVERE" },
        ]));
        assert_eq!(seen["recordHistory"]["pageInfo"]["hasNextPage"], true);
        let next = json!({ "id": allergy["id"], "first": 1, "after": seen["recordHistory"]["pageInfo"]["endCursor"] });
        let seen = world.data(&doctor(), query, next).await;
        let first = &seen["recordHistory"]["nodes"][0];
        assert_eq!((&first["number"], &first["entry"]["severity"]), (&json!(1), &Value::Null));
        assert_eq!(seen["recordHistory"]["pageInfo"]["hasNextPage"], false);
        assert_eq!(world.data(&stranger(), query, json!({ "id": allergy["id"] })).await["recordHistory"], Value::Null);
    }

    async fn the_record_as_it_was(world: World) {
        let first = world.allergy("Penicillin").await;
        let then = world.now();
        world.advance(TimeDelta::hours(1));
        let change = json!({ "id": first["id"], "version": 1, "status": "RESOLVED" });
        world.done(&doctor(), "updateAllergy", "allergy { version }", change).await;
        world.allergy("Latex").await;
        world.advance(TimeDelta::hours(1));
        let input = json!({ "id": first["id"], "version": 2, "reason": "wrong" });
        world.done(&doctor(), "retractEntry", "entry { __typename }", input).await;
        let query = "query ($id: ID!, $at: DateTime!) { recordAsOf(patientId: $id, at: $at) { asOf allergies { substance status version } } }";
        let at = async |at: chrono::DateTime<chrono::Utc>, who: caregraph_kit::auth::Principal| {
            let seen = world.data(&who, query, json!({ "id": id(LAN), "at": at.to_rfc3339() })).await;
            seen["recordAsOf"]["allergies"].clone()
        };
        assert_eq!(at(then, doctor()).await, json!([{ "substance": "Penicillin", "status": "ACTIVE", "version": 1 }]));
        assert_eq!(at(then - TimeDelta::microseconds(1), doctor()).await, json!([]));
        let later = at(then + TimeDelta::hours(1), doctor()).await;
        assert_eq!(later.as_array().unwrap().len(), 2, "{later}");
        assert_eq!(at(world.now(), doctor()).await, json!([{ "substance": "Latex", "status": "ACTIVE", "version": 1 }]));
        // What was taken back is not released by asking for an earlier time.
        assert_eq!(at(then, lan()).await, json!([]));
        assert_eq!(at(then, stranger()).await, Value::Null);
    }
}

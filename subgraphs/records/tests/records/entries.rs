//! The plainer kinds of entries: recording, correcting, taking back, releasing.

use crate::world::*;
use caregraph_contracts::events::RecordsEvent;
use caregraph_contracts::{RecordPart, Role};
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::principal;
use serde_json::{Value, json};

on_every_document_store! {
    async fn impossible_vitals_are_refused_and_alarming_ones_flagged(world: World) {
        let fields = "vitals { id critical readings { kind value unit level } }";
        let input = json!({ "patientId": id(LAN), "temperature": "370" });
        let refused = world.try_to(&nurse(), "recordVitals", fields, input).await;
        assert_eq!(refused["errors"][0]["path"], json!(["input", "temperature"]), "{refused}");
        let input = json!({ "patientId": id(LAN), "temperature": "41.5", "height": "170", "weight": "65.5" });
        let taken = world.done(&nurse(), "recordVitals", fields, input).await;
        assert_eq!(taken["critical"], true);
        let readings = taken["readings"].as_array().unwrap();
        let of = |kind: &str| readings.iter().find(|reading| reading["kind"] == kind).unwrap().clone();
        assert_eq!(of("TEMPERATURE")["level"], "CRITICALLY_HIGH");
        assert_eq!((&of("BODY_MASS_INDEX")["value"], &of("BODY_MASS_INDEX")["unit"]), (&json!("22.7"), &json!("kg/m2")));
        let abnormal = world.told().await.into_iter().filter(|event| {
            matches!(event, RecordsEvent::VitalsAbnormal { critical: true, .. })
        });
        assert_eq!(abnormal.count(), 1);
    }

    async fn a_request_that_comes_twice_writes_once(world: World) {
        let input = json!({ "patientId": id(LAN), "substance": "Penicillin", "category": "MEDICATION", "idempotencyKey": "k" });
        let first = world.done(&nurse(), "recordAllergy", "allergy { id }", input.clone()).await;
        let second = world.done(&nurse(), "recordAllergy", "allergy { id }", input.clone()).await;
        assert_eq!(first, second);
        // Somebody else's key is another one.
        let other = world.done(&doctor(), "recordAllergy", "allergy { id }", input).await;
        assert_ne!(first, other);
        // The same key for something else is refused.
        let shrimp = json!({ "patientId": id(LAN), "substance": "Shrimp", "category": "FOOD", "idempotencyKey": "k" });
        let refused = world.try_to(&nurse(), "recordAllergy", "allergy { id }", shrimp).await;
        assert_eq!(refused["errors"][0]["__typename"], "Conflict", "{refused}");
        let input = json!({ "patientId": id(LAN), "pain": 3, "idempotencyKey": "k" });
        let refused = world.try_to(&nurse(), "recordVitals", "vitals { id }", input).await;
        assert_eq!(refused["errors"][0]["__typename"], "Conflict", "{refused}");
    }

    async fn what_was_entered_in_error_counts_for_nothing(world: World) {
        let allergy = world.allergy("Penicillin").await;
        let input = json!({ "id": allergy["id"], "version": 1, "reason": "wrong patient" });
        let taken_back = world.done(&doctor(), "retractEntry", "entry { ... on Allergy { version enteredInError } }", input.clone()).await;
        assert_eq!(taken_back, json!({ "version": 2, "enteredInError": true }));
        let record = "query ($id: ID!) { medicalRecord(patientId: $id) { allergies { id } } }";
        let seen = world.data(&doctor(), record, json!({ "id": id(LAN) })).await;
        assert_eq!(seen["medicalRecord"]["allergies"], json!([]));
        let again = world.try_to(&doctor(), "retractEntry", "entry { __typename }", json!({ "id": allergy["id"], "version": 2, "reason": "x" })).await;
        assert_eq!(again["errors"][0]["__typename"], "Conflict", "{again}");
        let last = world.told().await.into_iter().rev().find_map(|event| match event {
            RecordsEvent::AllergyRecorded { active, .. } => Some(active),
            _ => None,
        });
        assert_eq!(last, Some(false));
    }

    /// Not even that there is an entry is told to those who do not see it: an entry that exists and one that does not are refused alike.
    async fn nobody_learns_of_entries_that_they_do_not_see(world: World) {
        let condition = json!({ "patientId": id(LAN), "code": "I10" });
        let condition = world.done(&doctor(), "recordCondition", "condition { id }", condition).await;
        let foreign = principal(user(77), &[Role::Nurse]);
        for entry in [condition["id"].clone(), json!(id(4711))] {
            let retract = json!({ "id": entry, "version": 1, "reason": "x" });
            let release = json!({ "id": entry, "released": false });
            for (operation, input) in [("retractEntry", retract), ("releaseEntry", release)] {
                let refused = world.try_to(&foreign, operation, "entry { __typename }", input).await;
                assert_eq!(refused["errors"][0]["__typename"], "NotFound", "{operation}: {refused}");
            }
        }
    }

    async fn what_is_withheld_does_not_exist_for_the_patient(world: World) {
        let input = json!({ "patientId": id(LAN), "code": "I10", "withheld": true });
        let condition = world.done(&doctor(), "recordCondition", "condition { id }", input).await;
        let read = "query ($id: ID!, $entry: ID!) { medicalRecord(patientId: $id) { conditions { id } }
            recordEntry(id: $entry) { __typename } recordHistory(id: $entry) { nodes { number } } }";
        let variables = json!({ "id": id(LAN), "entry": condition["id"] });
        let seen = world.data(&lan(), read, variables.clone()).await;
        assert_eq!(seen, json!({ "medicalRecord": { "conditions": [] }, "recordEntry": null, "recordHistory": null }));
        let release = json!({ "id": condition["id"], "released": true });
        world.done(&doctor(), "releaseEntry", "entry { __typename }", release).await;
        let seen = world.data(&lan(), read, variables.clone()).await;
        assert_eq!(seen["medicalRecord"]["conditions"][0]["id"], condition["id"]);
        // The version that was withheld stays so.
        assert_eq!(seen["recordHistory"]["nodes"], json!([{ "number": 2 }]));
        let withhold = json!({ "id": condition["id"], "released": false });
        world.done(&doctor(), "releaseEntry", "entry { __typename }", withhold).await;
        assert_eq!(world.data(&lan(), read, variables).await["recordEntry"], Value::Null);
    }

    async fn a_record_has_one_background(world: World) {
        let fields = "background { version bloodType summary }";
        let input = json!({ "patientId": id(LAN), "bloodType": "O_POSITIVE" });
        let first = world.done(&doctor(), "updateBackground", fields, input.clone()).await;
        assert_eq!(first, json!({ "version": 1, "bloodType": "O_POSITIVE", "summary": null }));
        let stale = world.try_to(&doctor(), "updateBackground", fields, input).await;
        assert_eq!(stale["errors"][0]["__typename"], "StaleEntry", "{stale}");
        // To be shown what it says now is a look like any other.
        let looked = world.told().await.into_iter().any(|event| {
            matches!(event, RecordsEvent::RecordAccessed { access } if access.what == "StaleEntry" && access.parts == [RecordPart::Background])
        });
        assert!(looked);
        let input = json!({ "patientId": id(LAN), "version": 1, "summary": "well" });
        let second = world.done(&doctor(), "updateBackground", fields, input).await;
        assert_eq!(second, json!({ "version": 2, "bloodType": "O_POSITIVE", "summary": "well" }));
    }

    async fn forms_tell_every_mistake_at_once(world: World) {
        let input = json!({ "patientId": id(LAN), "substance": " ", "category": "FOOD", "onset": "2190-01-01",
            "code": { "system": "FOO", "code": "<script>" } });
        let refused = world.try_to(&doctor(), "recordAllergy", "allergy { id }", input).await;
        let mut paths: Vec<String> = refused["errors"].as_array().unwrap().iter().map(|error| error["path"].to_string()).collect();
        paths.sort();
        assert_eq!(paths, [
            r#"["input","code","code"]"#, r#"["input","code","system"]"#, r#"["input","onset"]"#, r#"["input","substance"]"#,
        ]);
    }

    async fn an_entry_belongs_to_a_visit_of_the_same_patient(world: World) {
        world.cares(DOCTOR, AN).await;
        let of_an = world.done(&doctor(), "startEncounter", "encounter { id }", json!({ "patientId": id(AN) })).await;
        let input = json!({ "patientId": id(LAN), "pain": 1, "encounterId": of_an["id"] });
        let refused = world.try_to(&doctor(), "recordVitals", "vitals { id }", input).await;
        assert_eq!(refused["errors"][0]["__typename"], "NotFound", "{refused}");
        let input = json!({ "patientId": id(AN), "pain": 1, "encounterId": of_an["id"] });
        world.done(&doctor(), "recordVitals", "vitals { id }", input).await;
        let query = "query ($id: ID!) { encounter(id: $id) { entries { __typename } } }";
        let seen = world.data(&doctor(), query, json!({ "id": of_an["id"] })).await;
        assert_eq!(seen["encounter"]["entries"], json!([{ "__typename": "VitalSigns" }]));
    }
}

//! Codes of diagnoses and conditions: those that say enough.

use crate::world::*;
use caregraph_kit::on_every_document_store;
use caregraph_records::build;
use caregraph_records::icd10::{Code, Entry, Icd10, OrderFile};
use serde_json::{Value, json};

/// A refusal that names codes below the heading.
fn is_too_general(refused: &Value, path: &[&str], example: &str) {
    let error = &refused["errors"][0];
    assert_eq!(error["__typename"], "InvalidInput", "{refused}");
    assert_eq!(error["path"], json!(path), "{refused}");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("heading") && message.contains(example),
        "{refused}"
    );
    assert!(message.matches('.').count() <= 5, "at most five codes: {refused}");
}

/// The world with a release in which E11.9 is a heading and hypertension is missing, as a process has it that begins afterwards.
async fn after_a_release(mut world: World) -> World {
    let entry = |code, billable, title: &str| Entry {
        code: Code::read(code).unwrap(),
        billable,
        title: title.to_owned(),
    };
    let file = OrderFile {
        entries: vec![
            entry("E11.9", false, "Type 2 diabetes, renamed"),
            entry("E11.91", true, "Type 2 diabetes, more exactly"),
            entry("J18.9", true, "Pneumonia"),
        ],
        unreadable: Vec::new(),
    };
    let ground = &world.ground;
    let icd10 = Icd10::new(&ground.documents, ground.clock.clone()).unwrap();
    icd10.import(&file, "later").await.unwrap();
    let schema = build(ground, &world.files).unwrap().schema;
    world.schema = schema;
    world
}

on_every_document_store! {
    async fn a_code_that_stands_there_may_stay_whatever_a_release_makes_of_it(world: World) {
        const ENCOUNTER: &str = "encounter { id version diagnoses { id code title primary note } }";
        let begun = world.done(&doctor(), "startEncounter", ENCOUNTER, json!({ "patientId": id(LAN),
            "chiefComplaint": "khát nước", "notes": "n" })).await;
        let mut before = Value::Null;
        for code in ["E11.9", "I10"] {
            let input = json!({ "encounterId": begun["id"], "diagnosis": { "code": code } });
            before = world.done(&doctor(), "recordDiagnosis", ENCOUNTER, input).await["diagnoses"].take();
        }
        let world = after_a_release(world).await;
        let update = |at: usize, code: &str| json!({ "encounterId": begun["id"], "diagnosisId": before[at]["id"],
            "diagnosis": { "code": code, "primary": true, "note": "n" } });
        for (at, code) in [(0, "e119"), (1, "I10")] {
            let changed = world.done(&doctor(), "updateDiagnosis", ENCOUNTER, update(at, code)).await["diagnoses"][at].take();
            let mut expected = before[at].clone();
            (expected["primary"], expected["note"]) = (json!(true), json!("n"));
            assert_eq!(changed, expected, "the same id, code and title");
        }
        let refused = world.try_to(&doctor(), "updateDiagnosis", ENCOUNTER, update(1, "E11.9")).await;
        is_too_general(&refused, &["input", "diagnosis", "code"], "E11.91");

        let read = "query ($id: ID!) { encounter(id: $id) { version } }";
        let version = world.data(&doctor(), read, json!({ "id": begun["id"] })).await["encounter"]["version"].take();
        let sign = json!({ "id": begun["id"], "version": version });
        let signed = world.done(&doctor(), "signEncounter", ENCOUNTER, sign).await;
        let amend = |of: &Value, codes: &[&str]| {
            let all: Vec<_> = codes.iter().map(|code| json!({ "code": code })).collect();
            json!({ "id": of["id"], "version": of["version"], "reason": "r", "diagnoses": all })
        };
        let all = amend(&signed, &["E119", "i10", "J18.9"]);
        let amended = world.done(&doctor(), "amendEncounter", ENCOUNTER, all).await;
        for at in [0, 1] {
            for field in ["id", "code", "title"] {
                assert_eq!(amended["diagnoses"][at][field], before[at][field], "{amended}");
            }
        }
        assert_eq!(amended["diagnoses"][2]["code"], "J18.9");
        // What was taken out is new when it comes back.
        let without = world.done(&doctor(), "amendEncounter", ENCOUNTER, amend(&amended, &["I10"])).await;
        let refused = world.try_to(&doctor(), "amendEncounter", ENCOUNTER, amend(&without, &["I10", "E11.9"])).await;
        is_too_general(&refused, &["input", "diagnoses", "1", "code"], "E11.91");
    }

    async fn headings_are_no_diagnoses(world: World) {
        let begun = world.done(&doctor(), "startEncounter", "encounter { id version }", json!({ "patientId": id(LAN),
            "chiefComplaint": "khát nước", "notes": "n" })).await;
        let heading = json!({ "encounterId": begun["id"], "diagnosis": { "code": "e11" } });
        let refused = world.try_to(&doctor(), "recordDiagnosis", "encounter { id }", heading).await;
        is_too_general(&refused, &["input", "diagnosis", "code"], "E11.9, E11.21");
        let exact = json!({ "encounterId": begun["id"], "diagnosis": { "code": "e11.9" } });
        let diagnosed = world.done(&doctor(), "recordDiagnosis", "encounter { version diagnoses { id } }", exact).await;
        let change = json!({ "encounterId": begun["id"], "diagnosisId": diagnosed["diagnoses"][0]["id"], "diagnosis": { "code": "E11" } });
        let refused = world.try_to(&doctor(), "updateDiagnosis", "encounter { id }", change).await;
        is_too_general(&refused, &["input", "diagnosis", "code"], "E11.9");
        let sign = json!({ "id": begun["id"], "version": diagnosed["version"] });
        let signed = world.done(&doctor(), "signEncounter", "encounter { version }", sign).await;
        let amend = json!({ "id": begun["id"], "version": signed["version"], "reason": "r",
            "diagnoses": [{ "code": "I10" }, { "code": "J18" }] });
        let refused = world.try_to(&doctor(), "amendEncounter", "encounter { id }", amend).await;
        is_too_general(&refused, &["input", "diagnoses", "1", "code"], "J18.9, J18.0");
    }

    async fn headings_are_no_conditions(world: World) {
        let heading = json!({ "patientId": id(LAN), "code": "E10" });
        let refused = world.try_to(&doctor(), "recordCondition", "condition { id }", heading).await;
        is_too_general(&refused, &["input", "code"], "E10.9");
        let exact = json!({ "patientId": id(LAN), "code": "E10.9" });
        let fields = "condition { id version code title status }";
        let recorded = world.done(&doctor(), "recordCondition", fields, exact).await;
        let change = json!({ "id": recorded["id"], "version": 1, "code": "E11" });
        let refused = world.try_to(&doctor(), "updateCondition", fields, change).await;
        is_too_general(&refused, &["input", "code"], "E11.9");
        // What keeps its code keeps its title, and may be changed otherwise.
        let change = json!({ "id": recorded["id"], "version": 1, "status": "RESOLVED" });
        let changed = world.done(&doctor(), "updateCondition", fields, change).await;
        assert_eq!((&changed["code"], &changed["title"]), (&recorded["code"], &recorded["title"]));
        assert_eq!(changed["status"], "RESOLVED");
        let change = json!({ "id": recorded["id"], "version": 2, "code": "e119" });
        let changed = world.done(&doctor(), "updateCondition", fields, change).await;
        assert_eq!(changed["code"], "E11.9");
        assert_ne!(changed["title"], recorded["title"]);
    }
}

//! Every role in every situation against every field of every clinical type, as a table that a person can read.

use crate::world::*;
use caregraph_contracts::events::PatientsEvent;
use caregraph_contracts::{RecordPart, Role};
use caregraph_kit::auth::Principal;
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::principal;
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Types whose fields are walked, with the letter that stands for them in the table.
const CLINICAL: [(&str, char); 8] = [
    ("Encounter", 'E'),
    ("VitalSigns", 'V'),
    ("Allergy", 'A'),
    ("Condition", 'C'),
    ("Immunization", 'I'),
    ("MedicationStatement", 'M'),
    ("ClinicalDocument", 'D'),
    ("RecordBackground", 'B'),
];

/// What is asked of each clinical type, made from the schema: a field that is added tomorrow is walked tomorrow.
async fn everything(world: &World) -> String {
    let query = "{ __schema { types { name kind fields { name args { name } type { ...T } } } } }
        fragment T on __Type { name kind ofType { name kind ofType { name kind ofType { name kind } } } }";
    let schema = world.data(&doctor(), query, json!({})).await;
    let types: BTreeMap<String, Value> = schema["__schema"]["types"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| (of["name"].as_str().unwrap().to_owned(), of["fields"].clone()))
        .collect();
    let mut query = String::new();
    for (name, _) in CLINICAL {
        let fields = fields(&types, name, 0);
        // One name has different types in different members of the union, so each is called after its type.
        let named = fields
            .iter()
            .map(|(field, below)| format!("{name}_{field}: {field} {below}"));
        let _ = write!(
            query,
            "... on {name} {{ {} }} ",
            named.collect::<Vec<_>>().join(" ")
        );
    }
    query
}

fn fields(types: &BTreeMap<String, Value>, of: &str, depth: usize) -> Vec<(String, String)> {
    let fields = types[of].as_array().unwrap().iter();
    fields
        .filter_map(|field| {
            let name = field["name"].as_str().unwrap().to_owned();
            let mut below = &field["type"];
            while !below["ofType"].is_null() {
                below = &below["ofType"];
            }
            let below_name = below["name"].as_str().unwrap();
            let selection = match below["kind"].as_str().unwrap() {
                "SCALAR" | "ENUM" => String::new(),
                _ if ["Patient", "Practitioner", "Appointment"].contains(&below_name) => "{ id }".to_owned(),
                "UNION" => "{ __typename }".to_owned(),
                _ if depth > 2 => return None,
                _ => {
                    let inner = self::fields(types, below_name, depth + 1);
                    let inner: Vec<String> = inner
                        .into_iter()
                        .map(|(field, below)| format!("{field} {below}"))
                        .collect();
                    format!("{{ {} }}", inner.join(" "))
                }
            };
            Some((name, selection))
        })
        .collect()
}

/// One entry of each kind that says everything it can, and a second allergy that is withheld.
async fn write_everything(world: &World) -> Vec<Value> {
    let code = json!({ "system": "RxNorm", "code": "7980" });
    world.checked_in(500).await;
    let input = json!({ "patientId": id(LAN), "appointmentId": id(500), "chiefComplaint": "c", "history": "h", "examination": "e",
        "notes": "n", "end": world.now().to_rfc3339() });
    let encounter = world
        .done(&doctor(), "startEncounter", "encounter { id version }", input)
        .await;
    let encounter = &encounter["id"];
    let diagnosis =
        json!({ "encounterId": encounter, "diagnosis": { "code": "I10", "primary": true, "note": "n" } });
    world
        .done(&doctor(), "recordDiagnosis", "encounter { version }", diagnosis)
        .await;
    let plan = json!({ "encounterId": encounter, "description": "d", "instructions": "i", "followUpOn": "2026-05-01" });
    let planned = world
        .done(&doctor(), "addTreatmentPlan", "encounter { version }", plan)
        .await;
    let sign = json!({ "id": encounter, "version": planned["version"] });
    world
        .done(&doctor(), "signEncounter", "encounter { version }", sign)
        .await;
    let mut ids = vec![encounter.clone()];
    for (operation, field, mut input) in [
        (
            "recordVitals",
            "vitals",
            json!({ "temperature": "37", "height": "170", "weight": "65", "note": "n" }),
        ),
        (
            "recordAllergy",
            "allergy",
            json!({ "substance": "s", "code": code, "category": "FOOD", "reaction": "r", "severity": "MILD",
            "onset": "2020-01-01", "note": "n" }),
        ),
        (
            "recordAllergy",
            "allergy",
            json!({ "substance": "s", "category": "FOOD", "withheld": true }),
        ),
        (
            "recordCondition",
            "condition",
            json!({ "code": "I10", "severity": "MILD", "onset": "2020-01-01", "abated": "2021-01-01", "note": "n" }),
        ),
        (
            "recordImmunization",
            "immunization",
            json!({ "vaccine": "v", "code": code, "givenOn": "2020-01-01", "dose": 1, "lot": "l",
            "site": "s", "note": "n" }),
        ),
        (
            "recordMedicationStatement",
            "medication",
            json!({ "medication": "m", "code": code, "dosage": "d", "reason": "r",
            "startedOn": "2020-01-01", "endedOn": "2021-01-01", "note": "n" }),
        ),
        (
            "attachDocument",
            "document",
            json!({ "documentType": "IMAGING", "title": "t", "datedOn": "2020-01-01", "report": "r",
            "imaging": { "modality": "CT", "bodySite": "b" } }),
        ),
        (
            "updateBackground",
            "background",
            json!({ "bloodType": "O_POSITIVE", "summary": "s", "familyHistory": "f", "socialHistory": "s" }),
        ),
    ] {
        input["patientId"] = json!(id(LAN));
        if operation == "recordVitals" {
            input["encounterId"] = encounter.clone();
        }
        let written = world
            .done(&doctor(), operation, &format!("{field} {{ id }}"), input)
            .await;
        ids.push(written["id"].clone());
    }
    ids
}

/// What somebody sees, for one line of the table: for each kind of entry the number of values, by every way of asking.
async fn seen(world: &World, who: &Principal, patient: u128, ids: &[Value], everything: &str) -> String {
    let query = format!("query ($id: ID!, $at: DateTime!) {{
        _entities(representations: [{{ __typename: \"Patient\", id: $id }}]) {{ ... on Patient {{
            timeline(first: 100) {{ nodes {{ __typename {everything} }} }}
            encounters {{ nodes {{ id }} }} vitals {{ value }}
            medicalRecord {{ accessBasis allergies {{ id }} conditions {{ id }} immunizations {{ id }} medications {{ id }}
                documents {{ id }} encounters {{ id }} background {{ id }} latestVitals {{ id }} }} }} }}
        visit: _entities(representations: [{{ __typename: \"Appointment\", id: \"{}\" }}]) {{ ... on Appointment {{ encounter {{ id }} }} }}
        recordAsOf(patientId: $id, at: $at) {{ allergies {{ id }} conditions {{ id }} immunizations {{ id }} medications {{ id }}
            documents {{ id }} encounters {{ id }} background {{ id }} latestVitals {{ id }} }} }}", id(500));
    let answer = world
        .ask(
            who,
            &query,
            json!({ "id": id(patient), "at": world.now().to_rfc3339() }),
        )
        .await;
    let asked = &answer["data"]["_entities"][0];
    let mut line = String::new();
    for (name, letter) in CLINICAL {
        let nodes = asked["timeline"]["nodes"].as_array().into_iter().flatten();
        let values: usize = nodes.filter(|node| node["__typename"] == name).map(values).sum();
        let _ = match values {
            0 => write!(line, " {letter}--"),
            _ => write!(line, " {letter}{values:02}"),
        };
    }
    let record = count(&asked["medicalRecord"]);
    let _ = write!(
        line,
        " | record {record:2}, then {:2}",
        count(&answer["data"]["recordAsOf"])
    );
    let visit = usize::from(!answer["data"]["visit"][0]["encounter"].is_null());
    let _ = write!(
        line,
        " | visits {}+{visit}, vitals {}",
        many(&asked["encounters"]["nodes"]),
        many(&asked["vitals"])
    );
    // One by one, with all their versions.
    let (mut entries, mut histories) = (0, 0);
    for entry in ids {
        let query = "query ($id: ID!) { recordEntry(id: $id) { __typename } recordHistory(id: $id) { nodes { number } } }";
        let answer = world.ask(who, query, json!({ "id": entry })).await;
        entries += usize::from(!answer["data"]["recordEntry"].is_null());
        histories += many(&answer["data"]["recordHistory"]["nodes"]);
    }
    let _ = write!(line, " | one by one {entries}, versions {histories:2}");
    let basis = asked["medicalRecord"]["accessBasis"].as_str().unwrap_or("-");
    format!("{line} | {basis}")
}

fn values(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::Array(items) => items.iter().map(values).sum(),
        Value::Object(fields) => fields.values().map(values).sum(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
    }
}

fn many(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

/// Entries in a record.
fn count(record: &Value) -> usize {
    let fields = record.as_object().into_iter().flatten();
    fields
        .filter(|(name, _)| *name != "accessBasis")
        .map(|(_, value)| values(value))
        .sum()
}

on_every_document_store! {
    async fn who_sees_what(world: World) {
        let everything = everything(&world).await;
        let ids = write_everything(&world).await;
        let mut table = String::from(
            "Values shown of each kind: E encounter, V vitals, A allergy (a second one is withheld), C condition, I immunization,\n\
             M medication, D document, B background. Then what other ways of asking show.\n",
        );
        for (at, role) in Role::ALL.iter().enumerate() {
            let n = 200 + u128::try_from(at).unwrap();
            let who = principal(user(n), &[*role]);
            let _ = writeln!(table, "\n{role}");
            let mut line = async |situation: &str, who: &Principal, patient: u128| {
                let seen = seen(&world, who, patient, &ids, &everything).await;
                let _ = writeln!(table, "  {situation:<22}{seen}");
            };
            line("own record", &principal(user(LAN), &[*role]), LAN).await;
            line("acts for the patient", &principal(user(MOTHER), &[*role]), LAN).await;
            line("unrelated", &who, LAN).await;
            world.cares(n, LAN).await;
            line("related", &who, LAN).await;
            let soon = world.now() + TimeDelta::days(1);
            world.relationship(n, LAN, Some(world.now()), Some(soon)).await;
            world.advance(TimeDelta::days(1));
            line("was related", &who, LAN).await;
            world.consent(n, n, &[RecordPart::Vitals, RecordPart::Allergies], false).await;
            line("consented to A and V", &who, LAN).await;
            world.consent(n, n, &[RecordPart::Vitals, RecordPart::Allergies], true).await;
            line("consent revoked", &who, LAN).await;
            let query = "mutation ($input: BreakGlassInput!) { breakGlass(input: $input) { errors { __typename } } }";
            let input = json!({ "input": { "patientId": id(LAN), "reason": "an emergency" } });
            world.ask(&who, query, input).await;
            line("glass broken", &who, LAN).await;
            world.advance(TimeDelta::hours(1));
            line("an hour later", &who, LAN).await;
            world.hear(&PatientsEvent::PatientsMerged { surviving: patient(LAN), merged: patient(AN) }).await;
            world.cares(n, AN).await;
            line("related to merged", &who, LAN).await;
            world.hear(&PatientsEvent::PatientsUnmerged { surviving: patient(LAN), merged: patient(AN) }).await;
            line("merge undone", &who, LAN).await;
            // A suspended account's tokens are refused at the door: whoever brings one is nobody.
            world.cares(n, LAN).await;
            line("deactivated", &Principal::anonymous(), LAN).await;
        }
        insta::assert_snapshot!("who_sees_what", table);
    }
}

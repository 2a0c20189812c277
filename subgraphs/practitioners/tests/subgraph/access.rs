//! Every root field with everybody who may come along.

use crate::support::{Clinic, as_doctor, doctor_input, nobody};
use caregraph_contracts::Role;
use caregraph_kit::auth::Principal;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::principal;
use serde_json::{Value, json};

/// What an answer says about access: done, refused as data, or the code of a closed door.
fn verdict(answer: &Value, field: &str) -> String {
    if let Some(code) = answer["errors"][0]["extensions"]["code"].as_str() {
        return code.to_owned();
    }
    assert!(answer.get("errors").is_none(), "{answer}");
    match answer["data"][field]["errors"].as_array().map(Vec::as_slice) {
        None | Some([]) => "ok".to_owned(),
        Some([first, ..]) => first["__typename"].as_str().unwrap().to_owned(),
    }
}

on_every_engine! {
    async fn every_root_field_answers_as_the_table_says(clinic: Clinic) {
        let made = clinic.doctor(json!({})).await;
        let colleague = clinic.doctor(json!({ "displayName": "Somebody Else" })).await;
        let people: [(&str, Principal); 6] = [
            ("nobody", nobody()),
            ("patient", principal(clinic.account(&[Role::Patient]).await, &[Role::Patient])),
            ("colleague", as_doctor(&colleague["id"])),
            ("themselves", as_doctor(&made["id"])),
            ("nurse", principal(clinic.account(&[Role::Nurse]).await, &[Role::Nurse])),
            ("admin", clinic.admin.clone()),
        ];
        let id = &made["id"];
        let account = clinic.account(&[Role::Doctor]).await;
        let errors = "errors { __typename }";
        let place = json!({ "name": "P", "addressLines": ["1"], "city": "H", "country": "VN", "timeZone": "UTC" });
        let open = ["ok"; 6];
        let managers = ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "ok"];
        let table: Vec<(&str, String, Value, [&str; 6])> = vec![
            ("practitioner", "query($id: ID!) { practitioner(id: $id) { id } }".into(), json!({ "id": id }), open),
            ("practitioners", "{ practitioners { nodes { id } } }".into(), json!({}), open),
            ("specialties", "{ specialties { code } }".into(), json!({}), open),
            ("locations", "{ locations(includeInactive: true) { id } }".into(), json!({}), open),
            ("departments", "{ departments(includeInactive: true) { id } }".into(), json!({}), open),
            (
                "createPractitioner",
                format!("mutation($input: CreatePractitionerInput!) {{ createPractitioner(input: $input) {{ {errors} }} }}"),
                json!({ "input": doctor_input(account, json!({})) }),
                managers,
            ),
            (
                "updatePractitioner",
                format!("mutation($input: UpdatePractitionerInput!) {{ updatePractitioner(input: $input) {{ {errors} }} }}"),
                json!({ "input": { "id": id, "biography": "x" } }),
                ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "ok", "FORBIDDEN", "ok"],
            ),
            (
                "saveLocation",
                format!("mutation($input: SaveLocationInput!) {{ saveLocation(input: $input) {{ {errors} }} }}"),
                json!({ "input": place }),
                managers,
            ),
            (
                "saveDepartment",
                format!("mutation($input: SaveDepartmentInput!) {{ saveDepartment(input: $input) {{ {errors} }} }}"),
                json!({ "input": { "name": "D" } }),
                managers,
            ),
            (
                "deactivatePractitioner",
                format!("mutation($input: DeactivatePractitionerInput!) {{ deactivatePractitioner(input: $input) {{ {errors} }} }}"),
                json!({ "input": { "id": id, "reason": "x" } }),
                managers,
            ),
            (
                "reactivatePractitioner",
                format!("mutation($input: ReactivatePractitionerInput!) {{ reactivatePractitioner(input: $input) {{ {errors} }} }}"),
                json!({ "input": { "id": id } }),
                managers,
            ),
        ];
        let mut covered: Vec<&str> = Vec::new();
        for (field, operation, variables, expected) in &table {
            covered.push(field);
            let mut got = Vec::new();
            for (_, who) in &people {
                got.push(verdict(&clinic.ask(who, operation, variables.clone()).await, field));
            }
            assert_eq!(got, expected, "{field} for {:?}", people.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        }
        covered.sort_unstable();
        assert_eq!(covered, root_fields(&clinic).await, "every root field stands in the table");
    }

    async fn a_closed_door_looks_the_same_whatever_is_behind_it(clinic: Clinic) {
        let made = clinic.doctor(json!({})).await;
        let patient = principal(clinic.account(&[Role::Patient]).await, &[Role::Patient]);
        let operation = "mutation($input: UpdatePractitionerInput!) { updatePractitioner(input: $input) { errors { __typename } } }";
        let mut answers = Vec::new();
        for id in [made["id"].clone(), json!("x"), json!("00000000-0000-0000-0000-000000000000")] {
            answers.push(clinic.ask(&patient, operation, json!({ "input": { "id": id, "displayName": "" } })).await);
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    }
}

async fn root_fields(clinic: &Clinic) -> Vec<String> {
    let roots = "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }";
    let data = clinic.data(&nobody(), roots, json!({})).await;
    let mut fields: Vec<String> = ["queryType", "mutationType"]
        .iter()
        .flat_map(|root| data["__schema"][root]["fields"].as_array().unwrap())
        .map(|field| field["name"].as_str().unwrap().to_owned())
        .filter(|name| !name.starts_with('_'))
        .collect();
    fields.sort_unstable();
    fields
}

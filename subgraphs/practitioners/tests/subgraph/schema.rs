//! The schema as others see it.

use crate::support::{Clinic, nobody};
use caregraph_kit::database::Engine;
use caregraph_kit::testing::OnEngine;
use serde_json::{Value, json};

/// The schema is the manual: nothing in it goes without an explanation.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_documented() {
    let clinic = Clinic::on(Engine::Sqlite).await;
    let types = "{ __schema { types { name description
        fields { name description args { name description } }
        inputFields { name description } enumValues { name description } } } }";
    let data = clinic.data(&nobody(), types, json!({})).await;
    let mut silent = Vec::new();
    for kind in data["__schema"]["types"].as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        // Types of GraphQL, of federation and of Relay's convention are explained elsewhere.
        if name.starts_with('_') || name == "ID" || name.ends_with("Connection") {
            continue;
        }
        note(&mut silent, name, kind);
        for part in ["fields", "inputFields", "enumValues"] {
            for member in kind[part].as_array().into_iter().flatten() {
                let path = format!("{name}.{}", member["name"].as_str().unwrap());
                if path.starts_with("Query._") {
                    continue;
                }
                note(&mut silent, &path, member);
                for argument in member["args"].as_array().into_iter().flatten() {
                    note(
                        &mut silent,
                        &format!("{path}({})", argument["name"].as_str().unwrap()),
                        argument,
                    );
                }
            }
        }
    }
    assert!(silent.is_empty(), "without description: {silent:?}");
}

fn note(silent: &mut Vec<String>, path: &str, item: &Value) {
    if item["description"].as_str().is_none_or(str::is_empty) {
        silent.push(path.to_owned());
    }
}

#[test]
fn other_subgraphs_can_refer_to_practitioners_and_places() {
    let sdl = caregraph_practitioners::sdl();
    for entity in ["Practitioner", "Location", "Department"] {
        assert!(
            sdl.contains(&format!("type {entity} @key(fields: \"id\")")),
            "{sdl}"
        );
    }
    assert!(
        sdl.contains("type User @key(fields: \"id\", resolvable: false)"),
        "{sdl}"
    );
}

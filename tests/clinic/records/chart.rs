//! What people do with a record.

use crate::harness::Graph;
use caregraph_kit::testing::eventually;
use serde_json::{Value, json};

/// A record, as far as it is open to whoever asks.
pub const RECORD: &str = "query ($id: ID!) { medicalRecord(patientId: $id) { accessBasis openParts
    encounters { id status version chiefComplaint examination diagnoses { code title primary } signature { signedAt }
        practitioner { displayName } }
    latestVitals { id note critical readings { kind value level } }
    allergies { id version substance note } } }";

/// A mutation with one root field; shows the fields and, when it is refused, why.
pub fn mutation(operation: &str, fields: &str) -> String {
    let (first, rest) = operation.split_at(1);
    format!(
        "mutation ($input: {}{rest}Input!) {{ {operation}(input: $input) {{ {fields}
            errors {{ __typename ... on UserError {{ message path }} }} }} }}",
        first.to_uppercase()
    )
}

/// Tries it; gives the payload.
pub async fn try_to(graph: &Graph, operation: &str, fields: &str, input: Value) -> Value {
    let variables = json!({ "input": input });
    graph.data(&mutation(operation, fields), variables).await[operation].take()
}

/// It must be done; gives the payload.
pub async fn done(graph: &Graph, operation: &str, fields: &str, input: Value) -> Value {
    let variables = json!({ "input": input });
    graph
        .done(operation, &mutation(operation, fields), variables)
        .await
}

/// It must be refused; gives the type of the first refusal.
pub async fn refused(graph: &Graph, operation: &str, input: Value) -> String {
    let variables = json!({ "input": input });
    let error = graph
        .refused(operation, &mutation(operation, "__typename"), variables)
        .await;
    error["__typename"].as_str().unwrap().to_owned()
}

/// It must be done as soon as what it depends on has arrived: until then, the patient or the visit does not exist for the caller.
pub async fn done_soon(graph: &Graph, operation: &str, fields: &str, input: &Value) -> Value {
    eventually(operation, || async {
        let payload = try_to(graph, operation, fields, input.clone()).await;
        let errors = payload["errors"].as_array().unwrap();
        assert!(
            errors.iter().all(|error| error["__typename"] == "NotFound"),
            "{operation}: {payload}"
        );
        errors.is_empty().then_some(payload)
    })
    .await
}

/// The record of a patient; null when there is none for whoever asks.
pub async fn record(graph: &Graph, patient: &str) -> Value {
    graph.data(RECORD, json!({ "id": patient })).await["medicalRecord"].take()
}

/// The text at a place, which must be there.
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a text: {value}"))
        .to_owned()
}

//! What the front desk knows of the clinic's patients.

use crate::harness::{Graph, Person};
use caregraph_kit::search::fold;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Shorter phrases turn up by chance.
const SHORTEST: usize = 8;

/// Everything of all patients that may say who they are, with an account or without, as the front desk reads it.
pub async fn of_patients(graph: &Graph) -> BTreeSet<String> {
    let nurse = Person::sign_in(graph, "nurse@demo.test", "caregraph-demo").await;
    let query = "query ($after: String) { patients(first: 100, after: $after) { pageInfo { hasNextPage endCursor }
        nodes { givenName familyName displayName phone nationalId insurance { memberNumber } addresses { street }
                emergencyContacts { phone } } } }";
    let (mut known, mut after) = (BTreeSet::new(), Value::Null);
    loop {
        let page = nurse.graph.data(query, json!({ "after": after })).await["patients"].take();
        for patient in page["nodes"].as_array().unwrap() {
            let numbers = [
                &patient["phone"],
                &patient["nationalId"],
                &patient["insurance"]["memberNumber"],
                &patient["addresses"][0]["street"],
                &patient["emergencyContacts"][0]["phone"],
            ];
            let numbers = numbers.into_iter().filter_map(|number| number.as_str());
            known.extend(numbers.map(str::to_owned));
            let part = |name: &str| patient[name].as_str().unwrap().to_owned();
            known.extend(written(&part("givenName"), &part("familyName")).chain([part("displayName")]));
        }
        if page["pageInfo"]["hasNextPage"] == false {
            return known;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// A name as people write it and as programs make it fit for searching. Not single words of it, which practitioners and places share,
/// and folded only as a whole: without marks, two words may mean something else.
pub fn written(given: &str, family: &str) -> impl Iterator<Item = String> + use<> {
    let wholes = [format!("{family} {given}"), format!("{given} {family}")];
    let folded = wholes.clone().map(|name| fold(&name));
    let written = [given.to_owned()].into_iter().chain(wholes).chain(folded);
    written.filter(|name| name.contains(' ') && name.len() >= SHORTEST)
}

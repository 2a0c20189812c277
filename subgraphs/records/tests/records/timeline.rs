//! Everything in one list.

use crate::world::*;
use caregraph_kit::on_every_document_store;
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const TIMELINE: &str = "query ($id: ID!, $filter: TimelineFilter, $first: Int, $after: String) {
    _entities(representations: [{ __typename: \"Patient\", id: $id }]) { ... on Patient {
        timeline(filter: $filter, first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { __typename
            ... on Allergy { id at } ... on VitalSigns { id at } ... on Condition { id at } } } } } }";

async fn walk(world: &World, who: &caregraph_kit::auth::Principal, filter: Value) -> Vec<(String, String)> {
    let (mut after, mut all) = (Value::Null, Vec::new());
    loop {
        let variables = json!({ "id": id(LAN), "filter": filter, "first": 7, "after": after });
        let page = world.data(who, TIMELINE, variables).await["_entities"][0]["timeline"].clone();
        for node in page["nodes"].as_array().unwrap() {
            all.push((
                node["at"].as_str().unwrap().to_owned(),
                node["id"].as_str().unwrap().to_owned(),
            ));
        }
        if page["pageInfo"]["hasNextPage"] == false {
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

on_every_document_store! {
    async fn pages_hold_everything_once_in_order(world: World) {
        for n in 0..40 {
            world.advance(TimeDelta::minutes(n % 3));
            if n % 4 == 0 {
                world.done(&nurse(), "recordVitals", "vitals { id }", json!({ "patientId": id(LAN), "pain": n % 10 })).await;
            } else {
                let withheld = n % 5 == 0;
                let input = json!({ "patientId": id(LAN), "substance": format!("S{n}"), "category": "FOOD", "withheld": withheld });
                world.done(&nurse(), "recordAllergy", "allergy { id }", input).await;
            }
        }
        for (who, filter, expected) in [
            (doctor(), json!({}), 40),
            (doctor(), json!({ "kinds": ["VITALS"] }), 10),
            (doctor(), json!({ "kinds": ["VITALS", "ALLERGY"] }), 40),
            (lan(), json!({}), 34),
            (doctor(), json!({ "from": world.now().to_rfc3339() }), 2),
        ] {
            let all = walk(&world, &who, filter.clone()).await;
            assert_eq!(all.len(), expected, "{filter}");
            assert!(all.is_sorted_by(|a, b| a.0 >= b.0), "{all:?}");
            assert_eq!(all.iter().map(|(_, id)| id).collect::<BTreeSet<_>>().len(), expected);
        }
        let seen = world.data(&stranger(), TIMELINE, json!({ "id": id(LAN) })).await;
        assert_eq!(seen["_entities"][0]["timeline"], Value::Null);
    }

    /// However far back somebody goes, each page comes from the place where the one before ended. How long pages take is printed and not
    /// asserted; `CAREGRAPH_TEST_ENTRIES=10000` measures with as many.
    async fn a_long_timeline_is_walked_to_its_end(world: World) {
        let size: usize = std::env::var("CAREGRAPH_TEST_ENTRIES").map_or(300, |size| size.parse().unwrap());
        for n in 0..size {
            world.advance(TimeDelta::seconds(1));
            let vitals = json!({ "patientId": id(LAN), "pain": n % 10 });
            world.done(&nurse(), "recordVitals", "vitals { id }", vitals).await;
        }
        let (mut after, mut ids, mut times) = (Value::Null, BTreeSet::new(), Vec::new());
        loop {
            let variables = json!({ "id": id(LAN), "filter": {}, "first": 50, "after": after });
            let began = std::time::Instant::now();
            let page = world.data(&doctor(), TIMELINE, variables).await["_entities"][0]["timeline"].take();
            times.push(began.elapsed());
            ids.extend(page["nodes"].as_array().unwrap().iter().map(|node| node["id"].to_string()));
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(ids.len(), size);
        let some = (times.len() / 4).max(1);
        let median = |times: &[std::time::Duration]| {
            let mut times = times.to_vec();
            times.sort_unstable();
            times[times.len() / 2]
        };
        let (first, last) = (median(&times[..some]), median(&times[times.len() - some..]));
        println!("{size} entries: a page of the last quarter takes {:.2} of one of the first ({first:?})",
            last.as_secs_f64() / first.as_secs_f64());
    }

    async fn vitals_for_a_chart(world: World) {
        for pulse in [70, 80, 90] {
            world.advance(TimeDelta::hours(1));
            let input = json!({ "patientId": id(LAN), "heartRate": pulse, "pain": 1 });
            world.done(&nurse(), "recordVitals", "vitals { id }", input).await;
        }
        let query = "query ($id: ID!, $from: DateTime) { _entities(representations: [{ __typename: \"Patient\", id: $id }]) { ... on Patient {
            vitals(kind: HEART_RATE, from: $from) { value } } } }";
        let seen = world.data(&lan(), query, json!({ "id": id(LAN) })).await;
        assert_eq!(seen["_entities"][0]["vitals"], json!([{ "value": "70" }, { "value": "80" }, { "value": "90" }]));
        let from = world.now() - TimeDelta::minutes(90);
        let seen = world.data(&lan(), query, json!({ "id": id(LAN), "from": from.to_rfc3339() })).await;
        assert_eq!(seen["_entities"][0]["vitals"], json!([{ "value": "80" }, { "value": "90" }]));
    }
}

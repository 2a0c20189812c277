//! Both ways of an answer, through text and without, give the engine the same.

use super::{Keys, kept, moved, written};
use async_graphql::indexmap::IndexMap;
use async_graphql::parser::parse_query;
use async_graphql::{Name, Response, ServerError, Value};
use hive_router::executor::response::subgraph_response::SubgraphResponse;
use hive_router::sonic_rs;
use proptest::prelude::*;

const NAMES: [&str; 5] = ["id", "displayName", "start", "__typename", "edges"];

fn keys() -> Keys {
    Keys(NAMES.iter().map(|name| kept(name)).collect())
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(|number| Value::Number(number.into())),
        any::<u64>().prop_map(|number| Value::Number(number.into())),
        (-1e9..1e9_f64).prop_map(Value::from),
        any::<String>().prop_map(Value::String),
        "[A-Z_]{1,9}".prop_map(|name| Value::Enum(Name::new(name))),
    ]
}

fn answers() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 64, 6, |inner| {
        let entry = (
            prop::sample::select(NAMES.to_vec()).prop_map(Name::new),
            inner.clone(),
        );
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::List),
            prop::collection::vec(entry, 0..6)
                .prop_map(|entries| Value::Object(IndexMap::from_iter(entries))),
        ]
    })
}

fn text(response: &SubgraphResponse<'_>) -> String {
    let errors = response.errors.as_ref().map_or(0, Vec::len);
    format!("{errors} {}", sonic_rs::to_string(&response.data).unwrap())
}

proptest! {
    #[test]
    fn both_ways_give_the_same(data in answers()) {
        let response = Response::new(data);
        match (written(&response, None), moved(response, &keys())) {
            (Ok(written), Ok(moved)) => prop_assert_eq!(text(&written), text(&moved)),
            (Err(_), Err(_)) => {}
            (written, moved) => prop_assert!(false, "{:?} {:?}", written, moved),
        }
    }
}

#[test]
fn errors_arrive() {
    let mut response = Response::new(Value::Object(IndexMap::from([(Name::new("id"), Value::Null)])));
    response.errors.push(ServerError::new("no such patient", None));
    let moved = moved(response, &keys()).unwrap();
    assert_eq!(moved.errors.unwrap()[0].message, "no such patient");
    assert_eq!(sonic_rs::to_string(&moved.data).unwrap(), r#"{"id":null}"#);
}

#[test]
fn the_inside_of_a_scalar_is_left_as_it_is() {
    let inside = IndexMap::from([(Name::new("what\tever"), Value::from(1))]);
    let data = IndexMap::from([(Name::new("id"), Value::Object(inside))]);
    let moved = moved(Response::new(Value::Object(data)), &keys()).unwrap();
    assert_eq!(
        sonic_rs::to_string(&moved.data).unwrap(),
        r#"{"id":{"what\tever":1}}"#
    );
}

#[test]
fn an_alias_takes_the_way_through_text() {
    let covered = |query| keys().cover(&parse_query(query).unwrap());
    assert!(covered(
        "{ id ... on Patient { displayName } ...More } fragment More on Patient { edges { start } }"
    ));
    assert!(!covered("{ mine: id }"));
    assert!(!covered("{ id ... on Patient { name: displayName } }"));
    assert!(!covered(
        "{ ...More } fragment More on Patient { edges { from: start } }"
    ));
    assert!(
        covered("{ id: somethingElse }"),
        "it is the key in the answer that counts"
    );
}

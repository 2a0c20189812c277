//! Input that means no good gets a clear answer and changes nothing.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_kit::on_every_engine;
use serde_json::{Value, json};

const REGISTER: &str = "mutation($input: RegisterPatientInput!) { registerPatient(input: $input) {
    patient { givenName familyName occupation } errors { __typename ... on UserError { path message } } } }";

async fn register(world: &World, changes: Value) -> Value {
    let mut input = json!({ "givenName": "An", "familyName": "Nguyễn" });
    for (key, value) in changes.as_object().unwrap() {
        input[key] = value.clone();
    }
    world.ask(&nurse(), REGISTER, json!({ "input": input })).await
}

on_every_engine! {
    async fn absurd_values_are_refused_where_they_stand(world: World) {
        let huge = "x".repeat(10_000_000);
        let address = |street: &str, country: &str| {
            json!([{ "kind": "HOME", "street": street, "city": "Huế", "country": country }])
        };
        let contact = |phone: &str| json!([{ "name": "B", "phone": phone }]);
        let many = vec![json!({ "name": "B", "phone": "+84912345678" }); 100_000];
        for (field, value, place) in [
            ("givenName", json!(huge), "givenName"),
            ("givenName", json!(" \u{0}\t"), "givenName"),
            ("givenName", json!("12345"), "givenName"),
            ("familyName", json!(huge), "familyName"),
            ("occupation", json!(huge), "occupation"),
            ("phone", json!(huge), "phone"),
            ("phone", json!("+84 <script>"), "phone"),
            ("phone", json!("0912345678"), "phone"),
            ("nationalId", json!(huge), "nationalId"),
            ("nationalId", json!("' OR 1=1"), "nationalId"),
            ("preferredLanguage", json!(huge), "preferredLanguage"),
            ("dateOfBirth", json!("1889-12-31"), "dateOfBirth"),
            ("dateOfBirth", json!("2030-01-01"), "dateOfBirth"),
            ("deceasedOn", json!("2030-01-01"), "deceasedOn"),
            ("addresses", address(&huge, "VN"), "addresses.0.street"),
            ("addresses", address("1 A", "XX"), "addresses.0.country"),
            ("emergencyContacts", contact("113"), "emergencyContacts.0.phone"),
            ("emergencyContacts", json!(many), "emergencyContacts"),
            ("insurance", json!({ "insurer": huge, "memberNumber": "1" }), "insurance.insurer"),
        ] {
            let answer = register(&world, json!({ field: value })).await;
            let error = &answer["data"]["registerPatient"]["errors"][0];
            assert_eq!(error["__typename"], "InvalidInput", "{field}");
            let path: Vec<&str> = std::iter::once("input").chain(place.split('.')).collect();
            assert_eq!(error["path"], json!(path), "{field}");
            assert!(error["message"].as_str().unwrap().len() < 200, "a message does not repeat the input");
        }
        let reversed = json!({ "dateOfBirth": "2000-01-02", "deceasedOn": "2000-01-01" });
        let answer = register(&world, reversed).await;
        assert_eq!(answer["data"]["registerPatient"]["errors"][0]["path"], json!(["input", "deceasedOn"]));
        assert_eq!(world.told().await, []);
    }

    async fn control_characters_are_dropped_and_lines_joined(world: World) {
        let odd = json!({ "givenName": "A\u{0}n\u{7}", "familyName": " Nguyễn\r\n\tVăn ", "occupation": "a\nb" });
        let answer = register(&world, odd).await;
        let patient = &answer["data"]["registerPatient"]["patient"];
        assert_eq!(patient, &json!({ "givenName": "An", "familyName": "Nguyễn Văn", "occupation": "a b" }));
    }

    async fn what_a_database_might_trip_over_is_kept_as_it_is(world: World) {
        let odd = "Robert'); DROP TABLE patients;-- 😀 \\ \" ` % _";
        let answer = register(&world, json!({ "givenName": odd })).await;
        assert_eq!(answer["data"]["registerPatient"]["patient"]["givenName"], odd);
        // Names that grow when folded: Hangul syllables become three letters each.
        let answer = register(&world, json!({ "givenName": "뷁".repeat(80), "familyName": "ß".repeat(80) })).await;
        assert_eq!(answer["data"]["registerPatient"]["errors"], json!([]), "{answer}");
    }

    async fn values_of_the_wrong_type_reach_no_rule(world: World) {
        for input in [
            json!({ "dateOfBirth": "31/12/1990" }),
            json!({ "dateOfBirth": "1990-02-30" }),
            json!({ "dateOfBirth": 19_900_412 }),
            json!({ "sexAtBirth": "X" }),
            json!({ "givenName": null }),
        ] {
            let answer = register(&world, input.clone()).await;
            assert!(answer["errors"][0]["message"].is_string(), "{input}: {answer}");
            assert_eq!(answer["data"], json!(null), "{input}");
        }
        assert_eq!(world.told().await, []);
    }

    async fn a_version_that_never_was_is_a_conflict(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        let update = "mutation($id: ID!, $version: Int) { updatePatient(input: { id: $id, version: $version, occupation: \"x\" }) {
            errors { __typename } } }";
        for version in [0, -1, 2, i32::MAX] {
            let answer = world.ask(&person(1), update, json!({ "id": user(1).to_string(), "version": version })).await;
            assert_eq!(answer["data"]["updatePatient"]["errors"], json!([{ "__typename": "Conflict" }]));
        }
    }
}

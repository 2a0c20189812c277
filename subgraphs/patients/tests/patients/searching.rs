//! Finding patients.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_kit::change::Change;
use caregraph_kit::on_every_engine;
use caregraph_patients::patient::{ProfileChanges, SexAtBirth};
use serde_json::{Value, json};

const SEARCH: &str = "query($search: String, $filter: PatientFilter) {
    patients(search: $search, filter: $filter) { edges { node { givenName } } } }";

async fn found(world: &World, search: &str) -> Vec<String> {
    filtered(world, json!({ "search": search })).await
}

async fn filtered(world: &World, variables: Value) -> Vec<String> {
    let answer = world.ask(&nurse(), SEARCH, variables).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let edges = answer["data"]["patients"]["edges"].as_array().unwrap();
    edges
        .iter()
        .map(|edge| edge["node"]["givenName"].as_str().unwrap().to_owned())
        .collect()
}

on_every_engine! {
    async fn by_name_without_marks_and_every_word_must_match(world: World) {
        world.born("Đức", "Nguyễn Văn", day(1990, 4, 12)).await;
        world.born("Thảo", "Nguyễn Thị", day(1991, 5, 1)).await;
        world.born("Hans", "Müller-Strauß", day(1950, 1, 1)).await;
        assert_eq!(found(&world, "nguyen").await, ["Thảo", "Đức"]);
        assert_eq!(found(&world, "DUC nguyen").await, ["Đức"]);
        assert_eq!(found(&world, "nguyễn thảo").await, ["Thảo"]);
        assert_eq!(found(&world, "muller strauss").await, ["Hans"]);
        assert_eq!(found(&world, "nguyen hans").await, [""; 0]);
        assert_eq!(found(&world, "  ").await.len(), 3);
    }

    async fn wildcards_are_ordinary_characters(world: World) {
        world.walk_in(named("Ann%e", "Per_cent")).await;
        world.walk_in(named("Anne", "Percent")).await;
        world.walk_in(named("An!ne\\", "Quo'te\"")).await;
        assert_eq!(found(&world, "%").await, ["Ann%e"]);
        assert_eq!(found(&world, "r_c").await, ["Ann%e"]);
        assert_eq!(found(&world, "!").await, ["An!ne\\"]);
        assert_eq!(found(&world, "\\").await, ["An!ne\\"]);
        assert_eq!(found(&world, "o'te\"").await, ["An!ne\\"]);
        assert_eq!(found(&world, "' OR 1=1 --").await, [""; 0]);
    }

    async fn by_number_phone_document_and_birthday(world: World) {
        let profile = ProfileChanges {
            phone: Change::Set("+84 912 345 678".into()),
            national_id: Change::Set("079 090 001 234".into()),
            date_of_birth: Change::Set(day(1990, 4, 12)),
            sex_at_birth: Change::Set(SexAtBirth::Female),
            ..named("An", "Lê")
        };
        let an = world.walk_in(profile).await;
        world.born("Bình", "Lê", day(1990, 4, 13)).await;
        let bare: String = an.mrn.as_str().chars().filter(char::is_ascii_digit).collect();
        for search in [
            an.mrn.as_str(),
            &an.mrn.as_str().to_lowercase(),
            &bare,
            "+84912345678",
            "+84 (912) 345-678",
            "0084 912 345 678",
            "84912345678",
            "079090001234",
            "079 090 001 234",
            "1990-04-12",
            "12/04/1990",
            "12.4.1990 le",
            "an +84912345678",
        ] {
            assert_eq!(found(&world, search).await, ["An"], "{search}");
        }
        for search in ["+84912345679", "079090001235", "1990-04-14", "binh 12/04/1990"] {
            assert_eq!(found(&world, search).await, [""; 0], "{search}");
        }
        let born_later = json!({ "filter": { "bornFrom": "1990-04-13" } });
        assert_eq!(filtered(&world, born_later).await, ["Bình"]);
        assert_eq!(filtered(&world, json!({ "filter": { "bornTo": "1990-04-12" } })).await, ["An"]);
        assert_eq!(filtered(&world, json!({ "filter": { "sexAtBirth": "FEMALE" } })).await, ["An"]);
        assert_eq!(filtered(&world, json!({ "filter": { "deceased": true } })).await, [""; 0]);
        assert_eq!(filtered(&world, json!({ "filter": { "inMyCare": true } })).await, [""; 0]);
    }

    async fn pages_neither_skip_nor_repeat(world: World) {
        // Many share a name, so that the order within it matters; some come while somebody reads.
        for i in 0..250 {
            world.walk_in(named(&format!("Given{}", i % 3), &format!("Họ {}", i % 7))).await;
        }
        let mut seen: Vec<String> = Vec::new();
        let mut after = Value::Null;
        loop {
            let query = "query($after: String) { patients(first: 17, after: $after) {
                edges { node { id } } pageInfo { hasNextPage endCursor } } }";
            let answer = world.ask(&nurse(), query, json!({ "after": after })).await;
            let page = &answer["data"]["patients"];
            let edges = page["edges"].as_array().unwrap();
            seen.extend(edges.iter().map(|edge| edge["node"]["id"].as_str().unwrap().to_owned()));
            // Sorts before everything that was read, so it belongs to no later page.
            world.walk_in(named("Aaron", "Aa")).await;
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(seen.len(), 250);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 250);
    }

    async fn bad_lists_are_refused(world: World) {
        let list = "query($first: Int, $after: String, $search: String) {
            patients(first: $first, after: $after, search: $search) { edges { node { id } } } }";
        for variables in [
            json!({ "first": 0 }),
            json!({ "first": 101 }),
            json!({ "first": -1 }),
            json!({ "after": "nonsense" }),
            json!({ "after": "WzEsMl0" }),
            // A well-formed key with a NUL in the name, which PostgreSQL would refuse to compare.
            json!({ "after": "WyJhXHUwMDAwIiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAxIl0" }),
            json!({ "search": "x".repeat(10_000_000) }),
            json!({ "search": "a b c d e f g h i" }),
        ] {
            let answer = world.ask(&nurse(), list, variables).await;
            assert_eq!(code(&answer), "BAD_USER_INPUT");
        }
    }

    async fn a_doctor_finds_only_those_in_their_care(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        world.account(user(2), &[Role::Patient], "Bình", "Nguyễn").await;
        let visit = appointment(1, caregraph_contracts::ids::PatientId::of_user(user(1)), user(901), world.now());
        world.hear(&booked(&visit)).await;
        let answer = world.ask(&doctor(), SEARCH, json!({ "search": "nguyen" })).await;
        assert_eq!(answer["data"]["patients"]["edges"], json!([{ "node": { "givenName": "An" } }]));
    }
}

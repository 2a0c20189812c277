//! Finding patients.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_contracts::ids::PatientId;
use caregraph_kit::change::Change;
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::on_every_engine;
use caregraph_patients::patient::{ListFilter, ProfileChanges, SexAtBirth, UpdatePatient};
use chrono::TimeDelta;
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

/// Whom the front desk finds, at most ten, those first who came last.
pub async fn called(world: &World, search: &str) -> Vec<PatientId> {
    let page = PageArgs {
        first: 10,
        after: None,
    };
    let list = world
        .patients
        .list(&nurse(), Some(search), &ListFilter::default(), &page)
        .await;
    list.unwrap().into_iter().map(|(_, patient)| patient.id).collect()
}

/// Somebody who comes after everybody who is there.
async fn next(world: &World, given: &str, family: &str) -> PatientId {
    world.ground().clock.advance(TimeDelta::milliseconds(1));
    world.walk_in(named(given, family)).await.id
}

/// Ids on all pages, while somebody else of whom `search` says the same comes after each of them.
async fn paged(world: &World, search: &str, first: i32) -> Vec<String> {
    let query = "query($search: String, $first: Int, $after: String) {
        patients(search: $search, first: $first, after: $after) {
            edges { node { id } } pageInfo { hasNextPage endCursor } } }";
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({ "search": search, "first": first, "after": after });
        let answer = world.ask(&nurse(), query, variables).await;
        let page = &answer["data"]["patients"];
        let edges = page["edges"].as_array().unwrap();
        seen.extend(
            edges
                .iter()
                .map(|edge| edge["node"]["id"].as_str().unwrap().to_owned()),
        );
        // Stands before everything that was read, so it belongs to no later page.
        next(world, "Given", "Họ 3").await;
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            return seen;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

on_every_engine! {
    async fn by_how_words_of_the_name_begin_without_marks_and_in_any_order(world: World) {
        for (given, family) in [("Đức", "Nguyễn Văn"), ("Thảo", "Nguyễn Thị"), ("Hans", "Müller-Strauß"), ("Bé", "Y"), ("Ana", "Constantinescu")] {
            next(&world, given, family).await;
        }
        for (search, wanted) in [
            // Those first who came last.
            ("nguyen", &["Thảo", "Đức"][..]),
            ("ng", &["Thảo", "Đức"]),
            ("DUC nguyen", &["Đức"]),
            ("va d\u{301}u NGUYE", &["Đức"]),
            ("nguyễn thảo", &["Thảo"]),
            ("muller strauss", &["Hans"]),
            ("Müller-Strauß", &["Hans"]),
            ("Strauß", &["Hans"]),
            ("be y", &["Bé"]),
            ("y", &["Bé"]),
            // Every word must match, from its beginning, and a single letter begins everybody's name.
            ("nguyen hans", &[]),
            ("guyen", &[]),
            ("nguyenx", &[]),
            ("n", &[]),
            // Of longer words, eight letters count.
            ("constanti", &["Ana"]),
            ("constantza", &["Ana"]),
            ("constans", &[]),
        ] {
            assert_eq!(found(&world, search).await, wanted, "{search}");
        }
        assert_eq!(found(&world, "  ").await.len(), 5);
    }

    async fn whoever_is_called_otherwise_is_found_by_the_new_name_only(world: World) {
        let an = next(&world, "An", "Nguyễn Thị").await;
        let change = async |profile| {
            world.patients.update(&nurse(), UpdatePatient { patient: an, version: None, profile }).await.unwrap();
        };
        change(ProfileChanges { family_name: Some("Trần Thị".into()), ..Default::default() }).await;
        assert_eq!((called(&world, "nguyen").await, called(&world, "tran thi an").await), (vec![], vec![an]));
        change(ProfileChanges { occupation: Change::Set("Cook".into()), ..Default::default() }).await;
        assert_eq!((called(&world, "nguyen").await, called(&world, "tran thi an").await), (vec![], vec![an]));
        // Names that an account brought are found like others.
        world.account(user(1), &[Role::Patient], "Lan", "Phạm").await;
        assert_eq!(called(&world, "pham").await, [PatientId::of_user(user(1))]);
    }

    async fn wildcards_are_ordinary_characters(world: World) {
        world.walk_in(named("Ann%e", "Per_cent")).await;
        world.walk_in(named("Anne", "Percent")).await;
        world.walk_in(named("An!ne\\", "Quo'te\"")).await;
        assert_eq!(found(&world, "ann%").await, ["Ann%e"]);
        assert_eq!(found(&world, "per_c").await, ["Ann%e"]);
        assert_eq!(found(&world, "an!").await, ["An!ne\\"]);
        assert_eq!(found(&world, "ne\\").await, ["An!ne\\"]);
        assert_eq!(found(&world, "quo'te\"").await, ["An!ne\\"]);
        for nobody in ["%", "_", "p%t", "a_n", "!", "\\", "' OR 1=1 --"] {
            assert_eq!(found(&world, nobody).await, [""; 0], "{nobody}");
        }
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

    /// Each is found by its own index, and nobody comes twice.
    async fn by_every_reading_of_a_number_once(world: World) {
        let with_document = |given: &str| ProfileChanges { national_id: Change::Set("B1234567".into()), ..named(given, "Lê") };
        let both = world.walk_in(with_document("B1234567")).await.id;
        world.ground().clock.advance(TimeDelta::milliseconds(1));
        let by_document = world.walk_in(with_document("An")).await.id;
        let by_name = next(&world, "B1234567", "Trần").await;
        next(&world, "B1234568", "Phạm").await;
        assert_eq!(called(&world, "b1234567").await, [by_name, by_document, both]);
        assert_eq!(called(&world, "le B1234567").await, [by_document, both]);
        // Also behind a cursor.
        let page = "query($after: String) { patients(search: \"B1234567\", first: 1, after: $after) {
            edges { node { id } } pageInfo { endCursor } } }";
        let mut after = Value::Null;
        for wanted in [by_name, by_document, both] {
            let answer = world.ask(&nurse(), page, json!({ "after": after })).await;
            let patients = &answer["data"]["patients"];
            assert_eq!(patients["edges"], json!([{ "node": { "id": wanted.to_string() } }]), "{answer}");
            after = patients["pageInfo"]["endCursor"].clone();
        }
    }

    async fn pages_neither_skip_nor_repeat(world: World) {
        let mut wanted = Vec::new();
        for i in 0..250 {
            let given = format!("Given{}", i % 3);
            // Many come in the same millisecond.
            world.ground().clock.advance(TimeDelta::milliseconds(i64::from(i % 5 == 0)));
            wanted.push(world.walk_in(named(&given, &format!("Họ {}", i % 7))).await.id);
        }
        wanted.sort();
        let wanted: Vec<String> = wanted.iter().rev().map(PatientId::to_string).collect();
        assert_eq!(paged(&world, "", 17).await, wanted);
    }

    async fn pages_of_a_search_neither_skip_nor_repeat(world: World) {
        let mut wanted = Vec::new();
        for i in 0..40 {
            let id = next(&world, &format!("Given{i}"), &format!("Họ {}", i % 5)).await;
            if i % 5 == 3 {
                wanted.insert(0, id.to_string());
            }
        }
        assert_eq!(paged(&world, "giv 3 ho", 3).await, wanted);
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
            // Keys of an earlier version of the program, by name, and with a NUL, which PostgreSQL would refuse to compare.
            json!({ "after": "WyJhIiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAxIl0" }),
            json!({ "after": "ImFcdTAwMDAi" }),
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
        let visit = appointment(1, PatientId::of_user(user(1)), user(901), world.now());
        world.hear(&booked(&visit)).await;
        let answer = world.ask(&doctor(), SEARCH, json!({ "search": "nguyen" })).await;
        assert_eq!(answer["data"]["patients"]["edges"], json!([{ "node": { "givenName": "An" } }]));
    }
}

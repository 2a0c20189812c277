//! Looking for records that may be one person's.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_contracts::ids::PatientId;
use caregraph_kit::change::Change;
use caregraph_kit::on_every_engine;
use caregraph_patients::merging::{MergePatients, UndoMerge};
use caregraph_patients::patient::{
    AddDependant, GuardianRelationship, InsuranceCard, ProfileChanges, UpdatePatient,
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const CANDIDATES: &str = "query($of: ID, $min: Int, $first: Int, $after: String) {
    duplicateCandidates(patientId: $of, minScore: $min, first: $first, after: $after) {
        nodes { one { id } other { id } score reasons } pageInfo { hasNextPage endCursor } } }";

async fn found(world: &World, variables: Value) -> Vec<(BTreeSet<String>, i64, Value)> {
    let answer = world.ask(&nurse(), CANDIDATES, variables).await;
    let nodes = answer["data"]["duplicateCandidates"]["nodes"].as_array();
    let nodes = nodes.unwrap_or_else(|| panic!("{answer}"));
    let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
    nodes
        .iter()
        .map(|node| {
            let pair = BTreeSet::from([text(&node["one"]), text(&node["other"])]);
            (pair, node["score"].as_i64().unwrap(), node["reasons"].clone())
        })
        .collect()
}

fn pair(a: PatientId, b: PatientId) -> BTreeSet<String> {
    BTreeSet::from([a.to_string(), b.to_string()])
}

fn known(given: &str, family: &str) -> ProfileChanges {
    ProfileChanges {
        date_of_birth: Change::Set(day(1990, 4, 12)),
        ..named(given, family)
    }
}

on_every_engine! {
    async fn pairs_are_found_by_what_they_share(world: World) {
        let with = |changes: ProfileChanges, national_id: &str, phone: &str| ProfileChanges {
            national_id: Change::Set(national_id.into()),
            phone: Change::Set(phone.into()),
            ..changes
        };
        let a = world.walk_in(with(known("Văn An", "Nguyễn"), "079090001234", "+84912000001")).await.id;
        let b = world.walk_in(with(named("An", "N."), "079-090-001-234", "+84912000001")).await.id;
        let c = world.walk_in(known("van am", "NGUYEN")).await.id;
        let d = world.walk_in(known("Văn An", "Nguyễn")).await.id;
        let e = world.walk_in(known("Thị Bích", "Trần")).await.id;
        let mut all = found(&world, json!({})).await;
        all.sort_by_key(|(_, score, _)| *score);
        assert_eq!(all.iter().map(|(_, score, _)| *score).collect::<Vec<_>>(), [30, 30, 45, 80]);
        assert_eq!(all[3], (pair(a, b), 80, json!(["SAME_NATIONAL_ID", "SAME_PHONE"])));
        assert_eq!(all[2], (pair(a, d), 45, json!(["SAME_NAME_AND_DATE_OF_BIRTH"])));
        assert_eq!(all[0].2, json!(["SIMILAR_NAME_AND_DATE_OF_BIRTH"]));
        let of_c = found(&world, json!({ "of": c.to_string() })).await;
        assert_eq!(of_c.iter().map(|(pair, ..)| pair.clone()).collect::<BTreeSet<_>>(), BTreeSet::from([pair(a, c), pair(c, d)]));
        assert!(found(&world, json!({ "of": e.to_string() })).await.is_empty());
        assert!(found(&world, json!({ "of": "nobody" })).await.is_empty());
    }

    async fn changes_are_noticed(world: World) {
        let (a, b) = (world.walk_in(known("An", "Nguyễn")).await.id, world.walk_in(known("Bích", "Trần")).await.id);
        assert!(found(&world, json!({ "min": 0 })).await.is_empty());
        let card = |number: &str| Change::Set(InsuranceCard { insurer: "BHXH".into(), plan: None, member_number: number.into(), valid_until: None });
        for (patient, number) in [(a, "DN 4010 112345678"), (b, "dn4010112345678")] {
            let profile = ProfileChanges { insurance: card(number), ..Default::default() };
            world.patients.update(&nurse(), UpdatePatient { patient, version: None, profile }).await.unwrap();
        }
        assert_eq!(found(&world, json!({})).await, [(pair(a, b), 40, json!(["SAME_INSURANCE_NUMBER"]))]);
        let profile = ProfileChanges { insurance: Change::Clear, ..Default::default() };
        world.patients.update(&nurse(), UpdatePatient { patient: b, version: None, profile }).await.unwrap();
        assert!(found(&world, json!({ "min": 0 })).await.is_empty());
    }

    async fn families_are_no_duplicates(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        world.account(user(2), &[Role::Patient], "Bình", "Trần").await;
        let profile = ProfileChanges { phone: Change::Set("+84912345678".into()), ..named("Bé", "Nguyễn") };
        world.patients.add_dependant(&person(1), AddDependant { relationship: GuardianRelationship::Parent, profile }).await.unwrap();
        assert!(found(&world, json!({})).await.is_empty(), "a telephone in common is not enough");
        // The mother acts for the child, so these two are people; the neighbour might be either.
        assert_eq!(found(&world, json!({ "min": 20 })).await.len(), 2);
    }

    async fn duplicates_are_found_by_the_record_that_stands_for_the_person(world: World) {
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(world.walk_in(known("An", "Nguyễn")).await.id);
        }
        let count = || async { found(&world, json!({})).await.len() };
        assert_eq!(count().await, 3);
        let command = MergePatients { surviving: ids[0], merged: ids[1], reason: "x".into(), checked: [].into() };
        let merge = world.merges.merge(&nurse(), command).await.unwrap();
        assert_eq!(found(&world, json!({})).await, [(pair(ids[0], ids[2]), 45, json!(["SAME_NAME_AND_DATE_OF_BIRTH"]))]);
        // The id of a duplicate asks for the person.
        assert_eq!(found(&world, json!({ "of": ids[1].to_string() })).await.len(), 1);
        world.merges.undo(&nurse(), UndoMerge { merge: merge.id, reason: "x".into() }).await.unwrap();
        assert_eq!(count().await, 3);
    }

    async fn pages_follow_each_other_without_gap_or_repeat(world: World) {
        for n in 0..7 {
            world.walk_in(known(if n % 2 == 0 { "Văn An" } else { "Văn Am" }, "Nguyễn")).await;
        }
        let whole = found(&world, json!({ "first": 100 })).await;
        assert_eq!(whole.len(), 21);
        let (mut pages, mut after) = (Vec::new(), json!(null));
        loop {
            let variables = json!({ "first": 4, "after": after });
            pages.extend(found(&world, variables.clone()).await);
            let info = world.ask(&nurse(), CANDIDATES, variables).await["data"]["duplicateCandidates"]["pageInfo"].clone();
            if info["hasNextPage"] == false {
                break;
            }
            after = info["endCursor"].clone();
        }
        assert_eq!(pages, whole);
        for bad in [json!({ "first": 0 }), json!({ "after": "x" }), json!({ "min": -1 }), json!({ "min": 101 })] {
            assert_eq!(code(&world.ask(&nurse(), CANDIDATES, bad).await), "BAD_USER_INPUT");
        }
    }

    async fn what_too_many_share_says_nothing(world: World) {
        let born = ProfileChanges { national_id: Change::Set("000000000".into()), ..Default::default() };
        for n in 0..25_u8 {
            world.walk_in(ProfileChanges { given_name: Some(format!("Name{}", char::from(b'a' + n))), ..born.clone() }).await;
        }
        assert_eq!(found(&world, json!({ "first": 100 })).await.len(), 100);
        world.walk_in(ProfileChanges { given_name: Some("One more".into()), ..born }).await;
        assert!(found(&world, json!({ "min": 0 })).await.is_empty());
    }

    async fn records_without_keys_get_them(world: World) {
        let (a, b) = (world.walk_in(known("An", "Nguyễn")).await.id, world.walk_in(known("An", "Nguyễn")).await.id);
        let reader = world.ground().database.reader();
        for sql in ["DELETE FROM patient_match_keys", "UPDATE patients SET match_version = 0"] {
            reader.execute_unprepared(sql).await.unwrap();
        }
        assert!(found(&world, json!({})).await.is_empty());
        world.duplicates.renew_keys().await.unwrap();
        assert_eq!(found(&world, json!({})).await[0].0, pair(a, b));
        world.duplicates.renew_keys().await.unwrap();
    }
}

//! Codes as clients ask for them.

use crate::world::*;
use async_graphql::{EmptyMutation, EmptySubscription, Request, Schema};
use caregraph_contracts::Role;
use caregraph_contracts::ids::UserId;
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::principal;
use caregraph_records::icd10::Icd10Query;
use serde_json::{Value, json};

async fn ask(world: &World, who: Principal, query: &str) -> Value {
    let schema = Schema::build(Icd10Query, EmptyMutation, EmptySubscription)
        .data(world.icd10.clone())
        .finish();
    let request = Request::new(query).data(who).data(RequestInfo::default());
    serde_json::to_value(schema.execute(request).await).unwrap()
}

fn somebody(role: Role) -> Principal {
    principal(UserId::from(uuid::Uuid::from_u128(1)), &[role])
}

on_every_document_store! {
    async fn everybody_who_is_signed_in_may_search(world: World) {
        let query = "{ icd10(search: \"tang huyet ap\", first: 1) { code title titleVi billable } }";
        for role in Role::ALL {
            let answer = ask(&world, somebody(*role), query).await;
            assert_eq!(answer["data"]["icd10"], json!([{
                "code": "I10", "title": "Essential (primary) hypertension",
                "titleVi": "Tăng huyết áp vô căn (nguyên phát)", "billable": true,
            }]), "{role}: {answer}");
        }
        for query in [query, "{ icd10Code(code: \"I10\") { code } }"] {
            let answer = ask(&world, Principal::anonymous(), query).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
        }
    }

    async fn one_code_is_found_however_it_is_written(world: World) {
        for code in ["E11.9", "e119", " E119 "] {
            let query = format!("{{ icd10Code(code: \"{code}\") {{ code billable }} }}");
            let answer = ask(&world, somebody(Role::Doctor), &query).await;
            assert_eq!(answer["data"]["icd10Code"], json!({ "code": "E11.9", "billable": true }), "{answer}");
        }
        let answer = ask(&world, somebody(Role::Doctor), "{ icd10Code(code: \"E11.99\") { code } }").await;
        assert_eq!(answer, json!({ "data": { "icd10Code": null } }));
    }

    async fn bounds_are_kept(world: World) {
        let search = async |text: &str, first: &str| {
            let query = format!("{{ icd10(search: \"{text}\"{first}) {{ code }} }}");
            ask(&world, somebody(Role::Nurse), &query).await
        };
        for (text, first) in [("i", ", first: 0"), ("i", ", first: -1"), ("i", ", first: 51"), (&"ă".repeat(101), "")] {
            let answer = search(text, first).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
        }
        for (first, expected) in [("", 20), (", first: 50", 50), (", first: null", 20)] {
            let answer = search("khong dac hieu", first).await;
            assert_eq!(answer["data"]["icd10"].as_array().map(Vec::len), Some(expected), "{answer}");
        }
        for nothing in ["", " ", ".", &"ă".repeat(100)] {
            assert_eq!(search(nothing, "").await, json!({ "data": { "icd10": [] } }), "{nothing:?}");
        }
    }
}

//! Changes as they happen.

use crate::erasure::{OVER, step};
use crate::world::*;
use async_graphql::{Request, Response, Variables};
use caregraph_contracts::events::PatientsEvent;
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::hosting::guarded;
use caregraph_kit::on_every_document_store;
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::{Value, json};
use std::time::Duration;

fn follow(world: &World, who: &Principal, after: Option<&Value>) -> BoxStream<'static, Response> {
    let query = "subscription ($id: ID!, $after: Cursor) { recordChanged(patientId: $id, after: $after) {
        cursor version entry { ... on Allergy { substance } } } }";
    let variables = Variables::from_json(json!({ "id": id(LAN), "after": after }));
    let request = Request::new(query).variables(variables);
    guarded::stream(
        "records",
        world.schema.as_ref(),
        request,
        who,
        &RequestInfo::default(),
    )
}

async fn next(stream: &mut BoxStream<'static, Response>) -> Option<Value> {
    let response = tokio::time::timeout(Duration::from_secs(20), stream.next())
        .await
        .unwrap()?;
    let answer = serde_json::to_value(response).unwrap();
    assert!(answer.get("errors").is_none(), "{answer}");
    Some(answer["data"]["recordChanged"].clone())
}

on_every_document_store! {
    async fn changes_arrive_once_and_go_on_behind_a_cursor(world: World) {
        world.allergy("Before").await;
        // It has its place in the log before somebody follows from now on.
        world.told().await;
        let mut stream = follow(&world, &doctor(), None);
        // The subscription begins when it is first asked for.
        let (first, ()) = tokio::join!(next(&mut stream), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            world.allergy("Penicillin").await;
        });
        let first = first.unwrap();
        assert_eq!(first["entry"]["substance"], "Penicillin", "{first}");
        drop(stream);
        world.allergy("Latex").await;
        world.allergy("Peanut").await;
        let mut again = follow(&world, &doctor(), Some(&first["cursor"]));
        for substance in ["Latex", "Peanut"] {
            assert_eq!(next(&mut again).await.unwrap()["entry"]["substance"], substance);
        }
    }

    async fn whoever_loses_access_hears_nothing_more(world: World) {
        let first = world.allergy("Before").await;
        world.told().await;
        let mut stream = follow(&world, &doctor(), None);
        let (heard, ()) = tokio::join!(next(&mut stream), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            world.allergy("Penicillin").await;
        });
        assert!(heard.is_some());
        world.relationship(DOCTOR, LAN, None, None).await;
        let input = json!({ "id": first["id"], "version": 1, "note": "later" });
        world.done(&nurse(), "updateAllergy", "allergy { version }", input).await;
        assert_eq!(next(&mut stream).await, None);
    }

    /// What was told of entries that are gone is still told; only what they said is not there any more.
    async fn an_erased_record_is_followed_on(world: World) {
        world.allergy("Before").await;
        world.told().await;
        let mut stream = follow(&world, &doctor(), None);
        let (first, ()) = tokio::join!(next(&mut stream), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            world.allergy("Penicillin").await;
        });
        world.allergy("Peanut").await;
        assert_eq!(next(&mut stream).await.unwrap()["entry"]["substance"], "Peanut");
        world.now_is(OVER);
        assert!(!world.answer(step(&world, 1)).await.goes.is_empty());
        // They come back for care.
        world.person(LAN, &[MOTHER]).await;
        world.cares(DOCTOR, LAN).await;
        world.allergy("Latex").await;
        assert_eq!(next(&mut stream).await.unwrap()["entry"]["substance"], "Latex");
        let mut again = follow(&world, &doctor(), Some(&first.unwrap()["cursor"]));
        assert_eq!(next(&mut again).await.unwrap()["entry"], Value::Null);
        assert_eq!(next(&mut again).await.unwrap()["entry"]["substance"], "Latex");
    }

    /// Whoever follows one of two records that turn out to be one person's hears of both, until they are parted; of anybody else's nothing.
    async fn what_is_put_together_is_followed_as_one(world: World) {
        world.cares(DOCTOR, AN).await;
        let of_an = async |substance: &str| {
            let input = json!({ "patientId": id(AN), "substance": substance, "category": "FOOD" });
            world.done(&doctor(), "recordAllergy", "allergy { id }", input).await;
        };
        world.told().await;
        let mut stream = follow(&world, &doctor(), None);
        let (first, ()) = tokio::join!(next(&mut stream), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            of_an("Milk").await;
            world.allergy("Penicillin").await;
        });
        let first = first.unwrap();
        assert_eq!(first["entry"]["substance"], "Penicillin", "{first}");
        let (surviving, merged) = (patient(AN), patient(LAN));
        world.hear(&PatientsEvent::PatientsMerged { surviving, merged }).await;
        of_an("Peanut").await;
        world.allergy("Latex").await;
        let mut again = follow(&world, &doctor(), Some(&first["cursor"]));
        for stream in [&mut stream, &mut again] {
            for substance in ["Peanut", "Latex"] {
                assert_eq!(next(stream).await.unwrap()["entry"]["substance"], substance);
            }
        }
        world.hear(&PatientsEvent::PatientsUnmerged { surviving, merged }).await;
        of_an("Egg").await;
        world.allergy("Iodine").await;
        assert_eq!(next(&mut stream).await.unwrap()["entry"]["substance"], "Iodine");
    }

    async fn a_closed_record_cannot_be_followed(world: World) {
        let mut stream = follow(&world, &stranger(), None);
        let answer = serde_json::to_value(stream.next().await.unwrap()).unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND", "{answer}");
    }
}

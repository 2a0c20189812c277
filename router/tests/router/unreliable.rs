//! Subgraphs whose answers are lost on the way.

use crate::world::{Builder, Home, World, within};
use futures::future::join_all;
use serde_json::json;
use std::time::Duration;

fn code(body: &serde_json::Value) -> &str {
    body["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or_default()
}

async fn ask(world: &World, query: &str) -> serde_json::Value {
    let (status, body) = world.ask(query).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_asked_again_until_somebody_answers() {
    let world = Builder::new().accounts_at(Home::Flaky(2)).start().await;
    let body = ask(&world, "{ me { name } }").await;
    assert_eq!(body, json!({ "data": { "me": { "name": "User 1" } } }));
    assert_eq!(world.probe.executions(), 1, "what was lost never arrived");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_not_asked_for_ever() {
    let world = Builder::new().accounts_at(Home::Flaky(3)).start().await;
    let body = ask(&world, "{ me { name } }").await;
    assert_eq!(code(&body), "SUBGRAPH_UNAVAILABLE", "{body}");
    world.stop().await;
}

/// What fails again and again is left alone, even once it is well, and tried again later.
#[tokio::test(flavor = "multi_thread")]
async fn a_subgraph_that_always_fails_is_left_alone_for_a_while() {
    const CALLS: usize = 25;
    for (rest, recovers) in [(600_000, false), (200, true)] {
        // Every call is tried three times.
        let world = Builder::new()
            .accounts_at(Home::Flaky(3 * CALLS))
            .with(|settings| settings.subgraphs.rest_ms = rest)
            .start()
            .await;
        let calls = join_all((0..CALLS).map(|_| ask(&world, "{ me { name } }"))).await;
        for body in calls {
            assert_eq!(code(&body), "SUBGRAPH_UNAVAILABLE", "{body}");
        }
        // From here on it would answer.
        if recovers {
            within(async {
                while ask(&world, "{ me { name } }").await["data"]["me"].is_null() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            })
            .await;
        } else {
            let body = ask(&world, "{ me { name } }").await;
            assert_eq!(code(&body), "SUBGRAPH_UNAVAILABLE", "{body}");
            assert_eq!(world.probe.executions(), 0, "nobody was asked");
        }
        world.stop().await;
    }
}

/// Nobody knows whether a change that got no answer took place, so only its sender may repeat it.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_never_repeated() {
    let world = Builder::new().accounts_at(Home::Flaky(1)).start().await;
    let body = ask(&world, "mutation { rename(name: \"An\") { name } }").await;
    assert_eq!(code(&body), "SUBGRAPH_UNAVAILABLE", "{body}");
    assert_eq!(world.probe.executions(), 0);
    let body = ask(&world, "mutation { rename(name: \"An\") { name } }").await;
    assert_eq!(body["data"]["rename"]["name"], "An", "{body}");
    world.stop().await;
}

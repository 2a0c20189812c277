//! What leaks and what does not.

use crate::world::{Builder, Home, World, answer, code, message};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn faults_and_panics_are_masked_everywhere() {
    for home in [Home::Local, Home::Remote] {
        let world = Builder::new().accounts_at(home).start().await;
        for query in ["{ fault me { id } }", "{ panic me { id } }"] {
            let (status, body) = answer(world.post(query).header("x-request-id", "find-me")).await;
            assert_eq!(
                (status, code(&body), message(&body)),
                (200, "INTERNAL", "Internal error"),
                "{body}"
            );
            assert_eq!(body["errors"][0]["extensions"]["requestId"], "find-me");
            if query.contains("fault") {
                // A panic takes the whole answer of its subgraph with it; a fault only its field.
                assert_eq!(body["errors"][0]["path"], json!(["fault"]));
                assert_eq!(body["data"]["me"], json!({ "id": "1" }));
            }
            let text = body.to_string();
            for secret in ["SELECT", "10.0.0.7", "secret", "accounts", "127.0.0.1"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn known_codes_pass_with_their_message_and_nothing_else() {
    for home in [Home::Local, Home::Remote] {
        let world = Builder::new().accounts_at(home).start().await;
        let (status, body) = world.ask("{ closedDoor }").await;
        assert_eq!(
            (status, code(&body), message(&body)),
            (200, "UNAUTHENTICATED", "sign in first")
        );
        assert_eq!(
            body["errors"][0]["extensions"],
            json!({ "code": "UNAUTHENTICATED" })
        );
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_a_scalar_refuses_are_the_callers_mistake() {
    for home in [Home::Local, Home::Remote] {
        let world = Builder::new().accounts_at(home).start().await;
        let request = world.client.post(world.url("/graphql")).json(&json!({
            "query": "query($id: UUID!) { byUuid(id: $id) }", "variables": { "id": "not a uuid" },
        }));
        let (_, body) = answer(request).await;
        assert_eq!(code(&body), "BAD_USER_INPUT", "{body}");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_executed_says_why() {
    let world = World::new().await;
    let cases = [
        ("{ me { id", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query($n: Int!) { orders(first: $n) { nodes { id } } }",
            "BAD_USER_INPUT",
        ),
        ("subscription { countdown(from: 1) }", "NOT_ACCEPTABLE"),
    ];
    for (query, expected) in cases {
        let (status, body) = world.ask(query).await;
        assert!((400..500).contains(&status), "{query}: {status} {body}");
        assert_eq!(code(&body), expected, "{query}: {body}");
        assert!(!message(&body).is_empty());
    }
    assert_eq!(world.probe.executions(), 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_a_request_id() {
    let world = World::new().await;
    let sent = world
        .post("{ me { id } }")
        .header("x-request-id", "abc-1")
        .send()
        .await
        .unwrap();
    assert_eq!(sent.headers()["x-request-id"], "abc-1");
    for bad in ["", "a b", "a;b", &"x".repeat(65)] {
        let answer = world
            .post("{ me { id } }")
            .header("x-request-id", bad)
            .send()
            .await
            .unwrap();
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert_ne!(id, bad);
        assert_eq!(id.len(), 36);
    }
    let page = world.client.get(world.url("/health")).send().await.unwrap();
    assert!(page.headers().contains_key("x-request-id"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgraph_has_only_so_much_time() {
    for home in [Home::Local, Home::Remote] {
        let world = Builder::new()
            .accounts_at(home)
            .with(|settings| settings.subgraphs.timeout_ms = 100)
            .start()
            .await;
        let (_, body) = world.ask("{ patience }").await;
        assert_eq!(code(&body), "TIMEOUT", "{body}");
        world.stop().await;
    }
}

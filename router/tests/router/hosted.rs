//! Subgraphs behind a socket, asked without a router in between.

use crate::world::{Builder, Home, USER, World, answer, code, within};
use serde_json::{Value, json};

async fn world() -> World {
    Builder::new()
        .accounts_at(Home::Remote)
        .shop_at(Home::Remote)
        .start()
        .await
}

fn ask(world: &World, path: &str, query: &str) -> reqwest::RequestBuilder {
    let base = world.hosted.as_deref().unwrap();
    world
        .client
        .post(format!("{base}{path}"))
        .json(&json!({ "query": query }))
}

#[tokio::test(flavor = "multi_thread")]
async fn federation_routers_find_what_they_expect() {
    let world = world().await;
    let (status, service) = answer(ask(&world, "/accounts/graphql", "{ _service { sdl } }")).await;
    assert_eq!(status, 200);
    assert!(
        service["data"]["_service"]["sdl"]
            .as_str()
            .unwrap()
            .contains("type User @key")
    );
    let query =
        r#"{ _entities(representations: [{ __typename: "User", id: "5" }]) { ... on User { name } } }"#;
    let entities = answer(ask(&world, "/accounts/graphql", query)).await;
    assert_eq!(
        entities,
        (200, json!({ "data": { "_entities": [{ "name": "User 5" }] } }))
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_are_known_by_their_token_alone() {
    let world = world().await;
    let asked = ask(&world, "/shop/graphql", "{ customer }")
        .bearer_auth(world.token(1))
        .header("x-request-id", "r-1");
    let response = asked.send().await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "r-1");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["data"]["customer"], USER.to_string());

    world.revoke(1);
    for token in [world.token(1), "forged".to_owned()] {
        let (status, body) = answer(ask(&world, "/shop/graphql", "{ customer }").bearer_auth(token)).await;
        assert_eq!((status, code(&body)), (401, "UNAUTHENTICATED"));
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_published_for_processes_beside_identity() {
    let world = world().await;
    let url = format!("{}/.well-known/jwks.json", world.hosted.as_deref().unwrap());
    let keys: Value = world.client.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(keys["keys"][0]["alg"], "EdDSA");
    assert!(
        keys["keys"][0].get("d").is_none(),
        "the private part stays private"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused_before_it_is_parsed() {
    let world = world().await;
    let base = world.hosted.clone().unwrap();
    let nowhere = answer(ask(&world, "/nobody/graphql", "{ me { id } }")).await;
    assert_eq!((nowhere.0, code(&nowhere.1)), (404, "NOT_FOUND"));
    let deep = answer(ask(&world, "/accounts/graphql", &"{ me ".repeat(100_000))).await;
    assert_eq!((deep.0, code(&deep.1)), (400, "LIMIT_EXCEEDED"));
    // It is answered before all of it has arrived, and then the line is cut: on a line of its own, whoever sends so much may find that
    // before the answer.
    let large = reqwest::Client::new()
        .post(format!("{base}/accounts/graphql"))
        .json(&json!({ "query": "x".repeat(5_000_000) }));
    match within(large.send()).await {
        Ok(refused) => assert_eq!(refused.status(), 413),
        Err(cut) => assert!(cut.is_request(), "{cut}"),
    }
    for (kind, body, expected) in [
        ("text/plain", r#"{"query":"{ me { id } }"}"#, 415),
        ("application/json", r#"[{"query":"{ me { id } }"}]"#, 400),
        ("application/json", "nonsense", 400),
    ] {
        let request = world
            .client
            .post(format!("{base}/accounts/graphql"))
            .header("content-type", kind)
            .body(body);
        assert_eq!(answer(request).await.0, expected, "{body}");
    }
    assert_eq!(world.probe.executions(), 0);
    assert_eq!(
        world
            .client
            .get(format!("{base}/health"))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    world.stop().await;
}

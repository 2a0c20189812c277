//! Who gets in.

use crate::world::{Builder, Home, USER, World, answer, code};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use serde_json::json;

const WHO: &str = "{ whoami { user } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_good_token_names_its_bearer_and_no_token_is_anonymous() {
    let world = World::new().await;
    let known = answer(world.post(WHO).bearer_auth(world.token(1))).await;
    assert_eq!(
        known,
        (200, json!({ "data": { "whoami": { "user": USER.to_string() } } }))
    );
    let anonymous = world.ask(WHO).await;
    assert_eq!(
        anonymous,
        (200, json!({ "data": { "whoami": { "user": null } } }))
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_tokens_are_refused_and_nothing_runs() {
    let world = World::new().await;
    world.revoke(66);
    let good = world.token(1);
    let mut parts: Vec<&str> = good.split('.').collect();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT","kid":"test"}"#);
    parts[0] = &none;
    let unsigned = parts.join(".");
    let mut forged = good.clone();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'Q' } else { 'A' });
    let bad = [
        "Bearer nonsense".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {good}"),
        format!("Bearer {unsigned}"),
        format!("Bearer {forged}x"),
        format!("Bearer {}", world.token_for(1, TimeDelta::seconds(-1))),
        format!("Bearer {}", world.token(66)),
    ];
    for authorization in bad {
        let (status, body) = answer(
            world
                .post("{ me { id } }")
                .header("authorization", &authorization),
        )
        .await;
        assert_eq!((status, code(&body)), (401, "UNAUTHENTICATED"), "{authorization}");
        assert!(body.get("data").is_none());
    }
    assert_eq!(world.probe.executions(), 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_stops_working_when_its_session_is_revoked() {
    let world = World::new().await;
    let token = world.token(1);
    assert_eq!(answer(world.post(WHO).bearer_auth(&token)).await.0, 200);
    world.revoke(1);
    assert_eq!(answer(world.post(WHO).bearer_auth(&token)).await.0, 401);
    assert_eq!(answer(world.post(WHO).bearer_auth(world.token(2))).await.0, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oddly_spelled_path_does_not_slip_past_the_gate() {
    let world = World::new().await;
    for path in [
        "/graphql/",
        "/graphql/x",
        "/%67raphql",
        "/health/../graphql",
        "//graphql",
    ] {
        let request = world
            .client
            .post(world.url(path))
            .json(&json!({ "query": "{ me { id } }" }))
            .bearer_auth("bad");
        let status = request.send().await.unwrap().status().as_u16();
        assert!(matches!(status, 401 | 404), "{path}: {status}");
    }
    assert_eq!(world.probe.executions(), 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgraph_behind_a_socket_believes_no_router() {
    // This router lets everything through; what it passes on is checked where it arrives.
    let world = Builder::new()
        .shop_at(Home::Remote)
        .without_verifier()
        .start()
        .await;
    let customer = answer(world.post("{ customer }").bearer_auth(world.token(1))).await;
    assert_eq!(
        customer,
        (200, json!({ "data": { "customer": USER.to_string() } }))
    );
    let (_, refused) = answer(world.post("{ customer }").bearer_auth("forged")).await;
    assert_eq!(refused["data"], json!({ "customer": null }));
    assert_eq!(code(&refused), "UNAUTHENTICATED");
    world.stop().await;
}

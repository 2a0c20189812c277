//! One graph out of several subgraphs, wherever they live.

use crate::schemas::{self, Probe};
use crate::socket::Socket;
use crate::world::{Builder, Home, USER, World, answer, code, until};
use serde_json::json;
use std::path::Path;

/// The supergraph is composed from these files. After a change, run the tests with `UPDATE_FIXTURES=1`, then compose them again
/// as `fixtures/README.md` says.
#[test]
fn the_fixtures_are_up_to_date() {
    let probe = Probe::default();
    for (name, schema) in [
        ("accounts", schemas::accounts(&probe)),
        ("shop", schemas::shop(&probe)),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{name}.graphql"));
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&path, schema.sdl()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), schema.sdl(), "{name}");
    }
}

const JOIN: &str = "{ me { name orders(first: 1) { nodes { id total buyer { name } } } } }";

fn joined() -> serde_json::Value {
    json!({ "data": { "me": {
        "name": "User 1",
        "orders": { "nodes": [{ "id": "1", "total": 10, "buyer": { "name": "User 1" } }] },
    } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn local_subgraphs_are_joined() {
    let world = World::new().await;
    assert_eq!(world.ask(JOIN).await, (200, joined()));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn local_and_remote_subgraphs_are_joined() {
    for (accounts, shop) in [
        (Home::Local, Home::Remote),
        (Home::Remote, Home::Local),
        (Home::Remote, Home::Remote),
    ] {
        let world = Builder::new().accounts_at(accounts).shop_at(shop).start().await;
        assert_eq!(world.ask(JOIN).await, (200, joined()));
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_principal_and_the_request_reach_local_and_remote_subgraphs() {
    for home in [Home::Local, Home::Remote] {
        let world = Builder::new().accounts_at(home).shop_at(home).start().await;
        let request = world
            .post("{ whoami { user requestId address userAgent } customer }")
            .bearer_auth(world.token(1))
            .header("x-request-id", "abc-123")
            .header("x-forwarded-for", "6.6.6.6")
            .header("user-agent", "tester");
        let user = USER.to_string();
        let expected = json!({ "data": {
            "whoami": { "user": user, "requestId": "abc-123", "address": "127.0.0.1", "userAgent": "tester" },
            "customer": user,
        } });
        assert_eq!(answer(request).await, (200, expected));
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_of_every_kind_reach_local_subgraphs() {
    let world = World::new().await;
    let request = world.client.post(world.url("/graphql")).json(&json!({
        "query": "query Named($n: Int, $id: UUID!) { orders(first: $n) { nodes { id } } byUuid(id: $id) }",
        "operationName": "Named",
        "variables": { "n": 1, "id": USER.to_string() },
    }));
    let expected = json!({ "data": { "orders": { "nodes": [{ "id": "1" }] }, "byUuid": USER.to_string() } });
    assert_eq!(answer(request).await, (200, expected));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn resolvers_run_on_the_programs_runtime() {
    let world = World::new().await;
    assert_eq!(world.ask("{ runtime }").await.0, 200);
    let here = tokio::runtime::Handle::current().id();
    assert_eq!(*world.probe.runtimes.lock().unwrap(), [here, here]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgraph_that_is_away_leaves_the_rest() {
    let world = Builder::new().shop_at(Home::Away).start().await;
    let (status, body) = world.ask("{ me { name } customer }").await;
    assert_eq!(status, 200);
    assert_eq!(
        body["data"],
        json!({ "me": { "name": "User 1" }, "customer": null })
    );
    assert_eq!(code(&body), "SUBGRAPH_UNAVAILABLE");
    assert!(!body.to_string().contains("127.0.0.1"), "{body}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_supergraph_is_served_without_anything_of_ours() {
    let world = Builder::new()
        .accounts_at(Home::Foreign)
        .shop_at(Home::Foreign)
        .without_verifier()
        .with(|settings| {
            settings
                .subgraphs
                .websocket_paths
                .insert("shop".to_owned(), "/shop/ws".to_owned());
        })
        .start()
        .await;
    assert_eq!(world.ask(JOIN).await, (200, joined()));
    let customer = answer(world.post("{ customer }").bearer_auth(world.token(1))).await;
    assert_eq!(
        customer,
        (200, json!({ "data": { "customer": USER.to_string() } })),
        "the token is passed on"
    );
    let mut socket = Socket::signed_in(&world, &world.token(1)).await;
    socket.subscribe("s", "subscription { countdown(from: 1) }").await;
    assert_eq!(
        socket.receive().await["payload"],
        json!({ "data": { "countdown": 1 } })
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mutations_run() {
    let world = World::new().await;
    let (status, body) = world.ask(r#"mutation { rename(name: "Ada") { name } }"#).await;
    assert_eq!(
        (status, body),
        (200, json!({ "data": { "rename": { "name": "Ada" } } }))
    );
    until(|| world.probe.executions() == 1).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_the_supergraph_does_not_know_stop_the_start() {
    use caregraph_router::{LocalSubgraph, RouterError, RouterOptions, RouterSettings, serve};
    let result = serve(RouterOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        supergraph: crate::world::SUPERGRAPH.to_owned(),
        settings: RouterSettings::default(),
        local: vec![LocalSubgraph {
            name: "account".to_owned(),
            schema: schemas::accounts(&Probe::default()),
        }],
        remote: std::collections::BTreeMap::default(),
        verifier: None,
        limiter: None,
        probes: caregraph_kit::vitals::Probes::none(),
        shutdown: tokio_util::sync::CancellationToken::new(),
        on_bound: None,
    })
    .await;
    assert!(matches!(result, Err(RouterError::UnknownSubgraph(name)) if name == "account"));
}

//! Operations that are not chosen, and variables that do not fit: refused on every transport, and nothing runs.

use crate::socket::Socket;
use crate::world::{Builder, Home, World, answer, code, message};
use serde_json::{Value, json};

const TWO: &str = r#"query A { me { id } } mutation B { rename(name: "x") { id } } query C { me { id } }"#;

async fn send(world: &World, body: Value) -> (u16, Value) {
    answer(world.client.post(world.url("/graphql")).json(&body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_operations_must_be_chosen() {
    for home in [Home::Local, Home::Remote] {
        let world = Builder::new().accounts_at(home).start().await;
        for operation in [json!(null), json!("")] {
            let (_, body) = send(&world, json!({ "query": TWO, "operationName": operation })).await;
            assert_eq!(
                (code(&body), message(&body)),
                (
                    "BAD_USER_INPUT",
                    "The document has 3 operations; say which with `operationName`"
                ),
                "{body}"
            );
            assert!(body.get("data").is_none_or(Value::is_null), "{body}");
        }
        let (_, body) = send(&world, json!({ "query": TWO, "operationName": "D" })).await;
        assert_eq!(
            message(&body),
            "The document has no operation named `D`",
            "{body}"
        );
        assert_eq!(world.probe.executions(), 0, "nothing ran");
        let (_, body) = send(&world, json!({ "query": TWO, "operationName": "C" })).await;
        assert_eq!(body["data"]["me"]["id"], "1", "{body}");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_and_an_event_stream_choose_too() {
    let world = World::new().await;
    let mut socket = Socket::anonymous(&world).await;
    socket
        .send(json!({ "id": "1", "type": "subscribe", "payload": { "query": TWO } }))
        .await;
    let refused = socket.receive().await;
    assert_eq!(refused["type"], "error", "{refused}");
    assert_eq!(
        refused["payload"][0]["extensions"]["code"], "BAD_USER_INPUT",
        "{refused}"
    );
    let payload = json!({ "query": TWO, "operationName": "A" });
    socket
        .send(json!({ "id": "2", "type": "subscribe", "payload": payload }))
        .await;
    let answered = socket.receive().await;
    assert_eq!(answered["payload"]["data"]["me"]["id"], "1", "{answered}");

    let request = world
        .client
        .post(world.url("/graphql"))
        .header("accept", "text/event-stream");
    let body = request
        .json(&json!({ "query": TWO }))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(body.contains("BAD_USER_INPUT"), "{body}");
    assert_eq!(world.probe.executions(), 1, "only what was chosen ran");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_that_do_not_fit_are_named_without_internals() {
    let world = World::new().await;
    let rename = "mutation ($name: String!) { rename(name: $name) { id } }";
    for (value, expected) in [
        (json!([[["a"]]]), "$name must be text"),
        (json!({ "a": 1 }), "$name must be text"),
        (json!(1), "$name must be text"),
        (json!(null), "$name must not be null"),
    ] {
        let (_, body) = send(&world, json!({ "query": rename, "variables": { "name": value } })).await;
        assert_eq!(
            (code(&body), message(&body)),
            ("BAD_USER_INPUT", expected),
            "{body}"
        );
    }
    let orders = "query ($first: Int) { orders(first: $first) { nodes { id } } }";
    let (_, body) = send(
        &world,
        json!({ "query": orders, "variables": { "first": 4_294_967_296_u64 } }),
    )
    .await;
    assert_eq!(
        message(&body),
        "$first must be a whole number of at most 32 bits",
        "{body}"
    );
    assert_eq!(world.probe.executions(), 0, "nothing ran");
    world.stop().await;
}

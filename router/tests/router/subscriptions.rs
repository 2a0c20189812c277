//! Live over WebSocket.

use crate::socket::Socket;
use crate::world::{Builder, Home, USER, World, until};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::Message;

pub const ORDERS: &str =
    "subscription { orderPlaced { id total buyer { name orders(first: 1) { nodes { id } } } } }";

pub fn placed(number: u32) -> Value {
    json!({ "data": { "orderPlaced": {
        "id": number.to_string(), "total": number * 10,
        "buyer": { "name": "User 1", "orders": { "nodes": [{ "id": "1" }] } },
    } } })
}

/// Waits until the subscription's source is listening, then places an order.
pub async fn place(world: &World, number: u32) {
    until(|| world.probe.orders.receiver_count() > 0).await;
    world.probe.orders.send(number).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_completed_from_other_subgraphs_wherever_they_are() {
    for accounts in [Home::Local, Home::Remote] {
        for shop in [Home::Local, Home::Remote] {
            let world = Builder::new().accounts_at(accounts).shop_at(shop).start().await;
            let mut socket = Socket::signed_in(&world, &world.token(1)).await;
            socket.subscribe("a", ORDERS).await;
            for number in [1, 2, 3] {
                place(&world, number).await;
                assert_eq!(
                    socket.receive().await,
                    json!({ "id": "a", "type": "next", "payload": placed(number) })
                );
            }
            world.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_operation_runs_over_a_websocket() {
    let world = World::new().await;
    let mut socket = Socket::signed_in(&world, &world.token(1)).await;
    socket.subscribe("q", "{ whoami { user } }").await;
    let who = json!({ "data": { "whoami": { "user": USER.to_string() } } });
    assert_eq!(
        socket.receive().await,
        json!({ "id": "q", "type": "next", "payload": who })
    );
    assert_eq!(socket.receive().await, json!({ "id": "q", "type": "complete" }));
    socket
        .subscribe("m", r#"mutation { rename(name: "Ada") { name } }"#)
        .await;
    assert_eq!(socket.receive().await["payload"]["data"]["rename"]["name"], "Ada");
    assert_eq!(socket.receive().await, json!({ "id": "m", "type": "complete" }));
    socket.subscribe("s", "subscription { countdown(from: 2) }").await;
    for number in [2, 1, 0] {
        assert_eq!(
            socket.receive().await["payload"],
            json!({ "data": { "countdown": number } })
        );
    }
    assert_eq!(socket.receive().await, json!({ "id": "s", "type": "complete" }));
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.receive().await, json!({ "type": "pong" }));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_ends_its_subscription() {
    let world = World::new().await;
    let mut socket = Socket::anonymous(&world).await;
    socket.subscribe("a", ORDERS).await;
    place(&world, 1).await;
    assert_eq!(socket.receive().await["payload"], placed(1));
    socket.send(json!({ "id": "a", "type": "complete" })).await;
    until(|| world.probe.orders.receiver_count() == 0).await;
    // The id is free again, and the connection lives on.
    socket.subscribe("a", ORDERS).await;
    place(&world, 2).await;
    assert_eq!(socket.receive().await["payload"], placed(2));
    drop(socket);
    until(|| world.probe.orders.receiver_count() == 0).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_comes_in_connection_init() {
    let world = World::new().await;
    let bearer = format!("Bearer {}", world.token(1));
    for payload in [
        json!({ "authorization": bearer }),
        json!({ "headers": { "Authorization": bearer } }),
    ] {
        let mut socket = Socket::open(&world).await;
        socket
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(socket.receive().await, json!({ "type": "connection_ack" }));
        socket.subscribe("q", "{ whoami { user } }").await;
        assert_eq!(
            socket.receive().await["payload"]["data"]["whoami"]["user"],
            USER.to_string()
        );
    }
    world.revoke(66);
    for bad in [
        "Bearer forged".to_owned(),
        "nonsense".to_owned(),
        format!("Bearer {}", world.token(66)),
    ] {
        let mut socket = Socket::open(&world).await;
        socket
            .send(json!({ "type": "connection_init", "payload": { "Authorization": bad } }))
            .await;
        assert_eq!(socket.closed().await, 4403);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_session_ends_its_live_subscriptions_and_no_others() {
    for shop in [Home::Local, Home::Remote] {
        let world = Builder::new().shop_at(shop).start().await;
        let mut mine = Socket::signed_in(&world, &world.token(1)).await;
        let mut others = Socket::signed_in(&world, &world.token(2)).await;
        mine.subscribe("a", ORDERS).await;
        others.subscribe("a", ORDERS).await;
        until(|| world.probe.orders.receiver_count() == 2).await;
        world.revoke(1);
        let farewell = mine.receive().await;
        assert_eq!(
            (&farewell["id"], &farewell["type"]),
            (&json!("a"), &json!("error"))
        );
        assert_eq!(farewell["payload"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!(mine.closed().await, 4403);
        until(|| world.probe.orders.receiver_count() == 1).await;
        place(&world, 1).await;
        assert_eq!(others.receive().await["payload"], placed(1));
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_ends_with_its_token() {
    let world = World::new().await;
    let mut socket = Socket::signed_in(&world, &world.token_for(1, TimeDelta::seconds(2))).await;
    socket.subscribe("a", ORDERS).await;
    let farewell = socket.receive().await;
    assert_eq!(farewell["payload"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(socket.closed().await, 4403);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_protocol_is_kept() {
    let world = Builder::new()
        .with(|settings| settings.websocket.init_timeout_seconds = 1)
        .start()
        .await;
    let mut early = Socket::open(&world).await;
    early.subscribe("a", "{ me { id } }").await;
    assert_eq!(early.closed().await, 4401);

    let mut silent = Socket::open(&world).await;
    assert_eq!(silent.closed().await, 4408);

    let mut twice = Socket::anonymous(&world).await;
    twice.send(json!({ "type": "connection_init" })).await;
    assert_eq!(twice.closed().await, 4429);

    let mut same = Socket::anonymous(&world).await;
    same.subscribe("a", ORDERS).await;
    same.subscribe("a", ORDERS).await;
    assert_eq!(same.closed().await, 4409);

    for nonsense in ["hello", "{}", r#"{"type":"nothing"}"#, &"[".repeat(50_000)] {
        let mut socket = Socket::anonymous(&world).await;
        socket.send_text(nonsense).await;
        assert_eq!(socket.closed().await, 4400, "{nonsense:.20}");
    }
    let mut binary = Socket::anonymous(&world).await;
    binary.send_raw(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(binary.closed().await, 4400);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goodbye_is_answered_by_one() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    socket.say_goodbye(1000).await;
    assert_eq!(socket.closed().await, 1000);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_end_one_operation_and_leave_the_connection() {
    let world = Builder::new()
        .with(|settings| settings.websocket.max_operations = 1)
        .start()
        .await;
    let mut socket = Socket::anonymous(&world).await;
    for (query, expected) in [
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ me { id", "GRAPHQL_PARSE_FAILED"),
        (
            "subscription { orderPlaced { buyer { orders(first: 1000) { nodes { buyer { orders(first: 1000) { nodes { id } } } } } } } }",
            "LIMIT_EXCEEDED",
        ),
        (&"{ me ".repeat(200), "LIMIT_EXCEEDED"),
    ] {
        socket.subscribe("x", query).await;
        let refusal = socket.receive().await;
        assert_eq!(refusal["type"], "error", "{query:.30}: {refusal}");
        assert_eq!(
            refusal["payload"][0]["extensions"]["code"], expected,
            "{query:.30}: {refusal}"
        );
    }
    socket.subscribe("a", ORDERS).await;
    socket.subscribe("b", ORDERS).await;
    let refusal = socket.receive().await;
    assert_eq!(
        (&refusal["id"], &refusal["payload"][0]["extensions"]["code"]),
        (&json!("b"), &json!("LIMIT_EXCEEDED"))
    );
    place(&world, 1).await;
    assert_eq!(socket.receive().await["payload"], placed(1));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_stream_is_masked_and_ends_it() {
    for shop in [Home::Local, Home::Remote] {
        let world = Builder::new().shop_at(shop).start().await;
        let mut socket = Socket::anonymous(&world).await;
        socket.subscribe("a", "subscription { orderPlaced { id } }").await;
        place(&world, 13).await;
        let event = socket.receive().await;
        assert_eq!(
            event["payload"]["errors"][0]["extensions"]["code"], "INTERNAL",
            "{event}"
        );
        assert!(!event.to_string().contains("secret"));
        assert_eq!(socket.receive().await, json!({ "id": "a", "type": "complete" }));
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_messages_are_refused_and_fragments_put_together() {
    use tokio_tungstenite::tungstenite::protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    };
    let world = World::new().await;
    let mut socket = Socket::anonymous(&world).await;
    let name = "x".repeat(100_000);
    let message = json!({ "id": "m", "type": "subscribe",
        "payload": { "query": "mutation($n: String!) { rename(name: $n) { name } }", "variables": { "n": name } } }).to_string();
    let (first, rest) = message.split_at(60_000);
    socket
        .send_raw(Message::Frame(Frame::message(
            first.to_owned(),
            OpCode::Data(Data::Text),
            false,
        )))
        .await;
    socket
        .send_raw(Message::Frame(Frame::message(
            rest.to_owned(),
            OpCode::Data(Data::Continue),
            true,
        )))
        .await;
    assert_eq!(socket.receive().await["payload"]["data"]["rename"]["name"], name);
    assert_eq!(socket.receive().await["type"], "complete");

    for number in 0..5 {
        let kind = if number == 0 { Data::Text } else { Data::Continue };
        socket
            .send_raw(Message::Frame(Frame::message(
                "x".repeat(60_000),
                OpCode::Data(kind),
                false,
            )))
            .await;
    }
    assert_eq!(socket.closed().await, 1009);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_slows_its_source_and_loses_nothing() {
    let world = World::new().await;
    let mut socket = Socket::anonymous(&world).await;
    socket.subscribe("a", "subscription { firehose }").await;
    // Nothing is read until nothing more is made.
    let (mut made, mut since) = (0, 0);
    until(|| {
        let now = world.probe.executions();
        since = if now == made { since + 1 } else { 0 };
        made = now;
        made > 0 && since > 60
    })
    .await;
    assert!(made < 5_000, "{made} messages of 32 KiB wait somewhere");
    for _ in 0..made {
        assert_eq!(
            socket.receive().await["payload"]["data"]["firehose"]
                .as_str()
                .map(str::len),
            Some(32 * 1024)
        );
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_subscriptions_are_counted() {
    let world = World::new().await;
    let mut socket = Socket::anonymous(&world).await;
    socket.subscribe("a", ORDERS).await;
    until(|| world.probe.orders.receiver_count() == 1).await;
    let metrics = world
        .client
        .get(world.url("/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        metrics.contains("caregraph_active_subscriptions 1")
            && metrics.contains("caregraph_open_websockets 1")
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hosted_subgraph_verifies_tokens_and_ends_sessions_by_itself() {
    let world = Builder::new().shop_at(Home::Remote).start().await;
    let url = format!(
        "{}/shop/ws",
        world.hosted.as_ref().unwrap().replace("http://", "ws://")
    );
    let mut forged = Socket::open_url(&url).await;
    forged
        .send(json!({ "type": "connection_init", "payload": { "Authorization": "Bearer forged" } }))
        .await;
    assert_eq!(forged.closed().await, 4403);

    let mut socket = Socket::open_url(&url).await;
    let bearer = format!("Bearer {}", world.token(1));
    socket
        .send(json!({ "type": "connection_init", "payload": { "Authorization": bearer } }))
        .await;
    assert_eq!(socket.receive().await["type"], "connection_ack");
    socket.subscribe("a", "subscription { orderPlaced { id } }").await;
    place(&world, 5).await;
    assert_eq!(
        socket.receive().await["payload"]["data"]["orderPlaced"]["id"],
        "5"
    );
    world.revoke(1);
    assert_eq!(
        socket.receive().await["payload"][0]["extensions"]["code"],
        "UNAUTHENTICATED"
    );
    assert_eq!(socket.closed().await, 4403);
    world.stop().await;
}

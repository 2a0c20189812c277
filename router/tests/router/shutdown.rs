//! An orderly end.

use crate::socket::Socket;
use crate::world::{World, answer, until, within};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_is_finished_and_nothing_new_is_taken() {
    let world = World::new().await;
    let slow = tokio::spawn(answer(world.post("{ patience }")));
    until(|| world.probe.executions() == 1).await;
    world.shutdown.cancel();
    // New connections are refused once the listener is gone; until then they may still be served.
    within(async {
        while reqwest::Client::new()
            .get(world.url("/health"))
            .send()
            .await
            .is_ok()
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    world.probe.orders.send(9).unwrap();
    assert_eq!(
        within(slow).await.unwrap(),
        (200, json!({ "data": { "patience": 9 } }))
    );
    within(world.router).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn websockets_are_told_to_come_back() {
    let world = World::new().await;
    let mut socket = Socket::anonymous(&world).await;
    socket.subscribe("a", "subscription { orderPlaced { id } }").await;
    until(|| world.probe.orders.receiver_count() == 1).await;
    world.shutdown.cancel();
    assert_eq!(socket.closed().await, 1001);
    within(world.router).await.unwrap().unwrap();
    assert_eq!(world.probe.orders.receiver_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_takes_forever_does_not_keep_the_server() {
    let world = crate::world::Builder::new()
        .with(|settings| settings.drain_seconds = 1)
        .start()
        .await;
    let stuck = tokio::spawn(world.post("{ patience }").send());
    until(|| world.probe.executions() == 1).await;
    world.shutdown.cancel();
    within(world.router).await.unwrap().unwrap();
    assert!(within(stuck).await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_rests_for_long_but_does_not_keep_the_server() {
    let world = crate::world::Builder::new()
        // Far more than the test waits for the end.
        .with(|settings| settings.drain_seconds = 300)
        .start()
        .await;
    let mut connection = TcpStream::connect(world.address).await.unwrap();
    let mut answer = [0; 1024];
    // Web servers give up after five seconds where nobody tells them otherwise.
    for pause in [Duration::ZERO, Duration::from_secs(7)] {
        tokio::time::sleep(pause).await;
        let request = b"GET /health HTTP/1.1\r\nhost: clinic\r\n\r\n";
        connection.write_all(request).await.unwrap();
        let length = within(connection.read(&mut answer)).await.unwrap();
        assert!(
            answer[..length].starts_with(b"HTTP/1.1 200"),
            "{:?}",
            &answer[..length]
        );
    }
    world.shutdown.cancel();
    assert_eq!(within(connection.read(&mut answer)).await.unwrap(), 0);
    within(world.router).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn several_routers_live_in_one_process() {
    let (first, second) = (World::new().await, World::new().await);
    first.stop().await;
    assert_eq!(second.ask("{ me { id } }").await.0, 200);
    second.stop().await;
}

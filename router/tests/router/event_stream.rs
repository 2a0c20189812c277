//! Live over server-sent events.

use crate::subscriptions::{ORDERS, place, placed};
use crate::world::{World, answer, code, until, within};
use futures::StreamExt as _;
use serde_json::{Value, json};

/// Reads a stream of server-sent events.
struct Events {
    body: futures::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    text: String,
}

impl Events {
    async fn open(request: reqwest::RequestBuilder) -> Self {
        let response = within(request.header("accept", "text/event-stream").send())
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            body: response.bytes_stream().boxed(),
            text: String::new(),
        }
    }

    /// Name and data of the next event, heartbeats left out.
    async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .unwrap_or("")
                        .trim()
                        .to_owned()
                };
                let found = (
                    field("event:"),
                    serde_json::from_str(&field("data:")).unwrap_or(Value::Null),
                );
                let rest = rest.to_owned();
                self.text = rest;
                if !found.0.is_empty() {
                    return found;
                }
            } else {
                let chunk = within(self.body.next())
                    .await
                    .expect("the stream goes on")
                    .unwrap();
                self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_run_over_server_sent_events() {
    let world = World::new().await;
    let mut events = Events::open(world.post(ORDERS).bearer_auth(world.token(1))).await;
    place(&world, 1).await;
    assert_eq!(events.next().await, ("next".to_owned(), placed(1)));
    world.revoke(1);
    let (kind, farewell) = events.next().await;
    assert_eq!((kind.as_str(), code(&farewell)), ("next", "UNAUTHENTICATED"));
    assert_eq!(events.next().await.0, "complete");
    until(|| world.probe.orders.receiver_count() == 0).await;

    let mut counted = Events::open(world.post("subscription { countdown(from: 1) }")).await;
    assert_eq!(counted.next().await.1, json!({ "data": { "countdown": 1 } }));
    assert_eq!(counted.next().await.1, json!({ "data": { "countdown": 0 } }));
    assert_eq!(counted.next().await.0, "complete");

    let gone = Events::open(world.post(ORDERS)).await;
    until(|| world.probe.orders.receiver_count() == 1).await;
    drop(gone);
    until(|| world.probe.orders.receiver_count() == 0).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_accept_streams_and_json_get_queries_as_json() {
    let world = World::new().await;
    let both = "application/json, text/event-stream";
    let expected = json!({ "data": { "me": { "id": "1" } } });
    assert_eq!(
        answer(world.post("{ me { id } }").header("accept", both)).await,
        (200, expected.clone())
    );
    let (status, refused) = answer(world.post("{ nothing }").header("accept", "text/event-stream")).await;
    assert_eq!((status, code(&refused)), (400, "GRAPHQL_VALIDATION_FAILED"));
    let mut events = Events::open(world.post("{ me { id } }")).await;
    assert_eq!(events.next().await, ("next".to_owned(), expected));
    assert_eq!(events.next().await.0, "complete");
    world.stop().await;
}

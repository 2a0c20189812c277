//! Subscriptions over WebSocket, spoken as `graphql-transport-ws`.

use super::Graph;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// One connection with one subscription.
pub struct Live {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

impl Live {
    /// Connects and subscribes.
    pub async fn subscribe(graph: &Graph, document: &str, variables: Value) -> Self {
        let mut live = Self::connect(graph).await;
        live.send(json!({ "id": "1", "type": "subscribe", "payload": { "query": document, "variables": variables } }))
            .await;
        live
    }

    /// Connects and is acknowledged.
    pub async fn connect(graph: &Graph) -> Self {
        let mut request = format!("ws://{}/graphql", graph.address)
            .into_client_request()
            .unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        let (socket, _) = connect_async(request).await.unwrap();
        let mut live = Self { socket };
        let payload = graph.token().map_or(
            json!({}),
            |token| json!({ "Authorization": format!("Bearer {token}") }),
        );
        live.send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        let acknowledged = live.message().await;
        assert_eq!(acknowledged["type"], "connection_ack", "{acknowledged}");
        live
    }

    async fn send(&mut self, message: Value) {
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    /// The next message of the protocol; pings are answered on the way. A close arrives as `{"type": "close", "code": …}`.
    pub async fn message(&mut self) -> Value {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.socket.next())
                .await
                .expect("a message in time");
            match frame {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    if message["type"] == "ping" {
                        self.send(json!({ "type": "pong" })).await;
                    } else {
                        return message;
                    }
                }
                Some(Ok(Message::Close(frame))) => {
                    return json!({ "type": "close", "code": frame.map(|frame| u16::from(frame.code)) });
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return json!({ "type": "close", "code": null }),
            }
        }
    }

    /// The data of the next event.
    pub async fn next(&mut self) -> Value {
        let mut message = self.message().await;
        assert_eq!(message["type"], "next", "{message}");
        assert!(message["payload"].get("errors").is_none(), "{message}");
        message["payload"]["data"].take()
    }

    /// Reads until the subscription ends with an error; gives its code.
    pub async fn end(&mut self) -> String {
        loop {
            let message = self.message().await;
            let errors = match message["type"].as_str() {
                Some("error") => &message["payload"],
                Some("next") => &message["payload"]["errors"],
                _ => panic!("ended without an error: {message}"),
            };
            if let Some(code) = errors[0]["extensions"]["code"].as_str() {
                return code.to_owned();
            }
        }
    }

    /// Waits until the server has dealt with the subscription. Messages of one connection are dealt with in order, so a
    /// second operation that was answered tells that the first has begun.
    pub async fn ready(&mut self, _graph: &Graph) {
        self.send(json!({ "id": "probe", "type": "subscribe", "payload": { "query": "{ __typename }" } }))
            .await;
        loop {
            let message = self.message().await;
            assert_ne!(message["type"], "close", "{message}");
            if message["id"] == "probe" && message["type"] == "complete" {
                return;
            }
        }
    }

    /// The data of an event that is there or comes right away.
    pub async fn next_within_a_moment(&mut self) -> Option<Value> {
        tokio::time::timeout(Duration::from_millis(400), self.next())
            .await
            .ok()
    }

    /// Whether nothing arrives for a short while.
    pub async fn is_quiet(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(400), self.socket.next())
            .await
            .is_err()
    }
}

//! A client that speaks `graphql-transport-ws`.

use crate::world::{World, within};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Connects and says nothing yet.
    pub async fn open(world: &World) -> Self {
        Self::open_url(&format!("ws://{}/graphql", world.address)).await
    }

    pub async fn open_url(url: &str) -> Self {
        let mut request = url.into_client_request().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        let (stream, response) = within(connect_async(request)).await.unwrap();
        assert_eq!(
            response.headers()["sec-websocket-protocol"],
            "graphql-transport-ws"
        );
        Self(stream)
    }

    /// Connects and introduces itself.
    pub async fn signed_in(world: &World, token: &str) -> Self {
        let mut socket = Self::open(world).await;
        socket.send(json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } })).await;
        assert_eq!(socket.receive().await, json!({ "type": "connection_ack" }));
        socket
    }

    pub async fn anonymous(world: &World) -> Self {
        let mut socket = Self::open(world).await;
        socket.send(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.receive().await, json!({ "type": "connection_ack" }));
        socket
    }

    pub async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        within(self.0.send(Message::text(text))).await.unwrap();
    }

    pub async fn send_raw(&mut self, message: Message) {
        within(self.0.send(message)).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({ "id": id, "type": "subscribe", "payload": { "query": query } }))
            .await;
    }

    /// The next message; pings and pongs of the socket itself do not count.
    pub async fn receive(&mut self) -> Value {
        match self.frame().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("expected a message, got {other:?}"),
        }
    }

    /// Says goodbye with a code.
    pub async fn say_goodbye(&mut self, code: u16) {
        let frame = CloseFrame {
            code: code.into(),
            reason: "bye".into(),
        };
        self.send_raw(Message::Close(Some(frame))).await;
    }

    /// The code of the close frame, which must be next.
    pub async fn closed(&mut self) -> u16 {
        match self.frame().await {
            Message::Close(Some(frame)) => frame.code.into(),
            other => panic!("expected the end, got {other:?}"),
        }
    }

    async fn frame(&mut self) -> Message {
        loop {
            match within(self.0.next())
                .await
                .expect("the server says goodbye first")
                .unwrap()
            {
                Message::Ping(_) | Message::Pong(_) => {}
                frame => return frame,
            }
        }
    }
}

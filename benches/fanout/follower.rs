//! Somebody who follows what is theirs, over `graphql-transport-ws`, as light as can be: what the clients take of the processors is
//! missing on the other side.

use super::crowd::Field;
use super::sockets;
use crate::bench::people::Person;
use anyhow::{Context, Error, Result, bail};
use async_graphql::{ScalarType, Value};
use caregraph_contracts::Domain;
use caregraph_kit::graphql::Cursor;
use caregraph_kit::hosting::transport_ws::SUBPROTOCOL;
use chrono::DateTime;
use futures::{SinkExt, StreamExt};
use hyper::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use serde::Deserialize;
use serde_json::json;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tokio_util::sync::CancellationToken;

/// Everything that is one's own. What tells a page to read again, and nothing that further reads would be needed for.
const FOLLOW: &str = "subscription ($after: Cursor) {
    appointmentChanged(after: $after) { cursor kind occurredAt appointmentId } }";

/// How long the program may take to let somebody in.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long whoever was not let in, or was sent away, waits before coming again, in milliseconds; somewhere in between.
const PAUSE: std::ops::Range<u64> = 100..1_000;

/// A message has a few hundred bytes; ten thousand buffers of the usual 128 KiB would be a gigabyte.
const BUFFER: usize = 2 * 1024;

/// Most characters of an unexpected message that are shown.
const SHOWN: usize = 300;

/// Somebody who follows.
pub struct Follower {
    /// Which one.
    pub number: usize,
    /// Which topic is theirs.
    pub topic: usize,
    /// Everything they were told, in the order in which it came.
    pub told: Vec<Told>,
    /// The last cursor, as it came.
    cursor: Option<String>,
    /// Says who they are.
    introduction: String,
    /// Where they come from.
    address: Ipv4Addr,
}

/// A change that somebody was told of.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// Its place in the log.
    pub position: i64,
    /// How long after it happened, in microseconds.
    pub late: u64,
}

#[derive(Deserialize)]
struct Incoming<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    payload: Option<Payload<'a>>,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    data: Option<Data<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, rename = "appointmentChanged")]
    change: Change<'a>,
}

#[derive(Deserialize)]
struct Change<'a> {
    cursor: &'a str,
    #[serde(rename = "occurredAt")]
    occurred_at: &'a str,
}

impl Follower {
    /// Everybody, spread over the topics as [`super::families::gather`] does.
    pub fn all(people: &[Person], topics: usize) -> Result<Vec<Self>> {
        let numbered = people.iter().enumerate();
        let followers = numbered.map(|(number, person)| -> Result<Self> {
            let token = person.authorization.to_str()?;
            let introduction = json!({ "type": "connection_init", "payload": { "Authorization": token } });
            Ok(Self {
                number,
                topic: number % topics,
                told: Vec::new(),
                cursor: None,
                introduction: introduction.to_string(),
                address: sockets::address(number)?,
            })
        });
        followers.collect()
    }

    /// The positions they were told of, in the order in which they came.
    pub fn positions(&self) -> Vec<i64> {
        self.told.iter().map(|told| told.position).collect()
    }

    /// The last position they were told of; 0 before the first.
    pub fn last(&self) -> i64 {
        self.told.last().map_or(0, |told| told.position)
    }

    /// Follows until cut off, without a goodbye. Whoever is sent away before comes back, with the last cursor.
    pub async fn follow(mut self, field: Arc<Field>, cut: CancellationToken) -> Self {
        let mut gone = std::pin::pin!(cut.cancelled());
        loop {
            let why = tokio::select! {
                biased;
                () = gone.as_mut() => return self,
                why = self.listen(&field) => why,
            };
            field.note_end(&why);
            let pause = Duration::from_millis(rand::random_range(PAUSE));
            tokio::select! {
                biased;
                () = gone.as_mut() => return self,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Listens as long as the connection holds; gives why it does not.
    async fn listen(&mut self, field: &Field) -> Error {
        match self.try_to_listen(field).await {
            Ok(never) => match never {},
            Err(why) => why,
        }
    }

    async fn try_to_listen(&mut self, field: &Field) -> Result<Infallible> {
        let connecting = tokio::time::timeout(PATIENCE, self.connect(field.server));
        let mut socket = connecting.await.context("no acknowledgement in time")??;
        let _present = field.enter();
        loop {
            let message = socket.next().await.context("the connection ended")??;
            match message {
                Message::Text(text) => self.note(text.as_str(), field)?,
                Message::Close(reason) => bail!("sent away: {reason:?}"),
                // Pings are answered when the next message is read.
                Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Connects, is acknowledged, and subscribes.
    async fn connect(&self, server: SocketAddr) -> Result<WebSocketStream<TcpStream>> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((self.address, 0)))?;
        let stream = socket.connect(server).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{server}/graphql").into_client_request()?;
        let protocol = HeaderValue::from_static(SUBPROTOCOL);
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(0);
        let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        socket.send(Message::text(self.introduction.as_str())).await?;
        loop {
            let message = socket.next().await.context("not acknowledged")??;
            match message {
                Message::Text(text) if text.as_str().contains("connection_ack") => break,
                Message::Text(text) => bail!("not acknowledged: {}", shown(text.as_str())),
                Message::Close(reason) => bail!("not acknowledged: {reason:?}"),
                Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
            }
        }
        let operation = json!({ "query": FOLLOW, "variables": { "after": self.cursor } });
        let subscribe = json!({ "id": "1", "type": "subscribe", "payload": operation });
        socket.send(Message::text(subscribe.to_string())).await?;
        Ok(socket)
    }

    /// Writes down what a message tells. Anything but a change is the end.
    fn note(&mut self, text: &str, field: &Field) -> Result<()> {
        let heard_at = field.clock.now().timestamp_micros();
        let message: Incoming<'_> = serde_json::from_str(text).with_context(|| shown(text))?;
        let change = match (message.kind, message.payload.and_then(|payload| payload.data)) {
            ("next", Some(data)) => data.change,
            _ => bail!("{}", shown(text)),
        };
        let position = position(change.cursor).with_context(|| shown(text))?;
        let happened_at = DateTime::parse_from_rfc3339(change.occurred_at)?.timestamp_micros();
        self.told.push(Told {
            position,
            // Both processes go by one clock; where it was set back in between, nothing is late.
            late: u64::try_from(heard_at - happened_at).unwrap_or_default(),
        });
        self.cursor = Some(change.cursor.to_owned());
        field.tell(self.number, position);
        Ok(())
    }
}

/// What a cursor says to its maker; to clients it is opaque.
fn position(cursor: &str) -> Option<i64> {
    let cursor = <Cursor as ScalarType>::parse(Value::String(cursor.to_owned())).ok()?;
    (cursor.domain == Domain::Scheduling).then_some(cursor.position)
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

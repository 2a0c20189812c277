//! The `graphql-transport-ws` protocol, server side, over any socket.
//!
//! Specification: <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>. One future drives one connection: it reads
//! frames, polls the operations, and writes. While a slow client does not take what is written, no operation is polled, so
//! memory stays bounded and no message is dropped.
//!
//! | close code | when                                                                                   |
//! |------------|----------------------------------------------------------------------------------------|
//! | 1001       | the server is going away; connect again                                                |
//! | 1009       | a message is larger than [`ConnectionLimits::max_message_bytes`]                       |
//! | 4400       | a message is not one of the protocol's                                                 |
//! | 4401       | an operation before `connection_init`                                                  |
//! | 4403       | the token is not accepted, or its session ended while the connection was open          |
//! | 4408       | no `connection_init` in time, or the client stopped answering pings                    |
//! | 4409       | an operation id is in use                                                              |
//! | 4429       | a second `connection_init`                                                             |

mod connection;
mod message;

pub use connection::serve;
pub use message::{Operation, OperationEvent, error_payload};

use crate::auth::{Principal, TokenVerifier};
use bytes::Bytes;
use futures::stream::Stream;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The name in `Sec-WebSocket-Protocol`.
pub const SUBPROTOCOL: &str = "graphql-transport-ws";

/// Limits of one connection.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Largest message of the client, in bytes, over all its fragments. Default 256 KiB.
    pub max_message_bytes: usize,
    /// How long the client may take to send `connection_init`. Default 10 seconds.
    pub init_timeout: Duration,
    /// Operations that may run at once. Default 50. A further one is refused with `LIMIT_EXCEEDED`; the others go on.
    pub max_operations: usize,
    /// How often the client is pinged. A client from which nothing came for three of these is dropped. Default 20 seconds.
    pub ping_interval: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            max_message_bytes: 256 * 1024,
            init_timeout: Duration::from_secs(10),
            max_operations: 50,
            ping_interval: Duration::from_secs(20),
        }
    }
}

/// What a socket brings.
#[derive(Debug)]
pub enum Incoming {
    /// A whole text message.
    Text(String),
    /// A ping to be answered with the same content.
    Ping(Bytes),
    /// A sign of life without content: a pong.
    Alive,
    /// A message larger than allowed; the rest of it was not read.
    TooLarge,
    /// A frame that the protocol does not know, for example binary.
    Unknown,
}

/// What a socket is given.
#[derive(Debug)]
pub enum Outgoing {
    /// A text message.
    Text(String),
    /// An empty ping.
    Ping,
    /// The answer to a ping.
    Pong(Bytes),
    /// The last frame: code and reason.
    Close(u16, &'static str),
}

/// The client is gone.
#[derive(Debug, thiserror::Error)]
#[error("the client is gone")]
pub struct Disconnected;

/// The writing half of a socket.
pub trait Outlet {
    /// Writes one frame. Waits while the client is slow to take earlier ones.
    fn send(&mut self, frame: Outgoing) -> impl Future<Output = Result<(), Disconnected>>;
}

/// Who is at the other end, known after `connection_init`.
#[derive(Debug, Clone)]
pub struct Session {
    /// The verified principal; anonymous without a token or without a verifier.
    pub principal: Principal,
    /// The `Authorization` value out of `connection_init`, as it came, to be forwarded.
    pub authorization: Option<String>,
}

/// What runs operations.
pub trait Operations {
    /// Events of one operation; the stream's end completes it.
    type Events: Stream<Item = OperationEvent> + Unpin;

    /// Starts an operation. Nothing runs before the stream is polled, and dropping it ends the operation.
    fn start(&self, session: &Session, operation: Operation) -> Self::Events;
}

/// Rules of a connection.
#[derive(Clone)]
pub struct Rules {
    /// Limits.
    pub limits: ConnectionLimits,
    /// Checks tokens; without one every caller is anonymous.
    pub verifier: Option<Arc<TokenVerifier>>,
    /// Ends the connection with 1001 when cancelled.
    pub shutdown: CancellationToken,
}

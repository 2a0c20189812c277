//! GraphQL over WebSocket, for routers.

use super::transport_ws::{
    self, Disconnected, Incoming, Operation, OperationEvent, Operations, Outgoing, Outlet, Rules,
    SUBPROTOCOL, Session,
};
use super::{Host, codes, guarded, http::request_info, nesting, spreads};
use crate::auth::RequestInfo;
use crate::subgraph::SubgraphSchema;
use async_graphql::Request;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::future::ready;
use futures::sink::SinkExt;
use futures::stream::{self, BoxStream, SplitSink, StreamExt};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub(super) async fn upgrade(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Some(schema) = host.subgraphs.get(&name).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let operations = Hosted {
        name,
        schema,
        info: request_info(&host, peer.0, &headers),
    };
    let rules = Rules {
        limits: host.settings.websocket,
        verifier: host.verifier.clone(),
        shutdown: host.shutdown.clone(),
    };
    let upgrade = upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(rules.limits.max_message_bytes);
    if upgrade.selected_protocol().is_none() {
        return (StatusCode::BAD_REQUEST, "Speak graphql-transport-ws").into_response();
    }
    upgrade.on_upgrade(move |socket| converse(socket, operations, rules))
}

async fn converse(socket: WebSocket, operations: Hosted, rules: Rules) {
    let (sink, frames) = socket.split();
    let incoming = frames.map(|frame| match frame {
        Ok(Message::Text(text)) => Some(Incoming::Text(text.to_string())),
        // axum answers pings by itself.
        Ok(Message::Ping(_) | Message::Pong(_)) => Some(Incoming::Alive),
        Ok(Message::Binary(_)) => Some(Incoming::Unknown),
        Ok(Message::Close(_)) | Err(_) => None,
    });
    // The first `None` is the client's farewell.
    let incoming = Box::pin(
        incoming
            .take_while(|frame| ready(frame.is_some()))
            .filter_map(ready),
    );
    transport_ws::serve(incoming, SocketOutlet(sink), operations, rules).await;
}

/// A client that takes nothing for this long is dropped.
const PATIENCE: Duration = Duration::from_secs(30);

struct SocketOutlet(SplitSink<WebSocket, Message>);

impl Outlet for SocketOutlet {
    async fn send(&mut self, frame: Outgoing) -> Result<(), Disconnected> {
        let message = match frame {
            Outgoing::Text(text) => Message::Text(text.into()),
            Outgoing::Ping => Message::Ping(bytes::Bytes::new()),
            Outgoing::Pong(content) => Message::Pong(content),
            Outgoing::Close(code, reason) => Message::Close(Some(CloseFrame {
                code,
                reason: reason.into(),
            })),
        };
        let sent = tokio::time::timeout(PATIENCE, self.0.send(message)).await;
        sent.map_err(|_| Disconnected)?.map_err(|_| Disconnected)
    }
}

/// A subgraph behind a socket.
struct Hosted {
    name: String,
    schema: Arc<dyn SubgraphSchema>,
    info: RequestInfo,
}

impl Operations for Hosted {
    type Events = BoxStream<'static, OperationEvent>;

    fn start(&self, session: &Session, operation: Operation) -> Self::Events {
        let refuse = |message, code| stream::once(ready(OperationEvent::error(message, code))).boxed();
        let Ok(request) = serde_json::from_value::<Request>(operation.payload) else {
            return refuse("The payload is not a GraphQL request", codes::BAD_REQUEST);
        };
        if nesting::document_nests_deeper(&request.query, nesting::MAX_DOCUMENT_NESTING) {
            return refuse("The request nests too deeply", codes::LIMIT_EXCEEDED);
        }
        if spreads::document_spreads_beyond(&request.query, spreads::MAX_SPREAD_NAMES) {
            return refuse("The request spreads too many fragments", codes::LIMIT_EXCEEDED);
        }
        let schema = self.schema.as_ref();
        guarded::stream(&self.name, schema, request, &session.principal, &self.info)
            .map(|response| match serde_json::to_string(&response) {
                Ok(result) => OperationEvent::Next(result),
                Err(_) => OperationEvent::error(codes::MASKED_MESSAGE, codes::INTERNAL),
            })
            .boxed()
    }
}

//! Subgraphs reached over a socket: `caregraph serve --only a,b` hosts some of them for a router elsewhere.
//!
//! | route                          | what                                                                 |
//! |--------------------------------|----------------------------------------------------------------------|
//! | `POST /{subgraph}/graphql`     | one GraphQL request as JSON                                          |
//! | `GET  /{subgraph}/ws`          | `graphql-transport-ws`; the token comes in `connection_init`         |
//! | `*    /files/{id}`             | files of a hosted domain that keeps some, see [`files`]               |
//! | `GET  /.well-known/jwks.json`  | the public keys of access tokens, where there is a verifier          |
//! | `GET  /health`                 | 200 while the process answers at all                                 |
//! | `GET  /readiness`              | 200 while it can do its work, else 503                               |
//! | `GET  /metrics`                | numbers in Prometheus' format                                        |
//!
//! **Invariant:** a subgraph verifies the bearer token itself. Nothing is believed because the router said so: no header
//! carries an identity, and a request without a token is anonymous.
//!
//! The router uses the same parts ([`transport_ws`], [`guarded`], [`nesting`], [`spreads`], [`address`]) for its own surface, so that a
//! subgraph behaves the same in its process and beside it.

pub mod address;
pub mod codes;
mod expected;
pub mod files;
pub mod guarded;
mod http;
pub mod nesting;
pub mod request_id;
pub mod session;
mod socket;
pub mod spreads;
pub mod transport_ws;

use crate::auth::TokenVerifier;
use crate::subgraph::SubgraphSchema;
use crate::vitals::Probes;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How hosted subgraphs treat what arrives.
#[derive(Debug, Clone)]
pub struct HostingSettings {
    /// Largest request body, in bytes. Default 4 MiB: the router's batches of entity keys are larger than what people send.
    pub max_body_bytes: usize,
    /// How many reverse proxies (the router counts as one) stand in front and append to `X-Forwarded-For`. Default 0: the
    /// address of a request is its peer's.
    pub trusted_proxies: usize,
    /// Limits of one WebSocket connection. The defaults are wide, because a router pools the operations of many clients.
    pub websocket: transport_ws::ConnectionLimits,
    /// How long requests in flight may take once the process is asked to stop. Default 10 seconds.
    pub drain: Duration,
}

impl Default for HostingSettings {
    fn default() -> Self {
        Self {
            max_body_bytes: 4 * 1024 * 1024,
            trusted_proxies: 0,
            websocket: transport_ws::ConnectionLimits {
                max_operations: 10_000,
                ..transport_ws::ConnectionLimits::default()
            },
            drain: Duration::from_secs(10),
        }
    }
}

/// What the handlers share.
struct Host {
    subgraphs: HashMap<String, Arc<dyn SubgraphSchema>>,
    verifier: Option<Arc<TokenVerifier>>,
    settings: HostingSettings,
    probes: Probes,
    shutdown: CancellationToken,
}

/// The HTTP application of a set of subgraphs. `shutdown` ends open WebSockets with close code 1001.
pub fn app(
    subgraphs: Vec<(String, Arc<dyn SubgraphSchema>)>,
    verifier: Option<Arc<TokenVerifier>>,
    settings: HostingSettings,
    probes: Probes,
    shutdown: CancellationToken,
) -> Router {
    let body_limit = DefaultBodyLimit::max(settings.max_body_bytes);
    let host = Arc::new(Host {
        subgraphs: subgraphs.into_iter().collect(),
        verifier,
        settings,
        probes,
        shutdown,
    });
    Router::new()
        .route("/{subgraph}/graphql", post(http::execute).layer(body_limit))
        .route("/{subgraph}/ws", get(socket::upgrade))
        .route("/.well-known/jwks.json", get(http::jwks))
        .route("/health", get(|| async { "ok" }))
        .route("/readiness", get(http::readiness))
        .route("/metrics", get(http::metrics))
        .with_state(host)
}

/// Serves `app` on `listener` until `shutdown`, then lets requests in flight finish for at most `drain`.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    shutdown: CancellationToken,
    drain: Duration,
) -> std::io::Result<()> {
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let stopping = shutdown.clone();
    let server =
        axum::serve(listener, service).with_graceful_shutdown(async move { stopping.cancelled().await });
    let overtime = async {
        shutdown.cancelled().await;
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        result = server => result,
        () = overtime => Ok(()),
    }
}

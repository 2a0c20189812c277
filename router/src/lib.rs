//! The public face: hive-router with our plugins and the HTTP surface around it.
//!
//! A request passes, from the outside in:
//!
//! 1. the gate (`gate`): request id, rate limits, authentication, the body's size and shape;
//! 2. a page (`pages`), a file (`files`), or the graph: hive's HTTP handler, our WebSocket (`websocket`) or our event stream
//!    (`event_stream`), the last two through `operation`;
//! 3. hive's pipeline, with our hooks in it (`plugin`): the cost of the operation (`cost`), the call of subgraphs in this
//!    process (`local_transport`), the events of subscriptions (`subscription`), the masking of errors (`masking`).
//!
//! **Invariants.** Nothing is executed for a request that did not pass the gate. No error leaves that `masking` has not seen.
//! The router knows no domain, and works for any supergraph.

mod answer;
mod asked;
mod caller;
mod carrier;
mod cors;
mod cost;
mod document;
mod engine;
mod error;
mod event_stream;
mod files;
mod gate;
mod gateway;
mod local_transport;
mod masking;
mod metrics;
mod operation;
mod pages;
mod plugin;
mod rate_limit;
mod refusal;
mod remote_files;
mod request_body;
mod retry;
mod seats;
mod server;
mod settings;
mod shared_rate_limit;
mod spans;
mod subscription;
mod variables;
mod websocket;

/// The allocator that hive-router is tuned for, for the program to install.
pub use hive_router::RouterGlobalAllocator as Allocator;

pub use error::RouterError;
pub use files::FileRoute;
pub use local_transport::LocalSubgraph;
pub use rate_limit::{RateLimiter, TooMany};
pub use server::{RouterOptions, serve, serve_with_files};
pub use settings::{FileCalls, Limits, Rate, RateLimits, RouterSettings, SubgraphCalls, WebSockets};
pub use shared_rate_limit::SharedRateLimiter;

//! The router from outside: a real server on a free port, two small subgraphs, clients over HTTP, WebSocket and SSE.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod authentication;
mod choosing;
mod errors;
mod event_stream;
mod federation;
mod files;
mod hosted;
mod limits;
mod pages;
mod schemas;
mod shutdown;
mod socket;
mod subscriptions;
mod unreliable;
mod world;

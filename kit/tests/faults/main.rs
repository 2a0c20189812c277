//! Events between processes that really die: operating-system processes and `kill -9`, a Redis server that is started again empty,
//! stores that nobody reaches. What was told is counted where it is told, what took effect where it does.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

#[path = "../machinery/support.rs"]
#[expect(dead_code, reason = "shared with tests that need more of it")]
mod support;

#[path = "../schema/mod.rs"]
mod schema;

mod child;
mod deaths;
mod door;
mod outage;
mod processes;
mod redis_server;

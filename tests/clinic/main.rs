//! The real program, driven from outside over HTTP and WebSocket, on every engine.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]
#![expect(
    clippy::too_many_lines,
    clippy::similar_names,
    clippy::format_collect,
    clippy::needless_raw_string_hashes,
    reason = "a table of requests is read from top to bottom, and as it is written"
)]

mod access;
mod crashes;
mod erasures;
mod exports;
mod harness;
mod hostile;
mod keys;
mod live;
mod messages;
mod parked;
mod races;
mod records;
mod sealed;
mod tokens;
mod topology;
mod traces;
mod walk;

//! The machinery of events, keys and transactions under load, failure and crashes, on every engine.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod consuming;
mod crashes;
mod dead_letters;
mod following;
mod keys;
mod names;
mod outages;
mod plans;
mod positions;
mod reading;
#[path = "../schema/mod.rs"]
mod schema;
mod settling;
mod streams;
mod support;
mod switchboard;
mod writers;

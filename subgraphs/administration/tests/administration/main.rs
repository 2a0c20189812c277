//! The administration subgraph on every engine: everything that happens is recorded, nothing is changed unnoticed, and everybody
//! sees the part that is theirs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod access;
mod erasure;
mod keys;
mod listing;
mod migrations;
mod names;
mod plans;
mod processes;
mod recording;
mod schema;
mod tampering;
mod verifying;
mod world;

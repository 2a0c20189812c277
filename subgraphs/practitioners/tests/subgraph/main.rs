//! The practitioners subgraph through its schema, on every engine.

#![expect(
    clippy::unwrap_used,
    reason = "a test may stop where something is not as it should be"
)]

mod access;
mod browsing;
mod editing;
mod hostile;
mod licence;
mod migrations;
mod places;
mod plans;
mod references;
mod schema;
mod staff;
mod support;

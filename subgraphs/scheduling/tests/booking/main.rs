//! Booking, on every engine: one binary, so that the crate is linked once.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up should fail right there"
)]

mod access;
mod erasure;
mod graph;
mod holds;
mod live;
mod merged;
mod plans;
mod races;
mod reading;
mod refusals;
mod requests;
mod rules;
mod world;

//! Diagnosis codes on every document store: importing a release, finding codes, and what may go wrong on the way.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod graph;
mod importing;
mod searching;
mod world;

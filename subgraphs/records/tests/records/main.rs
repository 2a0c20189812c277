//! Medical records, on every document store: who sees and writes what, nothing lost, nothing overwritten, everything noted.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]
#![recursion_limit = "256"]

mod amending;
mod coding;
mod encounters;
mod entries;
mod erasure;
mod exports;
mod files;
mod glass;
mod history;
mod live;
mod matrix;
mod merges;
mod opened;
mod parts;
mod plans;
mod races;
mod returning;
mod schema;
mod sealing;
mod timeline;
mod world;

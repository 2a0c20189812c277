//! The patients subgraph on every engine: what people can do, see and not see.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod care;
mod consents;
mod duplicates;
mod erasing;
mod guardians;
mod hostile;
mod merging;
mod merging_refusals;
mod migrations;
mod plans;
mod registration;
mod schema;
mod sealing;
mod searching;
mod updates;
mod visibility;
mod world;

//! The patients subgraph on every engine: what people can do, see and not see.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod care;
mod guardians;
mod hostile;
mod migrations;
mod registration;
mod schema;
mod sealing;
mod searching;
mod updates;
mod visibility;
mod world;

//! The catalogue, schedules and free times, on every engine.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod access;
mod alternatives;
mod catalogue;
mod directory;
mod hostile;
mod migrations;
mod schedules;
mod schema;
mod slots;
mod world;

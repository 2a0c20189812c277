//! Telling people, on every document store: who is told what, once, and the truth about what became of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]
#![recursion_limit = "256"]

mod access;
mod erasing;
mod erasures;
mod mail;
mod plans;
mod preferences;
mod providers;
mod records;
mod reminders;
mod schema;
mod smtp;
mod staying;
mod telling;
mod templates;
mod world;

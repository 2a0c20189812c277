//! Identity on every engine: given, when, then.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod access;
mod accounts;
mod administration;
mod erasure;
mod invitations;
mod keys;
mod letterbox;
mod names;
mod passwords;
mod plans;
mod processes;
mod second_factor;
mod sessions;
mod store;
mod throttling;
mod world;

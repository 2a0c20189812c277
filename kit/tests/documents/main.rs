//! Document stores: what both back ends promise, and that they answer alike.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod alike;
mod answers;
mod commits;
mod events;
mod handlers;
mod lists;
mod model;
mod plans;
mod races;
mod things;
mod upgrades;
mod values;

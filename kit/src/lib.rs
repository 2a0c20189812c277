//! What every subgraph is built from. Knows no domain.
//!
//! **Invariant:** nothing here decides anything about a patient, a doctor or an appointment. What two domains share in *meaning* lives
//! in `contracts`; what they share in *machinery* lives here.

pub mod auth;
pub mod change;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod database;
pub mod documents;
pub mod erasure;
pub mod events;
pub mod failure;
pub mod files;
pub mod graphql;
pub mod hosting;
pub mod idempotency;
pub mod jobs;
pub mod near;
pub mod portability;
pub mod redis;
pub mod search;
pub mod subgraph;
pub mod telemetry;
pub mod testing;
pub mod validate;
pub mod vitals;

pub use clock::Clock;
pub use failure::{Failure, Fault, Rejection};

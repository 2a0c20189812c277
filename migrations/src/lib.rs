//! One migrator per relational domain, forward and back on three engines.
//!
//! Columns are chosen to mean the same everywhere: UUIDs as the engine's own type, instants as `BIGINT` microseconds
//! ([`caregraph_kit::database::Instant`]), enums as short texts, documents as `TEXT`.

pub mod administration;
pub mod identity;
pub mod patients;
pub mod practitioners;
pub mod scheduling;

//! Relational stores: one database per domain, on three engines, behind one door.
//!
//! **Invariant:** whatever a race could break is a constraint in the database. What this module adds is that losing a
//! race looks the same on every engine: a unique violation is a refusal, a deadlock is tried again.

mod added_index;
mod address;
mod connect;
mod embedded;
mod instant;
mod keyset;
mod migrate;
mod options;
mod race;
mod reader;
mod renewal;
mod transaction;

pub use added_index::{AddedIndex, INBOX_BY_AGE};
pub use connect::{Database, DatabaseError, Engine, Sacrificed};
pub use instant::Instant;
pub use keyset::{behind_ascending, behind_descending};
pub use migrate::{migrate, rollback};
pub use options::PoolSettings;
pub use race::{is_outage, is_retryable, is_unique_violation};
pub use reader::Reader;
pub use renewal::{SealedColumn, SealedField};
pub use transaction::Transaction;

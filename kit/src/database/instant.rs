//! How instants are stored.

use chrono::{DateTime, Utc};
use sea_orm::DeriveValueType;

/// An instant in a column: microseconds since the Unix epoch in a `BIGINT`.
///
/// The engines' own types differ in range (MariaDB's `TIMESTAMP` ends in 2038), precision and time-zone habits; a
/// number is the same everywhere, sorts, and indexes well. In psql, `to_timestamp(column / 1e6)` reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct Instant(pub i64);

impl From<DateTime<Utc>> for Instant {
    fn from(value: DateTime<Utc>) -> Self {
        Self(value.timestamp_micros())
    }
}

impl From<Instant> for DateTime<Utc> {
    fn from(value: Instant) -> Self {
        // Every value we wrote came from a date; one that did not is clamped rather than lost.
        DateTime::from_timestamp_micros(value.0).unwrap_or(if value.0 < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        })
    }
}

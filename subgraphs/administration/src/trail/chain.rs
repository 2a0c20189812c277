//! How entries hang together: pure arithmetic.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What the very first entry goes on from.
pub const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Where an entry stands: the day (UTC) on which it was recorded, and its number on that day, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place(pub NaiveDate, pub i64);

/// Takes in the columns of an entry one after the other. Each goes in with its length, and nothing differs from empty, so that no
/// two entries read the same.
pub struct Columns(Sha256);

impl Columns {
    /// No column yet.
    pub fn new() -> Self {
        Self(Sha256::new_with_prefix(b"caregraph audit entry 1"))
    }

    /// The next column is a text.
    #[must_use]
    pub fn text(self, value: &str) -> Self {
        self.bytes(Some(value.as_bytes()))
    }

    /// The next column is a text, or nothing.
    #[must_use]
    pub fn maybe_text(self, value: Option<&str>) -> Self {
        self.bytes(value.map(str::as_bytes))
    }

    /// The next column is an identifier.
    #[must_use]
    pub fn id(self, value: Uuid) -> Self {
        self.bytes(Some(value.as_bytes()))
    }

    /// The next column is an identifier, or nothing.
    #[must_use]
    pub fn maybe_id(self, value: Option<Uuid>) -> Self {
        self.bytes(value.as_ref().map(|id| id.as_bytes().as_slice()))
    }

    /// The next column is a number.
    #[must_use]
    pub fn number(self, value: i64) -> Self {
        self.bytes(Some(&value.to_be_bytes()))
    }

    fn bytes(mut self, value: Option<&[u8]>) -> Self {
        match value {
            None => self.0.update([0]),
            Some(bytes) => {
                self.0.update([1]);
                self.0.update((bytes.len() as u64).to_be_bytes());
                self.0.update(bytes);
            }
        }
        self
    }

    /// The digest of all columns.
    pub fn digest(self) -> Content {
        Content(self.0.finalize().into())
    }
}

/// A digest of everything that an entry says, without its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content([u8; 32]);

impl Content {
    /// The hash of an entry with this content at a place behind the entry with the hash `previous`: 64 hexadecimal digits.
    pub fn hash_at(&self, place: Place, previous: &str) -> String {
        let Place(day, number) = place;
        let mut hash = Sha256::new_with_prefix(b"caregraph audit chain 1");
        hash.update(day.format("%Y-%m-%d").to_string().as_bytes());
        hash.update(number.to_be_bytes());
        hash.update((previous.len() as u64).to_be_bytes());
        hash.update(previous.as_bytes());
        hash.update(self.0);
        format!("{:x}", hash.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: i64) -> Place {
        Place(NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(), number)
    }

    #[test]
    fn columns_do_not_run_into_each_other() {
        let digests = [
            Columns::new().text("ab").text("c").digest(),
            Columns::new().text("a").text("bc").digest(),
            Columns::new().text("abc").digest(),
            Columns::new().text("abc").maybe_text(None).digest(),
            Columns::new().text("abc").maybe_text(Some("")).digest(),
            Columns::new()
                .text("abc")
                .maybe_id(None)
                .maybe_text(None)
                .digest(),
        ];
        for (i, one) in digests.iter().enumerate() {
            for other in &digests[i + 1..] {
                assert_ne!(one, other);
            }
        }
    }

    #[test]
    fn a_hash_depends_on_content_place_and_what_went_before() {
        let content = Columns::new().text("a").digest();
        let hash = content.hash_at(place(1), START);
        assert_eq!(hash.len(), START.len());
        assert_eq!(hash, Columns::new().text("a").digest().hash_at(place(1), START));
        let next_day = Place(place(1).0.succ_opt().unwrap(), 1);
        for other in [
            content.hash_at(place(2), START),
            content.hash_at(next_day, START),
            content.hash_at(place(1), &hash),
            Columns::new().text("b").digest().hash_at(place(1), START),
        ] {
            assert_ne!(hash, other);
        }
    }
}

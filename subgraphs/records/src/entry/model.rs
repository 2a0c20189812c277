//! An entry and its versions. Pure.

use super::Content;
use caregraph_contracts::ids::{PatientId, RecordEntryId, UserId};
use chrono::{DateTime, Utc};

/// An entry of a medical record, in one of its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which one.
    pub id: RecordEntryId,
    /// Whose record; the surviving patient where several were put together.
    pub patient: PatientId,
    /// Counts its versions, from 1.
    pub number: i64,
    /// When what it tells of took place.
    pub at: DateTime<Utc>,
    /// What it says.
    pub content: Content,
    /// The visit during which it was written.
    pub encounter: Option<RecordEntryId>,
    /// Whether the patient may read it.
    pub released: bool,
    /// Whether it was entered in error: then it counts for nothing, and is kept for history only.
    pub retracted: bool,
    /// The request that wrote it, so that one that comes twice writes it once. Known of the newest version only.
    pub(crate) origin: Option<String>,
    /// When the first version was written.
    pub created_at: DateTime<Utc>,
    /// Who wrote it; `None` for what the program opened by itself.
    pub created_by: Option<UserId>,
    /// When this version was written.
    pub changed_at: DateTime<Utc>,
    /// Who wrote this version.
    pub changed_by: Option<UserId>,
}

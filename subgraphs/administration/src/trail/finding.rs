//! What verifying finds.

use async_graphql::Enum;
use caregraph_contracts::ids::AuditEntryId;
use chrono::NaiveDate;

/// What was done to the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "AuditFindingKind")]
pub enum FindingKind {
    /// An entry says something else than when it was recorded.
    Changed,
    /// An entry stands there that the trail did not record.
    Inserted,
    /// An entry is missing in the middle, or a whole day.
    Deleted,
    /// An entry stands in another place than where it was recorded.
    Reordered,
    /// Entries are missing at the end.
    Truncated,
    /// The head of a day is not signed by the trail.
    HeadForged,
    /// A day has entries, but no head.
    HeadMissing,
}

/// One thing that was done to the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// On which day.
    pub day: NaiveDate,
    /// At which number; `None` when it concerns the whole day.
    pub number: Option<i64>,
    /// The entry that stands there now.
    pub entry: Option<AuditEntryId>,
    /// What it is, for people.
    pub message: String,
}

//! Versions, as clients see them.

use super::entries::RecordEntry;
use super::people::Practitioner;
use crate::entry::{self, Version};
use async_graphql::{Object, SimpleObject};
use chrono::{DateTime, Utc};

/// One value that became another.
#[derive(Debug, Clone, SimpleObject)]
pub struct RecordFieldChange {
    /// Where, for example `diagnoses.0.code`.
    path: String,
    /// What stood there; null for nothing.
    before: Option<String>,
    /// What stands there; null for nothing.
    after: Option<String>,
}

impl From<entry::FieldChange> for RecordFieldChange {
    fn from(change: entry::FieldChange) -> Self {
        Self {
            path: change.path,
            before: change.before,
            after: change.after,
        }
    }
}

/// A version with what is different in it.
pub struct RecordVersion {
    pub(super) version: Version,
    pub(super) changes: Vec<entry::FieldChange>,
}

/// One version of an entry: who wrote it, when, why, and what is different to the one before.
#[Object]
impl RecordVersion {
    /// Its number, from 1.
    async fn number(&self) -> i64 {
        self.version.entry.number
    }

    /// When it was written.
    async fn changed_at(&self) -> DateTime<Utc> {
        self.version.entry.changed_at
    }

    /// Who wrote it; null for what happened by itself.
    async fn changed_by(&self) -> Option<Practitioner> {
        self.version.entry.changed_by.map(Practitioner::of_user)
    }

    /// Why, for amendments and what was taken back.
    async fn reason(&self) -> Option<&str> {
        self.version.reason.as_deref()
    }

    /// What is different to the version before; everything, for the first.
    async fn changes(&self) -> Vec<RecordFieldChange> {
        self.changes
            .iter()
            .cloned()
            .map(RecordFieldChange::from)
            .collect()
    }

    /// The entry as it was in this version.
    async fn entry(&self) -> RecordEntry {
        self.version.entry.clone().into()
    }
}

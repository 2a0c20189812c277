//! Entries of medical records, as documents of the collections `entries` and `entry_versions`: shaped as `entry/store.rs` of records
//! keeps them. Only records may write them one by one, after asking who may; what is declared about them is its own declaration, with
//! which the store is opened.

use anyhow::Result;
use caregraph_contracts::events::EntryKind;
use caregraph_contracts::ids::{Id, PatientId, RecordEntryId, RecordVersionId, UserId};
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::documents::{Commit, Declaration, Document, micros};
use caregraph_records::entry::Content;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Something that somebody writes into a record.
pub struct Note {
    /// Identifies it.
    pub id: RecordEntryId,
    /// Whose record.
    pub patient: PatientId,
    /// What it says.
    pub content: Content,
    /// Who writes it.
    pub by: UserId,
    /// When.
    pub written: DateTime<Utc>,
}

/// The newest version of an entry.
#[derive(Serialize, Deserialize)]
struct EntryRow {
    patient: PatientId,
    kind: EntryKind,
    #[serde(with = "micros")]
    at: DateTime<Utc>,
    number: i64,
    content: String,
    encounter: Option<RecordEntryId>,
    released: bool,
    listed: Option<bool>,
    origin: Option<String>,
    #[serde(with = "micros")]
    created_at: DateTime<Utc>,
    created_by: Option<UserId>,
    #[serde(with = "micros")]
    changed_at: DateTime<Utc>,
    changed_by: Option<UserId>,
}

impl Document for EntryRow {
    type Id = RecordEntryId;
    const COLLECTION: &'static str = "entries";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

/// One version of an entry.
#[derive(Serialize, Deserialize)]
struct VersionRow {
    entry: RecordEntryId,
    patient: PatientId,
    number: i64,
    #[serde(with = "micros")]
    at: DateTime<Utc>,
    content: String,
    encounter: Option<RecordEntryId>,
    released: bool,
    retracted: bool,
    reason: Option<String>,
    #[serde(with = "micros")]
    created_at: DateTime<Utc>,
    created_by: Option<UserId>,
    #[serde(with = "micros")]
    changed_at: DateTime<Utc>,
    changed_by: Option<UserId>,
}

impl Document for VersionRow {
    type Id = RecordVersionId;
    const COLLECTION: &'static str = "entry_versions";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

/// Adds an entry with its first version, released to the patient.
pub fn write(commit: &mut Commit, cipher: &FieldCipher, note: &Note) -> Result<()> {
    let version = Uuid::new_v5(&note.id.uuid(), &1_i64.to_be_bytes());
    let sealed = |table, record| {
        let place = FieldRef {
            table,
            record,
            field: "content",
        };
        cipher.seal_json(place, &note.content)
    };
    let (at, by) = (note.content.at(note.written), Some(note.by));
    let entry = EntryRow {
        patient: note.patient,
        kind: note.content.kind(),
        at,
        number: 1,
        content: sealed(EntryRow::COLLECTION, note.id.uuid())?,
        encounter: None,
        released: true,
        listed: Some(true),
        origin: None,
        created_at: note.written,
        created_by: by,
        changed_at: note.written,
        changed_by: by,
    };
    let first = VersionRow {
        entry: note.id,
        patient: note.patient,
        number: 1,
        at,
        content: sealed(VersionRow::COLLECTION, version)?,
        encounter: None,
        released: true,
        retracted: false,
        reason: None,
        created_at: note.written,
        created_by: by,
        changed_at: note.written,
        changed_by: by,
    };
    commit.insert(note.id, &entry)?;
    commit.insert(version.into(), &first)?;
    Ok(())
}

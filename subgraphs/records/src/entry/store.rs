//! Entries and their versions as documents. What they say is sealed; what they are found by is not.

mod erasing;

pub(crate) use erasing::Care;

use super::Content;
use super::history::Version;
use super::model::Entry;
use caregraph_contracts::events::EntryKind;
use caregraph_contracts::ids::{Id, PatientId, RecordEntryId, RecordVersionId, UserId};
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::documents::{
    Collection, Commit, Declaration, Direction, Document, Documents, Filter, Kind, PageKey, Query, Scalar,
    Versioned, micros,
};
use caregraph_kit::graphql::Edges;
use caregraph_kit::{Failure, Fault};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An entry as it is kept, in its newest version.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EntryRow {
    patient: PatientId,
    kind: EntryKind,
    #[serde(with = "micros")]
    at: DateTime<Utc>,
    number: i64,
    content: String,
    encounter: Option<RecordEntryId>,
    released: bool,
    /// Present and true unless it was entered in error, so that lists walk an index.
    listed: Option<bool>,
    /// Why it was written, so that a request that comes twice writes it once.
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
        let (up, newest) = (Direction::Ascending, Direction::Descending);
        Declaration::new(Self::COLLECTION)
            .field("patient", Kind::Text)
            .field("kind", Kind::Text)
            .field("at", Kind::Integer)
            .field("released", Kind::Boolean)
            .field("listed", Kind::Boolean)
            .field("encounter", Kind::Text)
            .field("origin", Kind::Text)
            .unique("once", &["origin"])
            .index(
                "timeline",
                &[("patient", newest), ("listed", newest), ("at", newest)],
            )
            .index(
                "released",
                &[
                    ("patient", newest),
                    ("released", newest),
                    ("listed", newest),
                    ("at", newest),
                ],
            )
            .index(
                "by_kind",
                &[
                    ("patient", newest),
                    ("kind", newest),
                    ("listed", newest),
                    ("at", newest),
                ],
            )
            .index("by_encounter", &[("encounter", up)])
    }
}

/// One version of an entry as it is kept, never changed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct VersionRow {
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
        let up = Direction::Ascending;
        Declaration::new(Self::COLLECTION)
            .field("entry", Kind::Text)
            .field("number", Kind::Integer)
            .field("patient", Kind::Text)
            .field("changed_at", Kind::Integer)
            .unique("one_of_each", &["entry", "number"])
            .index("by_time", &[("patient", up), ("changed_at", up)])
    }
}

/// Reads and writes entries. Cheap to clone.
#[derive(Clone)]
pub(crate) struct EntryStore {
    entries: Collection<EntryRow>,
    versions: Collection<VersionRow>,
    cipher: FieldCipher,
}

impl EntryStore {
    pub fn new(documents: &Documents, cipher: FieldCipher) -> Result<Self, Fault> {
        Ok(Self {
            entries: documents.collection()?,
            versions: documents.collection()?,
            cipher,
        })
    }

    pub async fn get(&self, id: RecordEntryId) -> Result<Option<Versioned<RecordEntryId, Entry>>, Fault> {
        let row = self.entries.get(id).await?;
        row.map(|row| self.read(row)).transpose()
    }

    /// The entry that a request wrote before.
    pub async fn of_origin(&self, origin: &str) -> Result<Option<Entry>, Fault> {
        let query = Query::of(Filter::is("origin", origin));
        let row = self.entries.first(query).await?;
        Ok(row.map(|row| self.read(row)).transpose()?.map(|row| row.value))
    }

    /// A list by time, the newest first.
    pub async fn list(
        &self,
        filter: Filter,
        after: Option<PageKey>,
        limit: u64,
    ) -> Result<Edges<PageKey, Entry>, Failure> {
        let query = Query::of(filter.and(Filter::is("listed", true)))
            .sorted_by("at", Direction::Descending)
            .after(after)
            .limit(limit);
        let rows = self.entries.find(&query).await?;
        rows.into_iter()
            .map(|(key, row)| Ok((key, self.read(row)?.value)))
            .collect()
    }

    /// What an entry said first.
    pub async fn first_version(&self, entry: RecordEntryId) -> Result<Option<Entry>, Fault> {
        let row = self.versions.get(version_id(entry, 1)).await?;
        Ok(row
            .map(|row| self.read_version(row))
            .transpose()?
            .map(|version| version.entry))
    }

    /// Versions of one entry, the newest first.
    pub async fn versions_of(
        &self,
        entry: RecordEntryId,
        after: Option<PageKey>,
        limit: u64,
    ) -> Result<Edges<PageKey, Version>, Failure> {
        let query = Query::of(Filter::is("entry", Scalar::id(entry)))
            .sorted_by("number", Direction::Descending)
            .after(after)
            .limit(limit);
        let rows = self.versions.find(&query).await?;
        rows.into_iter()
            .map(|(key, row)| Ok((key, self.read_version(row)?)))
            .collect()
    }

    /// Everything that was written about one patient up to a time, the oldest first, a thousand at most.
    pub async fn versions_until(
        &self,
        patient: PatientId,
        until: DateTime<Utc>,
        after: Option<PageKey>,
    ) -> Result<Edges<PageKey, Version>, Fault> {
        let past = Filter::less_than("changed_at", until + chrono::TimeDelta::microseconds(1));
        let query = Query::of(Filter::is("patient", Scalar::id(patient)).and(past))
            .sorted_by("changed_at", Direction::Ascending)
            .after(after)
            .limit(1000);
        let rows = self.versions.find(&query).await?;
        rows.into_iter()
            .map(|(key, row)| Ok((key, self.read_version(row)?)))
            .collect()
    }

    /// The first version of an entry.
    pub fn insert(&self, commit: &mut Commit, entry: &Entry) -> Result<(), Fault> {
        commit.insert(entry.id, &self.row(entry)?)?;
        self.keep_version(commit, entry, None)
    }

    /// Another version of an entry of which document version `seen` was read.
    pub fn replace(
        &self,
        commit: &mut Commit,
        seen: i64,
        entry: &Entry,
        reason: Option<&str>,
    ) -> Result<(), Fault> {
        commit.replace(entry.id, seen, &self.row(entry)?)?;
        self.keep_version(commit, entry, reason)
    }

    fn keep_version(&self, commit: &mut Commit, entry: &Entry, reason: Option<&str>) -> Result<(), Fault> {
        let id = version_id(entry.id, entry.number);
        let place = |field| place(VersionRow::COLLECTION, id.uuid(), field);
        let row = VersionRow {
            entry: entry.id,
            patient: entry.patient,
            number: entry.number,
            at: entry.at,
            content: self.cipher.seal_json(place("content"), &entry.content)?,
            encounter: entry.encounter,
            released: entry.released,
            retracted: entry.retracted,
            reason: reason.map(|reason| self.cipher.seal(place("reason"), reason)),
            created_at: entry.created_at,
            created_by: entry.created_by,
            changed_at: entry.changed_at,
            changed_by: entry.changed_by,
        };
        Ok(commit.insert(id, &row)?)
    }

    fn row(&self, entry: &Entry) -> Result<EntryRow, Fault> {
        let place = place(EntryRow::COLLECTION, entry.id.uuid(), "content");
        Ok(EntryRow {
            patient: entry.patient,
            kind: entry.content.kind(),
            at: entry.at,
            number: entry.number,
            content: self.cipher.seal_json(place, &entry.content)?,
            encounter: entry.encounter,
            released: entry.released,
            listed: (!entry.retracted).then_some(true),
            origin: entry.origin.clone(),
            created_at: entry.created_at,
            created_by: entry.created_by,
            changed_at: entry.changed_at,
            changed_by: entry.changed_by,
        })
    }

    fn read(
        &self,
        row: Versioned<RecordEntryId, EntryRow>,
    ) -> Result<Versioned<RecordEntryId, Entry>, Fault> {
        let Versioned { id, version, value } = row;
        let content: Content = self
            .cipher
            .open_json(place(EntryRow::COLLECTION, id.uuid(), "content"), &value.content)?;
        Ok(Versioned {
            id,
            version,
            value: Entry {
                id,
                patient: value.patient,
                number: value.number,
                at: value.at,
                content,
                encounter: value.encounter,
                released: value.released,
                retracted: value.listed.is_none(),
                origin: value.origin,
                created_at: value.created_at,
                created_by: value.created_by,
                changed_at: value.changed_at,
                changed_by: value.changed_by,
            },
        })
    }

    fn read_version(&self, row: Versioned<RecordVersionId, VersionRow>) -> Result<Version, Fault> {
        let Versioned { id, value, .. } = row;
        let place = |field| place(VersionRow::COLLECTION, id.uuid(), field);
        let reason = value
            .reason
            .map(|sealed| self.cipher.open(place("reason"), &sealed));
        Ok(Version {
            reason: reason.transpose()?,
            entry: Entry {
                id: value.entry,
                patient: value.patient,
                number: value.number,
                at: value.at,
                content: self.cipher.open_json(place("content"), &value.content)?,
                encounter: value.encounter,
                released: value.released,
                retracted: value.retracted,
                origin: None,
                created_at: value.created_at,
                created_by: value.created_by,
                changed_at: value.changed_at,
                changed_by: value.changed_by,
            },
        })
    }
}

/// It follows from entry and number, so that a repetition is recognised.
fn version_id(entry: RecordEntryId, number: i64) -> RecordVersionId {
    Uuid::new_v5(&entry.uuid(), &number.to_be_bytes()).into()
}

fn place(table: &'static str, record: Uuid, field: &'static str) -> FieldRef<'static> {
    FieldRef { table, record, field }
}

//! Exports and the parts that have arrived as documents. What parts say is sealed.

mod erasing;

pub(crate) use erasing::Archives;

use super::model::{Answer, Export, ExportStatus};
use caregraph_contracts::Domain;
use caregraph_contracts::events::ExportPart;
use caregraph_contracts::ids::{DataExportId, DataExportPartId, FileId, Id, PatientId, UserId};
use caregraph_kit::Fault;
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::documents::{
    Collection, Commit, Declaration, Direction, Document, Documents, Filter, Kind, Query, Scalar, Versioned,
    micros,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// How many exports of one person are shown: those of the last weeks.
const SHOWN: u64 = 20;
/// How many parts are read at once: each has up to a quarter of a megabyte.
const AT_ONCE: u64 = 50;

/// An export as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ExportRow {
    patient: PatientId,
    by: UserId,
    /// Present while it is being put together: nobody has two at a time about one patient.
    open: Option<String>,
    #[serde(with = "micros")]
    at: DateTime<Utc>,
    status: ExportStatus,
    answers: BTreeMap<Domain, Answer>,
    file: Option<FileId>,
    size: Option<u64>,
    ready_at: Option<i64>,
    until: Option<i64>,
}

impl Document for ExportRow {
    type Id = DataExportId;
    const COLLECTION: &'static str = "exports";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
            .field("patient", Kind::Text)
            .field("by", Kind::Text)
            .field("at", Kind::Integer)
            .field("open", Kind::Text)
            .unique("one_at_a_time", &["open"])
            .index(
                "by_people",
                &[
                    ("by", Direction::Descending),
                    ("patient", Direction::Descending),
                    ("at", Direction::Descending),
                ],
            )
            .index("of_patient", &[("patient", Direction::Ascending)])
    }
}

/// A part that a domain told, as it is kept until the archive is there.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PartRow {
    export: DataExportId,
    domain: Domain,
    number: u32,
    list: String,
    /// Sealed: rows of the list, as JSON.
    rows: String,
}

impl Document for PartRow {
    type Id = DataExportPartId;
    const COLLECTION: &'static str = "export_parts";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
            .field("export", Kind::Text)
            .index("of_export", &[("export", Direction::Ascending)])
    }
}

/// A part that was read back.
pub(crate) struct Part {
    pub id: DataExportPartId,
    pub version: i64,
    pub domain: Domain,
    pub number: u32,
    pub list: String,
    pub rows: Vec<Value>,
}

/// Reads and writes exports. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ExportStore {
    exports: Collection<ExportRow>,
    parts: Collection<PartRow>,
    cipher: FieldCipher,
}

impl ExportStore {
    pub fn new(documents: &Documents, cipher: FieldCipher) -> Result<Self, Fault> {
        Ok(Self {
            exports: documents.collection()?,
            parts: documents.collection()?,
            cipher,
        })
    }

    pub async fn get(&self, id: DataExportId) -> Result<Option<Versioned<DataExportId, Export>>, Fault> {
        Ok(self.exports.get(id).await?.map(read))
    }

    /// What somebody has asked for about a patient, the latest first.
    pub async fn of(&self, by: UserId, patient: PatientId) -> Result<Vec<Export>, Fault> {
        let theirs = Filter::is("by", Scalar::id(by)).and(Filter::is("patient", Scalar::id(patient)));
        let query = Query::of(theirs)
            .sorted_by("at", Direction::Descending)
            .limit(SHOWN);
        let rows = self.exports.find(&query).await?;
        Ok(rows.into_iter().map(|(_, row)| read(row).value).collect())
    }

    pub fn insert(commit: &mut Commit, export: &Export) -> Result<(), Fault> {
        Ok(commit.insert(export.id, &row_of(export))?)
    }

    pub fn replace(commit: &mut Commit, version: i64, export: &Export) -> Result<(), Fault> {
        Ok(commit.replace(export.id, version, &row_of(export))?)
    }

    /// Keeps a part as it came.
    pub fn keep(&self, commit: &mut Commit, part: &ExportPart) -> Result<(), Fault> {
        let id = part_id(part);
        let rows = self.cipher.seal_json(place(id), &part.rows)?;
        let row = PartRow {
            export: part.export_id,
            domain: part.domain,
            number: part.number,
            list: part.list.clone(),
            rows,
        };
        Ok(commit.insert(id, &row)?)
    }

    /// All parts of an export, in order.
    pub async fn parts(&self, export: DataExportId) -> Result<Vec<Part>, Fault> {
        let mut parts = Vec::new();
        let mut after = None;
        loop {
            let query = Query::of(Filter::is("export", Scalar::id(export)))
                .after(after)
                .limit(AT_ONCE);
            let rows = self.parts.find(&query).await?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            for (_, Versioned { id, version, value }) in rows {
                parts.push(Part {
                    rows: self.cipher.open_json(place(id), &value.rows)?,
                    id,
                    version,
                    domain: value.domain,
                    number: value.number,
                    list: value.list,
                });
            }
        }
        parts.sort_by_key(|part| (part.domain, part.number));
        Ok(parts)
    }

    /// Removes a part.
    pub fn forget(commit: &mut Commit, part: &Part) {
        commit.delete::<PartRow>(part.id, part.version);
    }
}

fn part_id(part: &ExportPart) -> DataExportPartId {
    let name = format!("{}/{}", part.domain, part.number);
    Uuid::new_v5(&part.export_id.uuid(), name.as_bytes()).into()
}

fn place(id: DataExportPartId) -> FieldRef<'static> {
    FieldRef {
        table: PartRow::COLLECTION,
        record: id.uuid(),
        field: "rows",
    }
}

fn row_of(export: &Export) -> ExportRow {
    let is_open = export.status == ExportStatus::Assembling;
    ExportRow {
        patient: export.patient,
        by: export.requested_by,
        open: is_open.then(|| format!("{}/{}", export.requested_by, export.patient)),
        at: export.requested_at,
        status: export.status,
        answers: export.answers.clone(),
        file: export.file,
        size: export.size,
        ready_at: export.ready_at.map(|at| at.timestamp_micros()),
        until: export.until.map(|until| until.timestamp_micros()),
    }
}

fn read(row: Versioned<DataExportId, ExportRow>) -> Versioned<DataExportId, Export> {
    let Versioned { id, version, value } = row;
    let value = Export {
        id,
        patient: value.patient,
        requested_by: value.by,
        requested_at: value.at,
        status: value.status,
        answers: value.answers,
        file: value.file,
        size: value.size,
        ready_at: value.ready_at.and_then(DateTime::from_timestamp_micros),
        until: value.until.and_then(DateTime::from_timestamp_micros),
    };
    Versioned { id, version, value }
}

//! An imported release as documents: one that says which release it is, and chunks with its codes.
//!
//! **Invariant:** chunks are written in the commit that makes theirs the current edition, so a release is there as a whole or not at
//! all. Those of earlier editions are removed after that; whoever is reading them notices and reads again.

use super::code::Code;
use super::order_file::Entry;
use caregraph_contracts::ids::Id;
use caregraph_kit::Fault;
use caregraph_kit::documents::{
    Collection, Commit, Declaration, Direction, Document, DocumentError, Documents, Filter, Kind, Query,
    micros,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// The code system.
const SYSTEM: &str = "icd10cm";

/// Codes of one chunk: some 250 KB.
const CHUNK: usize = 2_000;

/// How often to begin again because an import was faster.
const ROUNDS: u32 = 5;

/// What is known by an identifier here: releases and chunks. Follows from what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CatalogueId(Uuid);

impl CatalogueId {
    fn of(name: &str) -> Self {
        const CATALOGUES: Uuid = Uuid::from_u128(0x6f0d_31c4_9be2_5a77_b1d8_42f5_07ce_93ab);
        Self(Uuid::new_v5(&CATALOGUES, name.as_bytes()))
    }
}

impl Id for CatalogueId {
    fn uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for CatalogueId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for CatalogueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is known of an imported release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// What it is called, for example `icd10cm_order_2026`.
    pub label: String,
    /// How many codes it has, headings among them.
    pub codes: usize,
    /// When it was imported.
    pub imported_at: DateTime<Utc>,
    /// Grows by one with each import.
    pub edition: i64,
}

/// A release as it is kept; its version is the edition.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReleaseRow {
    system: String,
    label: String,
    codes: usize,
    chunks: usize,
    #[serde(with = "micros")]
    imported_at: DateTime<Utc>,
}

impl Document for ReleaseRow {
    type Id = CatalogueId;
    const COLLECTION: &'static str = "code_releases";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

/// Some of a release's codes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ChunkRow {
    edition: i64,
    /// Lines of code, `1` or `0`, and title, divided by tabs. One text, because a hundred thousand small values would be taken apart
    /// and put together by every store on their way.
    lines: String,
}

impl Document for ChunkRow {
    type Id = CatalogueId;
    const COLLECTION: &'static str = "code_chunks";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
            .field("edition", Kind::Integer)
            .index("by_edition", &[("edition", Direction::Ascending)])
    }
}

impl ChunkRow {
    fn write(edition: i64, entries: &[Entry]) -> Self {
        let mut lines = String::new();
        for Entry {
            code,
            billable,
            title,
        } in entries
        {
            let flag = if *billable { "\t1\t" } else { "\t0\t" };
            // Titles hold no control characters: the file was read by `OrderFile`.
            lines.extend([code.bare(), flag, title.as_str(), "\n"]);
        }
        Self { edition, lines }
    }

    fn read(&self) -> Option<Vec<Entry>> {
        let entry = |line: &str| {
            let mut columns = line.splitn(3, '\t');
            Some(Entry {
                code: Code::read(columns.next()?)?,
                billable: columns.next()? == "1",
                title: columns.next()?.to_owned(),
            })
        };
        self.lines.lines().map(entry).collect()
    }
}

/// Reads and writes the imported release. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Catalogue {
    documents: Documents,
    releases: Collection<ReleaseRow>,
    chunks: Collection<ChunkRow>,
}

impl Catalogue {
    pub(crate) fn new(documents: &Documents) -> Result<Self, Fault> {
        Ok(Self {
            documents: documents.clone(),
            releases: documents.collection()?,
            chunks: documents.collection()?,
        })
    }

    /// The current release, if one was imported.
    pub(crate) async fn release(&self) -> Result<Option<Release>, Fault> {
        let found = self.releases.get(CatalogueId::of(SYSTEM)).await?;
        Ok(found.map(|found| Release {
            label: found.value.label,
            codes: found.value.codes,
            imported_at: found.value.imported_at,
            edition: found.version,
        }))
    }

    /// The codes of the current release, and its edition.
    pub(crate) async fn entries(&self) -> Result<Option<(i64, Vec<Entry>)>, Fault> {
        for _ in 0..ROUNDS {
            let Some(release) = self.releases.get(CatalogueId::of(SYSTEM)).await? else {
                return Ok(None);
            };
            let (edition, chunks) = (release.version, release.value.chunks);
            let ids: Vec<_> = (0..chunks).map(|chunk| chunk_id(edition, chunk)).collect();
            let mut entries = Vec::with_capacity(release.value.codes);
            let mut read = 0;
            // One after the other: a store gives them all at once otherwise, several times as large as they are.
            for id in ids {
                let Some(chunk) = self.chunks.get(id).await? else {
                    break;
                };
                entries.extend(chunk.value.read().ok_or(DocumentError::Damaged(
                    ChunkRow::COLLECTION,
                    "a line is not a code with its title",
                ))?);
                read += 1;
            }
            if read == chunks {
                return Ok(Some((edition, entries)));
            }
        }
        Err(DocumentError::Damaged(
            ReleaseRow::COLLECTION,
            "chunks of the current release are missing",
        )
        .into())
    }

    /// Makes `entries` the current release; `None` when somebody else imported one meanwhile.
    pub(crate) async fn replace(
        &self,
        entries: &[Entry],
        label: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Release>, Fault> {
        let id = CatalogueId::of(SYSTEM);
        let before = self.releases.get(id).await?.map(|release| release.version);
        let edition = before.unwrap_or_default() + 1;
        let row = ReleaseRow {
            system: SYSTEM.to_owned(),
            label: label.to_owned(),
            codes: entries.len(),
            chunks: entries.len().div_ceil(CHUNK),
            imported_at: now,
        };
        let mut commit = Commit::new();
        // First, so that whoever comes second loses before it has written much.
        match before {
            Some(version) => commit.replace(id, version, &row)?,
            None => commit.insert(id, &row)?,
        }
        for (at, entries) in entries.chunks(CHUNK).enumerate() {
            commit.insert(chunk_id(edition, at), &ChunkRow::write(edition, entries))?;
        }
        match self.documents.commit(commit).await {
            Ok(_) => {}
            Err(error) if error.lost_a_race() => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        self.remove_before(edition).await?;
        Ok(Some(Release {
            label: row.label,
            codes: row.codes,
            imported_at: now,
            edition,
        }))
    }

    /// Removes chunks of editions before this one. Whoever is killed on the way leaves the rest to the next import.
    async fn remove_before(&self, edition: i64) -> Result<(), Fault> {
        loop {
            // Chunks are large and only their identifiers matter, so there are few at a time.
            let old = Query::of(Filter::less_than("edition", edition)).limit(10);
            let found = self.chunks.find(&old).await?;
            if found.is_empty() {
                return Ok(());
            }
            for (_, chunk) in found {
                match self.chunks.delete(chunk.id, chunk.version).await {
                    Ok(()) => {}
                    // Another import removes the same ones.
                    Err(error) if error.lost_a_race() => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
}

fn chunk_id(edition: i64, chunk: usize) -> CatalogueId {
    CatalogueId::of(&format!("{SYSTEM}/{edition}/{chunk}"))
}

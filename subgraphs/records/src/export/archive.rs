//! The archive: a ZIP file that is made while it is being stored, so that no more than a piece of it is in memory.

use super::lists::DOCUMENTS;
use super::model::Export;
use bytes::Bytes;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::FileId;
use caregraph_kit::files::{BodySender, FileBody, FileError, FileInfo, Files, pipe};
use chrono::{DateTime, SecondsFormat, Utc};
use futures::StreamExt;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use tokio::runtime::Handle;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// What an archive says about itself, in both languages of the house.
const ABOUT: &str = include_str!("about.txt");
/// Pieces of the archive are handed on when they are as large as this, in bytes.
const PIECE: usize = 64 * 1024;

/// Lists of one domain, by their names.
pub(super) type Lists = BTreeMap<String, Vec<Value>>;

/// Everything that goes into an archive.
#[derive(Default)]
pub(super) struct Contents {
    /// What each domain has said.
    pub lists: BTreeMap<Domain, Lists>,
    /// Files of the record.
    pub files: Vec<FileId>,
}

impl Contents {
    /// Puts `lists` of a domain behind those that it has said before.
    pub fn add(&mut self, domain: Domain, list: String, rows: Vec<Value>) {
        let lists = self.lists.entry(domain).or_default();
        lists.entry(list).or_default().extend(rows);
    }

    /// The files that the documents of the record name.
    pub fn find_files(&mut self) {
        let documents = self
            .lists
            .get(&Domain::Records)
            .and_then(|lists| lists.get(DOCUMENTS));
        let named = documents
            .into_iter()
            .flatten()
            .filter_map(|document| document["file"]["id"].as_str()?.parse().ok());
        let mut seen = HashSet::new();
        self.files = named.filter(|id| seen.insert(*id)).collect();
    }
}

/// The archive as it comes into being.
pub(super) fn body(export: &Export, contents: Contents, files: Files, now: DateTime<Utc>) -> FileBody {
    let (sender, body) = pipe();
    let summary = summary(export, &contents, now);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let pieces = Pieces {
            sender,
            runtime: runtime.clone(),
            waiting: Vec::with_capacity(PIECE),
        };
        match write(pieces, &summary, contents, &files, now) {
            Ok(pieces) => runtime.block_on(pieces.sender.finish()),
            // The sender is gone, so the body breaks off, and whoever stores it gives up.
            Err(error) => tracing::warn!(
                error = caregraph_kit::telemetry::chain(&error),
                "an archive broke off"
            ),
        }
    });
    body
}

fn summary(export: &Export, contents: &Contents, now: DateTime<Utc>) -> Value {
    let rows = |lists: &Lists| {
        let counts = lists.iter().map(|(name, rows)| (name.clone(), json!(rows.len())));
        Value::Object(counts.collect())
    };
    let lists: serde_json::Map<String, Value> = contents
        .lists
        .iter()
        .map(|(domain, lists)| (domain.to_string(), rows(lists)))
        .collect();
    json!({
        "id": export.id,
        "patientId": export.patient,
        "requestedBy": export.requested_by,
        "requestedAt": export.requested_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        "assembledAt": now.to_rfc3339_opts(SecondsFormat::Secs, true),
        "rows": lists,
        "files": contents.files.len(),
    })
}

fn write(
    pieces: Pieces,
    summary: &Value,
    contents: Contents,
    files: &Files,
    now: DateTime<Utc>,
) -> Result<Pieces, ArchiveError> {
    let runtime = pieces.runtime.clone();
    let mut zip = ZipWriter::new_stream(pieces);
    let stamp = zip::DateTime::try_from(now.naive_utc()).unwrap_or_default();
    let packed = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(stamp);
    // Pictures and scans are packed already.
    let stored = packed.compression_method(CompressionMethod::Stored);

    zip.start_file("README.txt", packed)?;
    zip.write_all(ABOUT.as_bytes())?;
    zip.start_file("export.json", packed)?;
    serde_json::to_writer_pretty(&mut zip, summary).map_err(io::Error::from)?;
    for (domain, lists) in contents.lists {
        for (list, rows) in lists {
            zip.start_file(format!("{domain}/{list}.json"), packed)?;
            serde_json::to_writer_pretty(&mut zip, &rows).map_err(io::Error::from)?;
        }
    }
    for id in contents.files {
        let Some((info, mut body)) = runtime.block_on(files.whole(id))? else {
            continue;
        };
        zip.start_file(
            path_of(&info),
            stored.large_file(info.size >= u64::from(u32::MAX)),
        )?;
        while let Some(piece) = runtime.block_on(body.next()) {
            zip.write_all(&piece?)?;
        }
    }
    let mut pieces = zip.finish()?.into_inner();
    pieces.flush()?;
    Ok(pieces)
}

/// Its id keeps files of the same name apart, and leads to the document that names it.
fn path_of(info: &FileInfo) -> String {
    format!("records/files/{} {}", info.id, info.name)
}

/// Hands on what is written, piece by piece, from a thread that may wait.
struct Pieces {
    sender: BodySender,
    runtime: Handle,
    waiting: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::replace(&mut self.waiting, Vec::with_capacity(PIECE)));
        if self.runtime.block_on(self.sender.send(Ok(piece))) {
            Ok(())
        } else {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
}

/// Why an archive could not be made.
#[derive(Debug, thiserror::Error)]
enum ArchiveError {
    #[error("a file of the record cannot be read")]
    File(#[from] FileError),
    #[error("the archive cannot be written")]
    Zip(#[from] zip::result::ZipError),
    #[error("the archive cannot be handed on")]
    Io(#[from] io::Error),
}

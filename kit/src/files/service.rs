//! What a domain does with files.

use super::model::NotAttachable;
use super::{
    Blobs, DownloadGuard, FileError, FileKind, FileRow, FileState, FilesSettings, UPLOAD_LINK, name,
};
use crate::clock::Clock;
use crate::crypto::{FieldCipher, FieldRef, UrlSigner};
use crate::documents::{Collection, Commit, Document, Filter, Query, Scalar, Versioned};
use crate::failure::{Failure, Rejection};
use crate::subgraph::DocumentGround;
use caregraph_contracts::ids::{FileId, Id, UserId};
use chrono::{DateTime, Utc};
use rand::Rng;
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// The files of one domain. Cheap to clone; clones share.
#[derive(Clone)]
pub struct Files(Arc<Shared>);

struct Shared {
    rows: Collection<FileRow>,
    blobs: Blobs,
    cipher: FieldCipher,
    clock: Clock,
    signer: UrlSigner,
    settings: FilesSettings,
    /// What keys of this domain's objects begin with, so that domains may share a bucket.
    prefix: String,
    uploads: Arc<Semaphore>,
    guard: OnceLock<Arc<dyn DownloadGuard>>,
}

/// Whose file it is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileOwner {
    /// Whom or what it is about, for example a patient.
    pub subject: Uuid,
    /// Who uploads and attaches it.
    pub by: UserId,
}

/// Leave to upload one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadTicket {
    /// The file.
    pub id: FileId,
    /// Where its content goes by `PUT`: a whole address, or a path when `files.public_url` is not set. It is a secret.
    pub url: String,
    /// Until when the upload may begin: ten minutes from now.
    pub expires_at: DateTime<Utc>,
    /// Most bytes.
    pub max_bytes: u64,
}

/// What is known about a file whose content is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInfo {
    /// The file.
    pub id: FileId,
    /// Its name, without path, with an extension that fits the kind. Names may hold names of people.
    pub name: String,
    /// What it is, found out from the content.
    pub kind: FileKind,
    /// In bytes.
    pub size: u64,
    /// SHA-256 of the content, in lower-case hexadecimal digits.
    pub sha256: String,
    /// Who uploaded it.
    pub by: UserId,
    /// `STORED` or `ATTACHED`.
    pub state: FileState,
}

/// How often somebody who lost the race for a seat looks for another.
const RACES: u32 = 40;

impl Files {
    /// The files of a ground whose store was opened with [`FileRow::declaration`](Document::declaration).
    pub fn new(ground: &DocumentGround, blobs: Blobs, settings: &FilesSettings) -> Result<Self, FileError> {
        Ok(Self(Arc::new(Shared {
            rows: ground.documents.collection()?,
            blobs,
            cipher: ground.cipher.clone(),
            clock: ground.clock.clone(),
            signer: UrlSigner::new(ground.cipher.ring().clone(), "files"),
            settings: settings.clone(),
            prefix: ground.documents.domain().as_str().to_owned(),
            uploads: Arc::new(Semaphore::new(settings.concurrent_uploads.max(1))),
            guard: OnceLock::new(),
        })))
    }

    /// Lets somebody upload a file, and says where. Whether they may is decided before.
    ///
    /// Refuses with a conflict when too many files of this person wait to be attached, or the subject has too many.
    pub async fn begin(&self, owner: FileOwner, name: &str) -> Result<UploadTicket, Failure> {
        let settings = self.settings();
        let of_subject = Filter::is("subject", Scalar::from(owner.subject));
        if self.rows().count(&of_subject).await? >= settings.per_subject {
            let message = format!("there are {} files already", settings.per_subject);
            return Err(Rejection::conflict("", message).into());
        }
        let name = name::clean(name);
        for _ in 0..RACES {
            let now = self.clock().now();
            let Some(seat) = self.free_seat(owner.by, now).await? else {
                break;
            };
            let id = self.clock().new_id();
            let sealed = self.seal(id, "name", &name);
            let row = FileRow::begun(owner.subject, owner.by, seat, sealed, now);
            match self.rows().insert(id, &row).await {
                Ok(()) => {
                    let expires_at = now + UPLOAD_LINK;
                    return Ok(UploadTicket {
                        id,
                        url: self.address("PUT", id, owner.by, expires_at, ""),
                        expires_at,
                        max_bytes: settings.max_bytes,
                    });
                }
                Err(error) if error.lost_a_race() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let message = "too many of your files wait to be attached; attach them, or try again later";
        Err(Rejection::conflict("", message).into())
    }

    /// Makes an uploaded file belong to what `commit` writes: once, by its uploader, for its subject, within a day. Of two
    /// commits that attach it, the second fails with a conflict.
    ///
    /// Refusals are at `fileId`: not found, or a conflict when its content has not arrived or it belongs to something already.
    pub async fn attach(
        &self,
        commit: &mut Commit,
        id: FileId,
        owner: FileOwner,
    ) -> Result<FileInfo, Failure> {
        const PATH: &str = "fileId";
        let found = self.rows().get(id).await?;
        let found = found.ok_or_else(|| Rejection::not_found(PATH, "file"))?;
        let now = self.clock().now();
        found
            .value
            .may_be_attached(owner.subject, owner.by, now)
            .map_err(|reason| match reason {
                NotAttachable::Nowhere => Rejection::not_found(PATH, "file"),
                NotAttachable::Unfinished => Rejection::conflict(PATH, "the file has not been uploaded yet"),
                NotAttachable::Attached => Rejection::conflict(PATH, "the file is attached already"),
            })?;
        let attached = found.value.becoming(FileState::Attached, now);
        commit.replace(id, found.version, &attached)?;
        Ok(self.info_of(id, &attached)?)
    }

    /// Ends a file as part of a commit, whatever belongs to it. Nobody can read it from then on; its content is removed by
    /// [`Files::upkeep`]. Not found when it is not there (any more).
    pub async fn remove(&self, commit: &mut Commit, id: FileId) -> Result<(), Failure> {
        let found = self.rows().get(id).await?;
        let found = found.filter(|found| found.value.state != FileState::Removed);
        let found = found.ok_or_else(|| Rejection::not_found("fileId", "file"))?;
        let now = self.clock().now();
        commit.replace(id, found.version, &found.value.becoming(FileState::Removed, now))?;
        Ok(())
    }

    /// Those of `ids` whose content is there and that are not removed, in no particular order.
    pub async fn infos(&self, ids: &[FileId]) -> Result<Vec<FileInfo>, FileError> {
        let found = self.rows().get_many(ids).await?;
        let there = found
            .iter()
            .filter(|found| matches!(found.value.state, FileState::Stored | FileState::Attached));
        there.map(|found| self.info_of(found.id, &found.value)).collect()
    }

    pub(super) fn info_of(&self, id: FileId, row: &FileRow) -> Result<FileInfo, FileError> {
        let (Some(kind), Some(size), Some(digest)) = (row.kind, row.size, &row.digest) else {
            return Err(FileError::Damaged("what is known about it is incomplete"));
        };
        Ok(FileInfo {
            id,
            name: name::with_extension(self.open(id, "name", &row.name)?, kind),
            kind,
            size: u64::try_from(size).map_err(|_| FileError::Damaged("its size is negative"))?,
            sha256: self.open(id, "digest", digest)?,
            by: row.by,
            state: row.state,
        })
    }

    /// A seat that nobody has; those of abandoned uploads are taken back first.
    async fn free_seat(&self, user: UserId, now: DateTime<Utc>) -> Result<Option<String>, FileError> {
        let seats = self.settings().pending_per_user.clamp(1, 1_000);
        let seated = Filter::is("by", Scalar::id(user)).and(Filter::present("seat"));
        let mut taken = HashSet::new();
        for (_, Versioned { id, version, value }) in self.rows().find(&Query::of(seated).limit(1_000)).await?
        {
            let seat = value.seat.clone();
            if value.is_abandoned(now) {
                let removed = value.becoming(FileState::Removed, now);
                match self.rows().replace(id, version, &removed).await {
                    Ok(()) => continue,
                    // Something has become of it after all.
                    Err(error) if error.lost_a_race() => {}
                    Err(error) => return Err(error.into()),
                }
            }
            taken.extend(seat);
        }
        let free: Vec<_> = (0..seats)
            .map(|number| format!("{user}/{number}"))
            .filter(|seat| !taken.contains(seat))
            .collect();
        // Any of them, so that requests at the same instant do not all want the first.
        let chosen = (!free.is_empty()).then(|| rand::rng().random_range(0..free.len()));
        Ok(chosen.map(|at| free[at].clone()))
    }

    pub(super) fn seal(&self, id: FileId, field: &str, plain: &str) -> String {
        self.0.cipher.seal(place(id, field), plain)
    }

    pub(super) fn open(&self, id: FileId, field: &str, sealed: &str) -> Result<String, FileError> {
        Ok(self.0.cipher.open(place(id, field), sealed)?)
    }

    pub(super) fn rows(&self) -> &Collection<FileRow> {
        &self.0.rows
    }

    pub(super) fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(super) fn signer(&self) -> &UrlSigner {
        &self.0.signer
    }

    pub(super) fn settings(&self) -> &FilesSettings {
        &self.0.settings
    }

    pub(super) fn prefix(&self) -> &str {
        &self.0.prefix
    }

    pub(super) fn uploads(&self) -> &Arc<Semaphore> {
        &self.0.uploads
    }

    pub(super) fn guard(&self) -> &OnceLock<Arc<dyn DownloadGuard>> {
        &self.0.guard
    }
}

fn place(id: FileId, field: &str) -> FieldRef<'_> {
    FieldRef {
        table: FileRow::COLLECTION,
        record: id.uuid(),
        field,
    }
}

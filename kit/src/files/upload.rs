//! Taking in the content of a file.

use super::blobs::BlobWriter;
use super::body::{FileBody, drain};
use super::chunks::{DataKey, Sealer};
use super::sniff::{HEAD_BYTES, TextCheck, Unwelcome, sniff};
use super::{FileError, FileInfo, FileKind, FileOwner, FileRow, FileState, Files, LONGEST_UPLOAD, name};
use crate::documents::Versioned;
use crate::telemetry::chain;
use bytes::Bytes;
use caregraph_contracts::ids::{FileId, UserId};
use futures::StreamExt;
use rand::RngCore;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::time::Duration;

/// Why an upload is not taken.
#[derive(Debug)]
pub(super) enum UploadRefusal {
    /// There is no such file for this person.
    NotFound,
    /// Its content is there or on its way.
    Taken,
    /// Too many bytes.
    TooLarge,
    /// No bytes.
    Empty,
    /// Not a kind that is taken.
    Unwelcome(Unwelcome),
    /// It ended early.
    Broken,
    /// Nothing came for too long.
    TooSlow,
    /// Too many uploads at once.
    Busy,
    /// Not the sender's mistake.
    Fault(FileError),
}

impl<E: Into<FileError>> From<E> for UploadRefusal {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

impl UploadRefusal {
    /// Whether the same content would be refused again, so that the leave to upload ends.
    fn is_final(&self) -> bool {
        matches!(self, Self::TooLarge | Self::Empty | Self::Unwelcome(_))
    }
}

/// An upload that is under way, and nobody else's.
struct Claimed {
    id: FileId,
    version: i64,
    row: FileRow,
    object: String,
    key: DataKey,
}

/// What came in.
struct Taken {
    kind: FileKind,
    size: u64,
    digest: String,
}

/// How often the end of an upload is written again when the document was changed meanwhile, as a renewal of keys does.
const RACES: u32 = 5;

impl Files {
    /// Takes in the content of one file. Runs to its end whether or not somebody waits for it.
    pub(super) async fn receive(
        self,
        id: FileId,
        user: UserId,
        declared: Option<u64>,
        body: FileBody,
    ) -> Result<FileInfo, UploadRefusal> {
        // A content that is refused at its end is asked for more once again, which not every stream takes well.
        let mut body = body.fuse().boxed();
        let received = self.receive_from(id, user, declared, &mut body).await;
        if received.is_err() {
            drain(body).await;
        }
        received
    }

    async fn receive_from(
        &self,
        id: FileId,
        user: UserId,
        declared: Option<u64>,
        body: &mut FileBody,
    ) -> Result<FileInfo, UploadRefusal> {
        if declared.is_some_and(|declared| declared > self.settings().max_bytes) {
            return Err(UploadRefusal::TooLarge);
        }
        let Ok(_turn) = self.uploads().clone().try_acquire_owned() else {
            return Err(UploadRefusal::Busy);
        };
        let claimed = self.claim(id, user).await?;
        let mut writer = self.blobs().writer(&claimed.object);
        let limit = LONGEST_UPLOAD.to_std().unwrap_or(Duration::MAX);
        let arriving = Arriving::Upload(
            Inspection::new(&self.settings().allowed),
            self.settings().max_bytes,
        );
        let taken = tokio::time::timeout(
            limit,
            self.take_in(&claimed.key, &mut writer, (declared, arriving), body),
        )
        .await;
        let refusal = match taken.unwrap_or(Err(UploadRefusal::TooSlow)) {
            Ok(taken) => return self.keep(claimed, &taken).await,
            Err(refusal) => refusal,
        };
        if let Err(error) = writer.abort().await {
            tracing::warn!(file = %id, error = chain(&error), "a broken upload is left for later");
        }
        self.let_go(claimed, refusal.is_final()).await;
        Err(refusal)
    }

    /// Stores content that we make ourselves, for `owner` to attach. Gives up when the content breaks off.
    pub async fn store(
        &self,
        owner: FileOwner,
        name: &str,
        kind: FileKind,
        mut body: FileBody,
    ) -> Result<FileInfo, FileError> {
        let id = self.clock().new_id();
        let claimed = self.place(id, owner, name).await?;
        let mut writer = self.blobs().writer(&claimed.object);
        let taken = self
            .take_in(&claimed.key, &mut writer, (None, Arriving::Ours(kind)), &mut body)
            .await;
        let refusal = match taken {
            Ok(taken) => match self.keep(claimed, &taken).await {
                Ok(info) => return Ok(info),
                Err(refusal) => refusal,
            },
            Err(refusal) => {
                if let Err(error) = writer.abort().await {
                    tracing::warn!(file = %id, error = chain(&error), "a broken file is left for later");
                }
                self.let_go(claimed, true).await;
                refusal
            }
        };
        Err(match refusal {
            UploadRefusal::Fault(error) => error,
            _ => FileError::Damaged("what was to be stored broke off"),
        })
    }

    /// Writes down that we are going to store a file, and where.
    async fn place(&self, id: FileId, owner: FileOwner, name: &str) -> Result<Claimed, FileError> {
        let (key, object) = (DataKey::generate(id), self.new_object());
        let sealed = self.seal(id, "name", &name::clean(name));
        let now = self.clock().now();
        let mut row = FileRow::made(owner, sealed, now);
        row.key = Some(self.seal(id, "key", &key.encode()));
        row.object = Some(object.clone());
        self.rows().insert(id, &row).await?;
        Ok(Claimed {
            id,
            version: 1,
            row,
            object,
            key,
        })
    }

    /// Writes down that the content is coming and where it will be, before anything is written there.
    async fn claim(&self, id: FileId, user: UserId) -> Result<Claimed, UploadRefusal> {
        let now = self.clock().now();
        let Some(Versioned { version, value, .. }) = self.rows().get(id).await? else {
            return Err(UploadRefusal::NotFound);
        };
        match value.state {
            FileState::Removed => return Err(UploadRefusal::NotFound),
            _ if value.by != user => return Err(UploadRefusal::NotFound),
            FileState::Receiving | FileState::Stored | FileState::Attached => {
                return Err(UploadRefusal::Taken);
            }
            FileState::Pending => {}
        }
        let (key, object) = (DataKey::generate(id), self.new_object());
        let mut row = value.becoming(FileState::Receiving, now);
        row.key = Some(self.seal(id, "key", &key.encode()));
        row.object = Some(object.clone());
        match self.rows().replace(id, version, &row).await {
            Ok(()) => Ok(Claimed {
                id,
                version: version + 1,
                row,
                object,
                key,
            }),
            Err(error) if error.lost_a_race() => Err(UploadRefusal::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// A name that cannot be guessed, spread over folders.
    fn new_object(&self) -> String {
        let mut random = [0_u8; 32];
        rand::rng().fill_bytes(&mut random);
        let name = hex(&random);
        format!("{}/{}/{name}", self.prefix(), &name[..2])
    }

    async fn take_in(
        &self,
        key: &DataKey,
        writer: &mut BlobWriter,
        (declared, mut arriving): (Option<u64>, Arriving<'_>),
        body: &mut FileBody,
    ) -> Result<Taken, UploadRefusal> {
        let idle = Duration::from_secs(self.settings().idle_seconds.max(1));
        let (mut sealer, mut digest, mut size) = (Sealer::new(key), Sha256::new(), 0_u64);
        loop {
            let piece: Bytes = match tokio::time::timeout(idle, body.next()).await {
                Err(_) => return Err(UploadRefusal::TooSlow),
                Ok(Some(Err(_))) => return Err(UploadRefusal::Broken),
                Ok(Some(Ok(piece))) => piece,
                Ok(None) => break,
            };
            size += piece.len() as u64;
            arriving.feed(&piece, size)?;
            digest.update(&piece);
            for chunk in sealer.push(&piece)? {
                writer.write(&chunk).await?;
            }
        }
        if declared.is_some_and(|declared| declared != size) {
            return Err(UploadRefusal::Broken);
        }
        if size == 0 {
            return Err(UploadRefusal::Empty);
        }
        let kind = arriving.finish()?;
        writer.write(&sealer.finish()).await?;
        writer.finish().await?;
        Ok(Taken {
            kind,
            size,
            digest: hex(&digest.finalize()),
        })
    }

    /// Writes down that the content is there.
    async fn keep(&self, claimed: Claimed, taken: &Taken) -> Result<FileInfo, UploadRefusal> {
        let Claimed {
            id,
            mut version,
            mut row,
            object,
            ..
        } = claimed;
        for _ in 0..RACES {
            let mut stored = row.becoming(FileState::Stored, self.clock().now());
            stored.kind = Some(taken.kind);
            stored.size = Some(i64::try_from(taken.size).unwrap_or(i64::MAX));
            stored.digest = Some(self.seal(id, "digest", &taken.digest));
            match self.rows().replace(id, version, &stored).await {
                Ok(()) => return Ok(self.info_of(id, &stored)?),
                Err(error) if error.lost_a_race() => {}
                // It may have been written all the same; if not, the document says where the content is.
                Err(error) => return Err(error.into()),
            }
            match self.rows().get(id).await? {
                Some(now)
                    if now.value.state == FileState::Receiving
                        && now.value.object.as_ref() == Some(&object) =>
                {
                    (version, row) = (now.version, now.value);
                }
                // Removed meanwhile, or forgotten.
                _ => break,
            }
        }
        self.blobs().delete(&object).await?;
        Err(UploadRefusal::NotFound)
    }

    /// Ends the leave to upload, or lets it be tried again. When that fails, the upkeep does it later.
    async fn let_go(&self, claimed: Claimed, is_final: bool) {
        let next = if is_final {
            FileState::Removed
        } else {
            FileState::Pending
        };
        let row = claimed.row.becoming(next, self.clock().now());
        if let Err(error) = self.rows().replace(claimed.id, claimed.version, &row).await {
            tracing::warn!(file = %claimed.id, error = chain(&error), "a broken upload is left for later");
        }
    }
}

/// What is known of content while it passes by.
enum Arriving<'a> {
    /// Somebody sends it: it is looked at, and may have so many bytes.
    Upload(Inspection<'a>, u64),
    /// We make it.
    Ours(FileKind),
}

impl Arriving<'_> {
    fn feed(&mut self, piece: &[u8], size: u64) -> Result<(), UploadRefusal> {
        match self {
            Self::Upload(_, most) if size > *most => Err(UploadRefusal::TooLarge),
            Self::Upload(inspection, _) => inspection.feed(piece),
            Self::Ours(_) => Ok(()),
        }
    }

    fn finish(self) -> Result<FileKind, UploadRefusal> {
        match self {
            Self::Upload(inspection, _) => inspection.finish(),
            Self::Ours(kind) => Ok(kind),
        }
    }
}

/// Finds out what a file is while it passes by.
struct Inspection<'a> {
    allowed: &'a [FileKind],
    head: Vec<u8>,
    kind: Option<FileKind>,
    text: TextCheck,
}

impl<'a> Inspection<'a> {
    fn new(allowed: &'a [FileKind]) -> Self {
        Self {
            allowed,
            head: Vec::new(),
            kind: None,
            text: TextCheck::default(),
        }
    }

    fn feed(&mut self, piece: &[u8]) -> Result<(), UploadRefusal> {
        if let Some(kind) = self.kind {
            return self.check(kind, piece);
        }
        let wanted = HEAD_BYTES.saturating_sub(self.head.len()).min(piece.len());
        let (head, rest) = piece.split_at(wanted);
        self.head.extend_from_slice(head);
        if self.head.len() < HEAD_BYTES {
            return Ok(());
        }
        let kind = self.decide()?;
        self.check(kind, rest)
    }

    fn decide(&mut self) -> Result<FileKind, UploadRefusal> {
        let head = std::mem::take(&mut self.head);
        let kind = sniff(&head).map_err(UploadRefusal::Unwelcome)?;
        if !self.allowed.contains(&kind) {
            return Err(UploadRefusal::Unwelcome(Unwelcome::Unknown));
        }
        self.kind = Some(kind);
        self.check(kind, &head)?;
        Ok(kind)
    }

    /// Other kinds are known by their beginning; a text is one only if all of it is.
    fn check(&mut self, kind: FileKind, piece: &[u8]) -> Result<(), UploadRefusal> {
        if kind == FileKind::Text && !self.text.feed(piece) {
            return Err(UploadRefusal::Unwelcome(Unwelcome::Unknown));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<FileKind, UploadRefusal> {
        let kind = match self.kind {
            Some(kind) => kind,
            None => self.decide()?,
        };
        if self.text.is_whole() {
            Ok(kind)
        } else {
            Err(UploadRefusal::Unwelcome(Unwelcome::Unknown))
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

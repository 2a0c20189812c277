//! Giving out the content of a file.

use super::body::FileBody;
use super::chunks::{self, CHUNK, DataKey};
use super::{FileError, FileInfo, FileRow, FileState, Files};
use crate::telemetry::chain;
use async_stream::stream;
use bytes::Bytes;
use caregraph_contracts::ids::FileId;
use futures::StreamExt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// Chunks that are fetched together: 1 MiB. The place for content is asked again for each, so that a client who reads slowly keeps
/// no connection to it.
const SEGMENT: u64 = 16;

/// A file that can be read.
pub(super) struct Readable {
    pub(super) info: FileInfo,
    object: String,
    key: DataKey,
}

impl Files {
    /// What is needed to read a file.
    pub(super) fn readable(&self, id: FileId, row: &FileRow) -> Result<Readable, FileError> {
        let (Some(object), Some(key)) = (&row.object, &row.key) else {
            return Err(FileError::Damaged("what is known about it is incomplete"));
        };
        let key = zeroize::Zeroizing::new(self.open(id, "key", key)?);
        Ok(Readable {
            info: self.info_of(id, row)?,
            object: object.clone(),
            key: DataKey::decode(id, &key)?,
        })
    }

    /// All of a file that is there, for what we put together ourselves; `None` when it is not (any more). Whether it may be shown is
    /// decided before.
    pub async fn whole(&self, id: FileId) -> Result<Option<(FileInfo, FileBody)>, FileError> {
        let Some(found) = self.rows().get(id).await? else {
            return Ok(None);
        };
        if !matches!(found.value.state, FileState::Stored | FileState::Attached) {
            return Ok(None);
        }
        let file = self.readable(id, &found.value)?;
        let info = file.info.clone();
        let size = info.size;
        let body = self.clone().content(file, 0..size).await?;
        Ok(Some((info, body)))
    }

    /// The bytes of `range`, which must not be empty nor reach beyond the end. The beginning is fetched and opened before this
    /// returns, so that a file that is away or damaged there is not begun to be answered. What turns out to be damaged further
    /// on breaks the body: no byte leaves that did not authenticate.
    pub(super) async fn content(self, file: Readable, range: Range<u64>) -> Result<FileBody, FileError> {
        let file = Arc::new(file);
        let all = range.start / CHUNK..range.end.div_ceil(CHUNK);
        let first_end = (all.start + SEGMENT).min(all.end);
        let first = self.segment(&file, all.start..first_end, &range).await?;
        let body = stream! {
            yield Ok(first);
            let mut next = first_end;
            while next < all.end {
                let end = (next + SEGMENT).min(all.end);
                match self.segment(&file, next..end, &range).await {
                    Ok(piece) => yield Ok(piece),
                    Err(error) => {
                        tracing::error!(file = %file.info.id, error = chain(&error), "a file could not be read to its end");
                        yield Err(io::Error::other("the file cannot be read"));
                        return;
                    }
                }
                next = end;
            }
        };
        Ok(body.boxed())
    }

    /// The content of some chunks, as far as it lies in `range`.
    async fn segment(
        &self,
        file: &Readable,
        numbers: Range<u64>,
        range: &Range<u64>,
    ) -> Result<Bytes, FileError> {
        let size = file.info.size;
        let place = chunks::place(&numbers, size);
        let (sealed, whole) = self.blobs().read(&file.object, place.clone()).await?;
        if whole != chunks::sealed_size(size) || sealed.len() as u64 != place.end - place.start {
            return Err(FileError::Damaged("its content has another size"));
        }
        let sealed_chunk = usize::try_from(chunks::SEALED_CHUNK).unwrap_or(usize::MAX);
        let begins = numbers.start * CHUNK;
        let mut content = Vec::with_capacity(sealed.len());
        for (number, chunk) in numbers.zip(sealed.chunks(sealed_chunk)) {
            content.extend_from_slice(&file.key.open(number, size, chunk)?);
        }
        let within = |at: u64| {
            let at = at.saturating_sub(begins).min(content.len() as u64);
            usize::try_from(at).unwrap_or(content.len())
        };
        let wanted = within(range.start)..within(range.end);
        Ok(Bytes::from(content).slice(wanted))
    }
}

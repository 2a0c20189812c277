//! Where sealed content lies: a folder, or a bucket. Objects are written whole or not at all.

use super::{FileError, FilesSettings};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use futures::stream::{BoxStream, StreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use object_store::{
    ClientOptions, GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt as _, RetryConfig,
};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Larger objects are written in parts of this size, in bytes. S3 wants at least 5 MiB.
const PART: usize = 8 * 1024 * 1024;

/// A place for content. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    folder: Option<Folder>,
}

#[derive(Debug, Clone)]
struct Folder {
    root: PathBuf,
    files: Arc<LocalFileSystem>,
}

impl Blobs {
    /// Opens the place that the settings name; `default_folder` when they name none.
    pub fn open(settings: &FilesSettings, default_folder: &Path) -> Result<Self, FileError> {
        match settings.url.strip_prefix("s3://") {
            Some(bucket) => Self::bucket(settings, bucket),
            None if settings.url.contains("://") => Err(FileError::Open(
                "files.url is a folder or begins with s3://".to_owned(),
            )),
            None if settings.url.is_empty() => Self::folder(default_folder),
            None => Self::folder(Path::new(&settings.url)),
        }
    }

    /// Another store, for tests.
    pub fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, folder: None }
    }

    /// A folder, made when it is not there.
    pub fn folder(root: &Path) -> Result<Self, FileError> {
        crate::config::make_private_folder(root)?;
        let files = Arc::new(LocalFileSystem::new_with_prefix(root)?);
        Ok(Self {
            store: files.clone(),
            folder: Some(Folder {
                root: root.to_owned(),
                files,
            }),
        })
    }

    fn bucket(settings: &FilesSettings, place: &str) -> Result<Self, FileError> {
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(FileError::Open("files.url names no bucket".to_owned()));
        }
        let s3 = &settings.s3;
        let retry = RetryConfig {
            max_retries: 4,
            retry_timeout: Duration::from_secs(30),
            ..RetryConfig::default()
        };
        let options = ClientOptions::new()
            .with_connect_timeout(Duration::from_secs(5))
            .with_timeout(Duration::from_mins(1))
            .with_allow_http(s3.endpoint.starts_with("http://"));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(&s3.region)
            .with_virtual_hosted_style_request(!s3.path_style)
            .with_retry(retry)
            .with_client_options(options);
        if !s3.endpoint.is_empty() {
            builder = builder.with_endpoint(&s3.endpoint);
        }
        if !s3.access_key.is_empty() {
            builder = builder
                .with_access_key_id(s3.access_key.reveal()?)
                .with_secret_access_key(s3.secret_key.reveal()?);
        }
        let store = builder.build()?;
        let prefix = ObjectPath::parse(prefix.trim_end_matches('/'))
            .map_err(|_| FileError::Open("the prefix in files.url is not one".to_owned()))?;
        Ok(Self::over(Arc::new(PrefixStore::new(store, prefix))))
    }

    /// Begins an object. Nothing is there before [`BlobWriter::finish`].
    pub(super) fn writer(&self, key: &str) -> BlobWriter {
        BlobWriter {
            blobs: self.clone(),
            path: ObjectPath::from(key),
            waiting: Vec::new(),
            parts: None,
        }
    }

    /// A part of an object, and how large the whole is.
    pub(super) async fn read(&self, key: &str, range: Range<u64>) -> Result<(Bytes, u64), FileError> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        let found = self.store.get_opts(&ObjectPath::from(key), options).await?;
        let size = found.meta.size;
        Ok((found.bytes().await?, size))
    }

    /// Ends an object; one that is not there is no error.
    pub(super) async fn delete(&self, key: &str) -> Result<(), FileError> {
        match self.store.delete(&ObjectPath::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// All objects under a prefix, with the time of their last change.
    pub(super) fn list(
        &self,
        prefix: &str,
    ) -> BoxStream<'static, Result<(String, DateTime<Utc>), FileError>> {
        self.store
            .list(Some(&ObjectPath::from(prefix)))
            .map_ok(|object| (object.location.to_string(), object.last_modified))
            .map_err(FileError::from)
            .boxed()
    }

    /// Removes from a folder what killed processes had begun to write there before `before`. Half-written objects are not listed.
    pub(super) async fn remove_leftovers(&self, before: DateTime<Utc>) -> Result<u64, FileError> {
        let Some(folder) = self.folder.clone() else {
            return Ok(0);
        };
        let removal = tokio::task::spawn_blocking(move || remove_leftovers(&folder.root, before));
        let removed = removal.await.map_err(std::io::Error::other)??;
        Ok(removed)
    }

    /// Makes sure that an object outlives the loss of power, where that is up to us.
    async fn make_durable(&self, path: &ObjectPath) -> Result<(), FileError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let file = folder.files.path_to_filesystem(path)?;
        let root = folder.root.clone();
        let synced = tokio::task::spawn_blocking(move || {
            std::fs::File::open(&file)?.sync_all()?;
            // The folders may be new as well.
            let folders = file
                .ancestors()
                .skip(1)
                .take_while(|folder| folder.starts_with(&root));
            for folder in folders {
                std::fs::File::open(folder)?.sync_all()?;
            }
            Ok::<_, std::io::Error>(())
        });
        synced.await.map_err(std::io::Error::other)??;
        Ok(())
    }
}

/// Objects that are being written are named `…#1` there.
fn remove_leftovers(folder: &Path, before: DateTime<Utc>) -> std::io::Result<u64> {
    let mut removed = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            removed += remove_leftovers(&entry.path(), before)?;
            continue;
        }
        let is_leftover = entry.file_name().to_string_lossy().contains('#');
        if is_leftover && DateTime::<Utc>::from(entry.metadata()?.modified()?) < before {
            std::fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// An object that is being written. Call [`BlobWriter::finish`] or [`BlobWriter::abort`].
pub(super) struct BlobWriter {
    blobs: Blobs,
    path: ObjectPath,
    waiting: Vec<u8>,
    parts: Option<Box<dyn MultipartUpload>>,
}

impl BlobWriter {
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.waiting.extend_from_slice(bytes);
        while self.waiting.len() > PART {
            let rest = self.waiting.split_off(PART);
            let part = std::mem::replace(&mut self.waiting, rest);
            self.put_part(part).await?;
        }
        Ok(())
    }

    pub(super) async fn finish(&mut self) -> Result<(), FileError> {
        let last = std::mem::take(&mut self.waiting);
        if self.parts.is_some() {
            self.put_part(last).await?;
        } else {
            self.blobs.store.put(&self.path, last.into()).await?;
        }
        if let Some(parts) = &mut self.parts {
            parts.complete().await?;
        }
        self.blobs.make_durable(&self.path).await
    }

    /// Leaves nothing behind, as far as the store can be reached.
    pub(super) async fn abort(mut self) -> Result<(), FileError> {
        if let Some(mut parts) = self.parts.take() {
            // It fails when the parts have been put together already; then there is an object.
            let _ = parts.abort().await;
        }
        let key = self.path.to_string();
        self.blobs.delete(&key).await
    }

    async fn put_part(&mut self, part: Vec<u8>) -> Result<(), FileError> {
        let parts = match &mut self.parts {
            Some(parts) => parts,
            none => none.insert(self.blobs.store.put_multipart(&self.path).await?),
        };
        parts.put_part(part.into()).await?;
        Ok(())
    }
}

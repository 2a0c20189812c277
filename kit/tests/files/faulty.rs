//! A place for content that fails when a test says so.

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What goes wrong.
#[derive(Debug, Default)]
pub struct Weather {
    /// Nothing can be reached.
    pub away: AtomicBool,
    /// After so many parts of an object, the next is lost. 0: none is.
    pub parts_until_loss: AtomicUsize,
    /// Objects cannot be deleted.
    pub keeps_everything: AtomicBool,
}

/// Objects in memory, and the weather.
#[derive(Debug, Clone, Default)]
pub struct Faulty {
    pub inner: Arc<InMemory>,
    pub weather: Arc<Weather>,
}

impl Faulty {
    fn reach(&self) -> Result<()> {
        if self.weather.away.load(Ordering::SeqCst) {
            return Err(lost());
        }
        Ok(())
    }

    pub async fn objects(&self) -> usize {
        self.inner.list(None).count().await
    }
}

fn lost() -> Error {
    Error::Generic {
        store: "faulty",
        source: "the cable is out".into(),
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faulty")
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.reach()?;
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.reach()?;
        Ok(Box::new(Parts {
            inner: self.inner.put_multipart_opts(location, options).await?,
            weather: self.weather.clone(),
        }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.reach()?;
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        if self.reach().is_err() || self.weather.keeps_everything.load(Ordering::SeqCst) {
            return stream::once(async { Err(lost()) }).boxed();
        }
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        if self.reach().is_err() {
            return stream::once(async { Err(lost()) }).boxed();
        }
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.reach()?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.reach()?;
        self.inner.copy_opts(from, to, options).await
    }
}

#[derive(Debug)]
struct Parts {
    inner: Box<dyn MultipartUpload>,
    weather: Arc<Weather>,
}

#[async_trait]
impl MultipartUpload for Parts {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        match self.weather.parts_until_loss.load(Ordering::SeqCst) {
            0 => self.inner.put_part(data),
            1 => Box::pin(async { Err(lost()) }),
            left => {
                self.weather.parts_until_loss.store(left - 1, Ordering::SeqCst);
                self.inner.put_part(data)
            }
        }
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.inner.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}

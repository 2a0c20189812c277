//! Whether an address that was given out minutes ago still holds good: decided by the domain that gave it out.

use super::{FileError, Files};
use crate::failure::Fault;
use async_trait::async_trait;
use caregraph_contracts::ids::{FileId, UserId};
use std::sync::Arc;

/// A download that is about to begin, by a genuine address that has not expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Download<'a> {
    /// Which file.
    pub file: FileId,
    /// Who the address was made for.
    pub user: UserId,
    /// Through what they got it, in the words of whoever made the address; empty when nothing was said.
    pub through: &'a str,
}

/// Decides at the moment of a download whether whoever the address was made for may still read the file. What this needs to know stands
/// in the address, signed, because a browser that fetches a picture brings no access token.
#[async_trait]
pub trait DownloadGuard: Send + Sync + 'static {
    /// Whether the download may begin. If not, there is no such file for whoever asks.
    async fn may_begin(&self, download: &Download<'_>) -> Result<bool, Fault>;
}

impl Files {
    /// From now on asks `guard` before every download. A second guard is not taken: the first one stays.
    pub fn guarded_by(&self, guard: Arc<dyn DownloadGuard>) {
        // The same domain built twice on the same files decides alike.
        let _ = self.guard().set(guard);
    }

    pub(super) async fn may_begin(&self, download: &Download<'_>) -> Result<bool, FileError> {
        match self.guard().get() {
            Some(guard) => guard.may_begin(download).await.map_err(FileError::Guard),
            // A domain whose files never close to anybody.
            None => Ok(true),
        }
    }
}

//! Removing what nobody waits for any more.

use super::{FileError, FileRow, FileState, Files, WAITING};
use crate::documents::{Direction, Filter, Query, Scalar, Versioned};
use crate::subgraph::{Background, every};
use crate::telemetry::chain;
use caregraph_contracts::ids::FileId;
use futures::StreamExt;
use std::collections::HashMap;
use std::time::Duration;

/// How often it is looked.
const PERIOD: Duration = Duration::from_mins(10);

const BATCH: u64 = 200;

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Files that were never uploaded or never attached, and are removed now.
    pub given_up: u64,
    /// Removed files whose content is gone and that are forgotten now.
    pub forgotten: u64,
    /// Objects that belonged to no file, and what was left half-written.
    pub orphans: u64,
}

impl Files {
    /// Work that keeps the place for files tidy. Every process may do so.
    pub fn upkeep(&self) -> Background {
        let files = self.clone();
        every(PERIOD, "files.tidy", move || {
            let files = files.clone();
            async move {
                let tidied = files.tidy().await?;
                if tidied != Tidied::default() {
                    tracing::info!(?tidied, "files were tidied up");
                }
                Ok::<_, FileError>(())
            }
        })
    }

    /// Removes once what has waited for more than a day and what belongs to nothing. May be cut off anywhere and begun again:
    /// a document is marked before its object is deleted, and goes after it.
    pub async fn tidy(&self) -> Result<Tidied, FileError> {
        let mut tidied = Tidied {
            given_up: self.give_up().await?,
            ..Tidied::default()
        };
        tidied.forgotten = self.forget_removed().await?;
        tidied.orphans = self.remove_orphans().await?;
        Ok(tidied)
    }

    /// Whoever attaches such a file at the same moment and is faster wins: then its document has another version.
    async fn give_up(&self) -> Result<u64, FileError> {
        let now = self.clock().now();
        let waiting = [FileState::Pending, FileState::Receiving, FileState::Stored];
        let words = waiting.map(FileState::word);
        let filter = Filter::one_of("state", words).and(Filter::less_than("since", now - WAITING));
        let mut given_up = 0;
        for Versioned { id, version, value } in self.list(&filter).await? {
            let removed = value.becoming(FileState::Removed, now);
            match self.rows().replace(id, version, &removed).await {
                Ok(()) => given_up += 1,
                Err(error) if error.lost_a_race() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(given_up)
    }

    async fn forget_removed(&self) -> Result<u64, FileError> {
        let filter = Filter::is("state", FileState::Removed.word());
        let mut forgotten = 0;
        for Versioned { id, version, value } in self.list(&filter).await? {
            if let Some(object) = &value.object
                && let Err(error) = self.blobs().delete(object).await
            {
                // The next round tries again; others may be removed meanwhile.
                tracing::warn!(file = %id, error = chain(&error), "the content of a removed file could not be deleted");
                continue;
            }
            match self.rows().delete(id, version).await {
                Ok(()) => forgotten += 1,
                Err(error) if error.lost_a_race() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(forgotten)
    }

    /// All documents of a filter, page by page.
    async fn list(&self, filter: &Filter) -> Result<Vec<Versioned<FileId, FileRow>>, FileError> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let query = Query::of(filter.clone())
                .sorted_by("since", Direction::Ascending)
                .limit(BATCH)
                .after(after);
            let page = self.rows().find(&query).await?;
            let Some((key, _)) = page.last() else {
                return Ok(all);
            };
            after = Some(key.clone());
            all.extend(page.into_iter().map(|(_, found)| found));
        }
    }

    /// Objects have documents before they are written, so one without is left over from an upload whose document is forgotten. It
    /// is removed when it is old enough for clocks that differ.
    async fn remove_orphans(&self) -> Result<u64, FileError> {
        let before = self.clock().now() - WAITING;
        let mut removed = self.blobs().remove_leftovers(before).await?;
        let batch = usize::try_from(BATCH).unwrap_or(usize::MAX);
        let mut pages = self.blobs().list(self.prefix()).chunks(batch);
        while let Some(page) = pages.next().await {
            let mut old = HashMap::new();
            for object in page {
                let (object, changed) = object?;
                if changed < before {
                    old.insert(object, changed);
                }
            }
            if old.is_empty() {
                continue;
            }
            let known = Filter::one_of("object", old.keys().cloned().map(Scalar::from));
            for (_, found) in self.rows().find(&Query::of(known).limit(BATCH)).await? {
                if let Some(object) = &found.value.object {
                    old.remove(object);
                }
            }
            for object in old.keys() {
                self.blobs().delete(object).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

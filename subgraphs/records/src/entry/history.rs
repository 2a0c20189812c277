//! What an entry said before, who changed it, and why.

use super::difference::{FieldChange, difference};
use super::model::Entry;
use super::reading::Reader;
use caregraph_contracts::ids::RecordEntryId;
use caregraph_kit::Failure;
use caregraph_kit::auth::Principal;
use caregraph_kit::documents::PageKey;
use caregraph_kit::graphql::{Edges, PageArgs};

/// One version of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// What it said, who wrote it, and when.
    pub entry: Entry,
    /// Why it was changed, where that had to be said.
    pub reason: Option<String>,
}

impl Reader {
    /// Versions of an entry, the newest first, each with what is different to the one before; `None` when there is no such entry for
    /// the caller. Those who see only what is released see versions that were released.
    pub async fn history(
        &self,
        principal: &Principal,
        id: RecordEntryId,
        page: &PageArgs<PageKey>,
    ) -> Result<Option<Edges<PageKey, (Version, Vec<FieldChange>)>>, Failure> {
        let Some((sight, entry)) = self.visible(principal, id, "recordHistory").await? else {
            return Ok(None);
        };
        // One more than the page, so that its last version has one to be compared with.
        let limit = page.limit() + 1;
        let mut versions = self
            .store
            .versions_of(entry.id, page.after.clone(), limit)
            .await?;
        if sight.released_only {
            versions.retain(|(_, version)| version.entry.released);
        }
        let older: Vec<Option<Entry>> = versions
            .iter()
            .skip(1)
            .map(|(_, version)| Some(version.entry.clone()))
            .chain([None])
            .collect();
        let mut edges: Vec<_> = versions
            .into_iter()
            .zip(older)
            .map(|((key, version), older)| {
                let changes = difference(older.as_ref(), &version.entry);
                (key, (version, changes))
            })
            .collect();
        edges.truncate(usize::try_from(page.limit()).unwrap_or(usize::MAX));
        Ok(Some(edges))
    }
}

//! Removing or changing many documents, in commits of a bounded size.
//!
//! What has filled a commit is committed at once, and the rest comes back for the commit that ends it all. So whoever sweeps may be cut
//! off anywhere, and must be right to begin again with what is left.

use caregraph_contracts::ids::{FileId, PatientId};
use caregraph_kit::documents::{Collection, Commit, Document, Documents, Filter, Query, Scalar, Versioned};
use caregraph_kit::files::{FileRow, Files};
use caregraph_kit::{Failure, Fault};
use std::collections::HashSet;

/// Most documents that one commit removes or changes.
const MOST: u32 = 200;

/// What is being removed or changed.
pub(crate) struct Sweep {
    documents: Documents,
    files: Files,
    commit: Commit,
    writes: u32,
    /// Files that are spared, and those that are removed: until the commit takes effect, these look as if they were not.
    seen_to: HashSet<FileId>,
}

impl Sweep {
    pub fn new(documents: &Documents, files: &Files) -> Self {
        Self {
            documents: documents.clone(),
            files: files.clone(),
            commit: Commit::new(),
            writes: 0,
            seen_to: HashSet::new(),
        }
    }

    /// What has not been committed yet.
    pub fn rest(self) -> Commit {
        self.commit
    }

    /// Removes a document of which `version` was read.
    pub async fn remove<T: Document>(&mut self, id: T::Id, version: i64) -> Result<(), Fault> {
        self.make_room().await?;
        self.commit.delete::<T>(id, version);
        Ok(())
    }

    /// Writes another state of a document of which `version` was read.
    pub async fn replace<T: Document>(&mut self, id: T::Id, version: i64, value: &T) -> Result<(), Fault> {
        self.make_room().await?;
        Ok(self.commit.replace(id, version, value)?)
    }

    /// Removes everything in a list, page by page.
    pub async fn remove_all<T: Document>(&mut self, kept: &Collection<T>, list: &Query) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let page = kept.find(&list.clone().after(after)).await?;
            let Some((end, _)) = page.last() else {
                return Ok(());
            };
            after = Some(end.clone());
            for (_, found) in page {
                self.remove::<T>(found.id, found.version).await?;
            }
        }
    }

    /// Leaves files alone, whatever else is to be removed.
    pub fn spare(&mut self, files: impl IntoIterator<Item = FileId>) {
        self.seen_to.extend(files);
    }

    /// Removes a file, unless it has gone already or is spared.
    pub async fn remove_file(&mut self, file: FileId) -> Result<(), Fault> {
        if !self.seen_to.insert(file) {
            return Ok(());
        }
        self.make_room().await?;
        match self.files.remove(&mut self.commit, file).await {
            Err(Failure::Fault(fault)) => Err(fault),
            Ok(()) | Err(Failure::Refused(_) | Failure::Denied(_)) => Ok(()),
        }
    }

    /// Removes all files about some patients, also those that were never made to belong to something.
    pub async fn remove_files_about(&mut self, patients: &[PatientId]) -> Result<(), Fault> {
        let rows = self.documents.collection::<FileRow>()?;
        let theirs = Query::of(about("subject", patients));
        let mut after = None;
        loop {
            let page = rows.find(&theirs.clone().after(after)).await?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            for (_, found) in page {
                self.remove_file(found.id).await?;
            }
        }
    }

    /// Makes room for one document more.
    async fn make_room(&mut self) -> Result<(), Fault> {
        if self.writes == MOST {
            let full = std::mem::take(&mut self.commit);
            self.documents.commit(full).await?;
            self.writes = 0;
        }
        self.writes += 1;
        Ok(())
    }
}

/// All documents of a list, however many pages they fill.
pub(crate) async fn everything<T: Document>(
    kept: &Collection<T>,
    list: &Query,
) -> Result<Vec<Versioned<T::Id, T>>, Fault> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = kept.find(&list.clone().after(after)).await?;
        let Some((end, _)) = page.last() else {
            return Ok(all);
        };
        after = Some(end.clone());
        all.extend(page.into_iter().map(|(_, found)| found));
    }
}

/// Documents at whose `path` stands one of these patients.
pub(crate) fn about(path: &str, patients: &[PatientId]) -> Filter {
    Filter::one_of(path, patients.iter().map(|patient| Scalar::id(*patient)))
}

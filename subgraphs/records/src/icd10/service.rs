//! Finding codes, and importing a release.

use super::Icd10Code;
use super::index::Index;
use super::order_file::{Entry, OrderFile};
use super::starter;
use super::store::{Catalogue, Release};
use caregraph_kit::documents::Documents;
use caregraph_kit::telemetry::chain;
use caregraph_kit::{Clock, Fault};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long somebody may search in a release while another process has imported the next one.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(10);

/// Longest name of a release, in characters.
const MOST_LABEL: usize = 100;

/// Longest search, in characters; what stands behind them is not looked at.
pub(super) const MOST_SEARCH: usize = 100;

/// Diagnosis codes. Cheap to clone; clones share what is held in memory.
#[derive(Clone)]
pub struct Icd10(Arc<Shared>);

struct Shared {
    catalogue: Catalogue,
    clock: Clock,
    shelf: Mutex<Option<Shelf>>,
    /// Held by whoever builds an index: one is enough.
    building: tokio::sync::Mutex<()>,
}

/// What is searched in.
struct Shelf {
    index: Arc<Index>,
    /// Edition of the release in it; `None` for the common codes alone.
    edition: Option<i64>,
    /// When somebody last asked the store whether that is still the current one.
    looked_at: DateTime<Utc>,
}

/// Why a release was not imported. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The release's name is empty or too long.
    #[error("a release has a name of 1 to {MOST_LABEL} characters")]
    Label,
    /// Somebody else imported one at the same time.
    #[error(
        "somebody else has imported a release at the same time; look whether that is the right one, or begin again"
    )]
    Overtaken,
    /// A fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Icd10 {
    /// Codes in this store. Nothing is read before the first search. Fails when the store was opened without
    /// [`declarations`](super::declarations).
    pub fn new(documents: &Documents, clock: Clock) -> Result<Self, Fault> {
        Ok(Self(Arc::new(Shared {
            catalogue: Catalogue::new(documents)?,
            clock,
            shelf: Mutex::new(None),
            building: tokio::sync::Mutex::new(()),
        })))
    }

    /// At most `limit` codes that `text` means, the best first: by the code or its beginning, or by words of its English or Vietnamese
    /// name. Of a text of more than 100 characters only those are looked at. Nothing is found by nothing.
    pub async fn search(&self, text: &str, limit: usize) -> Result<Vec<Icd10Code>, Fault> {
        let text: String = text.chars().take(MOST_SEARCH).collect();
        Ok(self.index().await?.search(&text, limit))
    }

    /// One code, with or without its dot and in either case; `None` when there is none.
    pub async fn get(&self, code: &str) -> Result<Option<Icd10Code>, Fault> {
        Ok(self.index().await?.get(code))
    }

    /// Codes below a heading with which a diagnosis can be coded, at most `limit`: the common ones first, and of those the less exact.
    pub async fn below(&self, heading: &str, limit: usize) -> Result<Vec<String>, Fault> {
        Ok(self.index().await?.codable_below(heading, limit))
    }

    /// The imported release; `None` while there are only the common codes.
    pub async fn release(&self) -> Result<Option<Release>, Fault> {
        self.0.catalogue.release().await
    }

    /// Makes a file the current release. Processes that run notice within some ten seconds. Importing the same file again changes
    /// nothing that can be found.
    pub async fn import(&self, file: &OrderFile, label: &str) -> Result<Release, ImportError> {
        let label = label.trim();
        if label.is_empty() || label.chars().count() > MOST_LABEL || label.contains(char::is_control) {
            return Err(ImportError::Label);
        }
        let now = self.0.clock.now();
        let release = self.0.catalogue.replace(&file.entries, label, now).await?;
        release.ok_or(ImportError::Overtaken)
    }

    async fn index(&self) -> Result<Arc<Index>, Fault> {
        if let Some(index) = self.at_hand() {
            return Ok(index);
        }
        let _one = self.0.building.lock().await;
        // Somebody may have built it while this one waited.
        if let Some(index) = self.at_hand() {
            return Ok(index);
        }
        let release = self.0.catalogue.entries().await?;
        self.put(release).await
    }

    /// What is in memory. Now and then somebody looks whether it is still current, and nobody waits for that.
    fn at_hand(&self) -> Option<Arc<Index>> {
        let now = self.0.clock.now();
        let mut guard = self.shelf();
        let current = guard.as_mut()?;
        if (now - current.looked_at).abs() >= LOOK_AGAIN {
            current.looked_at = now;
            let (codes, edition) = (self.clone(), current.edition);
            tokio::spawn(async move {
                if let Err(error) = codes.renew(edition).await {
                    tracing::warn!(error = chain(&error), "codes of the last release are searched on");
                }
            });
        }
        Some(Arc::clone(&current.index))
    }

    /// Reads the current release, unless it is the one at hand.
    async fn renew(&self, at_hand: Option<i64>) -> Result<(), Fault> {
        // Whoever builds has just read the current one.
        let Ok(_one) = self.0.building.try_lock() else {
            return Ok(());
        };
        let current = self.0.catalogue.release().await?.map(|release| release.edition);
        if current != at_hand {
            let release = self.0.catalogue.entries().await?;
            self.put(release).await?;
        }
        Ok(())
    }

    async fn put(&self, release: Option<(i64, Vec<Entry>)>) -> Result<Arc<Index>, Fault> {
        let (edition, entries) = release.unzip();
        // A hundred thousand titles take a moment, in which others want to be answered.
        let built = tokio::task::spawn_blocking(move || Index::build(entries, starter::common())).await;
        let index = Arc::new(built.map_err(|error| Fault::new("the codes could not be indexed", error))?);
        tracing::info!(codes = index.len(), edition, "diagnosis codes are ready");
        *self.shelf() = Some(Shelf {
            index: Arc::clone(&index),
            edition,
            looked_at: self.0.clock.now(),
        });
        Ok(index)
    }

    fn shelf(&self) -> MutexGuard<'_, Option<Shelf>> {
        self.0.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

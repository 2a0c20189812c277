//! Sealing what earlier versions of the program kept in the clear.

use super::service::PatientService;
use super::store;
use caregraph_kit::Fault;
use caregraph_kit::subgraph::Ground;
use std::sync::atomic::{AtomicBool, Ordering};

/// Records looked at in one go.
const BATCH: u64 = 100;

/// Sealing, again and again, until nothing stands in the clear.
pub struct Sealing {
    records: PatientService,
    done: AtomicBool,
}

impl Sealing {
    /// Not begun yet.
    pub fn new(records: PatientService) -> Self {
        let done = AtomicBool::new(false);
        Self { records, done }
    }

    /// Seals and signs once through, unless there was nothing left the time before. Then nothing comes after it either, as this version
    /// leaves nothing to do, unless an earlier one still runs beside it (see `docs/operations.md`). So nobody looks through all of them
    /// every hour for ever; the next start looks again.
    pub async fn carry_on(&self) -> Result<(), Fault> {
        if self.done.load(Ordering::Relaxed) {
            return Ok(());
        }
        let sealed = self.records.seal_the_clear().await?;
        if sealed == 0 {
            self.done.store(true, Ordering::Relaxed);
        } else {
            tracing::info!(sealed, "records of an earlier version were sealed");
        }
        Ok(())
    }
}

impl PatientService {
    /// Seals names, occupations and blood types that stand in the clear, signs names that are not signed, and returns in how many records.
    /// May be cut off and begun again at any time. Nobody is told, because nothing is different for anybody, but that a search finds
    /// whom it may not have found before.
    pub async fn seal_the_clear(&self) -> Result<u64, Fault> {
        let Ground { database, cipher, .. } = &self.ground;
        let (mut sealed, mut after) = (0, None);
        loop {
            // Once through, by id: whoever is behind it already was sealed.
            let found = store::in_the_clear(database.reader(), after, BATCH).await?;
            let Some(last) = found.last() else {
                return Ok(sealed);
            };
            after = Some(*last);
            for id in found {
                database
                    .retrying(|| async {
                        let tx = database.begin().await?;
                        store::seal(&tx, cipher, id).await?;
                        tx.commit().await?;
                        Ok::<_, Fault>(())
                    })
                    .await?;
                sealed += 1;
            }
        }
    }
}

//! What there is in a record as a whole, and the end of it.

use super::{EntryRow, EntryStore};
use crate::entry::Content;
use crate::sweep::{Sweep, about};
use caregraph_contracts::events::EntryKind;
use caregraph_contracts::ids::{PatientId, RecordEntryId};
use caregraph_kit::Fault;
use caregraph_kit::documents::{Direction, Filter, PageKey, Query, Versioned};
use caregraph_kit::graphql::Edges;
use chrono::{DateTime, TimeDelta, Utc};

/// What there is in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Care {
    /// How many entries: of all kinds, also those that nobody signed or released, and those that were entered in error.
    pub entries: u64,
    /// When somebody wrote last, or the last visit ended, whichever is later.
    pub last: DateTime<Utc>,
}

impl EntryStore {
    /// What there is in the records of these patients; `None` when there is nothing.
    pub async fn care_of(&self, patients: &[PatientId]) -> Result<Option<Care>, Fault> {
        let mut care: Option<Care> = None;
        let mut after = None;
        loop {
            let page = self.everything(patients, after).await?;
            let Some((last, _)) = page.last() else {
                return Ok(care);
            };
            after = Some(last.clone());
            for (_, row) in page {
                let reached = self.reached(row)?;
                care = Some(Care {
                    entries: care.map_or(1, |care| care.entries + 1),
                    last: care.map_or(reached, |care| care.last.max(reached)),
                });
            }
        }
    }

    /// Removes all entries with all their versions. `care` is what was judged: to find that somebody has written since is a fault, and
    /// then it is to be judged anew.
    pub async fn erase(&self, sweep: &mut Sweep, patients: &[PatientId], care: Care) -> Result<(), Fault> {
        // Versions first: what must stay is judged by the entries, also when this was cut off and begins again.
        let judged = Filter::less_than("changed_at", care.last + TimeDelta::microseconds(1));
        let versions =
            Query::of(about("patient", patients).and(judged)).sorted_by("changed_at", Direction::Ascending);
        sweep.remove_all(&self.versions, &versions).await?;
        let mut after = None;
        loop {
            let page = self.everything(patients, after).await?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            for (_, row) in page {
                if row.value.changed_at > care.last {
                    let which = format!("entry {} was written meanwhile", row.id);
                    return Err(Fault::new("a record cannot be erased now", which));
                }
                sweep.remove::<EntryRow>(row.id, row.version).await?;
            }
        }
    }

    /// A page of all entries, in the order of an index.
    async fn everything(
        &self,
        patients: &[PatientId],
        after: Option<PageKey>,
    ) -> Result<Edges<PageKey, Versioned<RecordEntryId, EntryRow>>, Fault> {
        let query = Query::of(about("patient", patients))
            .sorted_by("listed", Direction::Descending)
            .sorted_by("at", Direction::Descending)
            .after(after);
        Ok(self.entries.find(&query).await?)
    }

    /// Until when the care reached that an entry tells of. When a visit ended is sealed with what it says; other entries stay closed.
    fn reached(&self, row: Versioned<RecordEntryId, EntryRow>) -> Result<DateTime<Utc>, Fault> {
        let written = row.value.changed_at;
        if row.value.kind != EntryKind::Encounter {
            return Ok(written);
        }
        let ended = match self.read(row)?.value.content {
            Content::Encounter(visit) => visit.end,
            _ => None,
        };
        Ok(ended.unwrap_or(written).max(written))
    }
}

//! What becomes of a medical record when the person it is about wants everything erased that is kept about them.
//!
//! The law keeps a record for years after the last care, whatever the person wants; so until then it stays as it is, with whoever may
//! see it. After that it goes: entries with all their versions, files, and of what decided about access whatever is over
//! ([`Leftovers`]). Archives of data that were put together for taking along are copies, and go at once; those of which another round
//! hears years later were made after the wish, and stay.
//!
//! Whether a record must stay is judged anew whenever something is to go, by what there is at that moment: a person who came back for
//! care in between has a record that stays.

use crate::access::store::{AccessStore, Leftovers};
use crate::entry::{Care, EntryStore};
use crate::export::{Archives, ExportStore};
use crate::sweep::Sweep;
use async_trait::async_trait;
use caregraph_contracts::events::{DataCategory, ErasureStep, Holdings, RetentionBasis};
use caregraph_kit::Fault;
use caregraph_kit::documents::{Commit, Documents};
use caregraph_kit::erasure::{DocumentEraser, Retention};
use caregraph_kit::events::HandlerError;
use caregraph_kit::files::Files;
use chrono::{DateTime, NaiveDate, Utc};

/// Erases what this domain keeps about a person, as far as it may.
pub(crate) struct Eraser {
    pub entries: EntryStore,
    pub access: AccessStore,
    pub exports: ExportStore,
    pub documents: Documents,
    pub files: Files,
    pub retention: Retention,
}

/// What there is about a person, and what becomes of it.
struct Judgement {
    /// What is told of it.
    holdings: Holdings,
    /// Archives.
    archives: Archives,
    /// The record, when it goes or when there is none.
    ending: Option<Ending>,
}

/// What goes of a record.
struct Ending {
    /// What was judged; `None` when there are no entries.
    care: Option<Care>,
    leftovers: Leftovers,
}

impl Eraser {
    async fn judge(&self, step: &ErasureStep) -> Result<Judgement, Fault> {
        let mut holdings = Holdings::default();
        let care = self.entries.care_of(&step.records).await?;
        let entries = care.map_or(0, |care| care.entries);
        let ending = if let Some(until) = care.and_then(|care| self.stays_until(step, care.last)) {
            let law = RetentionBasis::MedicalRecordsLaw;
            holdings.stay(DataCategory::MedicalRecords, entries, law, Some(until));
            None
        } else if step.is_review() && care.is_none() {
            // No record had to stay, so that nothing goes now.
            None
        } else {
            let leftovers = self.access.leftovers(&step.records, step.at).await?;
            holdings.go(DataCategory::MedicalRecords, entries);
            holdings.go(DataCategory::Consents, leftovers.count());
            Some(Ending { care, leftovers })
        };
        let archives = self.exports.archives(&step.records).await?;
        if !step.is_review() {
            holdings.go(DataCategory::DataExports, archives.count());
        }
        Ok(Judgement {
            holdings,
            archives,
            ending,
        })
    }

    /// The last day on which a record must stay whose last care was at `last`; `None` when that day is over.
    fn stays_until(&self, step: &ErasureStep, last: DateTime<Utc>) -> Option<NaiveDate> {
        let until = self.retention.medical_records_until(last, step.deceased);
        (until >= step.at.date_naive()).then_some(until)
    }
}

#[async_trait]
impl DocumentEraser for Eraser {
    async fn holdings(&self, step: &ErasureStep) -> Result<Holdings, HandlerError> {
        Ok(self.judge(step).await?.holdings)
    }

    async fn erase(&self, step: &ErasureStep) -> Result<(Commit, Holdings), HandlerError> {
        let Judgement {
            holdings,
            archives,
            ending,
        } = self.judge(step).await?;
        let mut sweep = Sweep::new(&self.documents, &self.files);
        if step.is_review() {
            sweep.spare(archives.files());
        } else {
            self.exports.erase(&mut sweep, archives).await?;
        }
        if let Some(Ending { care, leftovers }) = ending {
            sweep.remove_files_about(&step.records).await?;
            leftovers.go(&mut sweep).await?;
            if let Some(care) = care {
                // Last: whoever is cut off and begins again finds that there was a record.
                self.entries.erase(&mut sweep, &step.records, care).await?;
            }
        }
        Ok((sweep.rest(), holdings))
    }
}

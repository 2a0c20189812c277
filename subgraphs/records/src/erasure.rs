//! What becomes of a medical record when the person it is about wants everything erased that is kept about them.
//!
//! The law keeps a record for years after the last care, whatever the person wants; so until then it stays as it is, with whoever may
//! see it. After that it goes as a whole: entries with all their versions, files, and what decided about access. Archives of data that
//! were put together for taking along are copies, and go at once.
//!
//! Whether a record must stay is judged anew whenever something is to go, by what there is at that moment: a person who came back for
//! care in between has a record that stays.

use crate::access::store::AccessStore;
use crate::entry::EntryStore;
use crate::export::ExportStore;
use crate::sweep::Sweep;
use async_trait::async_trait;
use caregraph_contracts::events::{DataCategory, ErasureStep, Holdings, RetentionBasis};
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

impl Eraser {
    /// The last day on which a record must stay whose last care was at `last`; `None` when that day is over.
    fn stays_until(&self, step: &ErasureStep, last: DateTime<Utc>) -> Option<NaiveDate> {
        let until = self.retention.medical_records_until(last, step.deceased);
        (until >= step.at.date_naive()).then_some(until)
    }
}

#[async_trait]
impl DocumentEraser for Eraser {
    async fn holdings(&self, step: &ErasureStep) -> Result<Holdings, HandlerError> {
        let mut holdings = Holdings::default();
        let care = self.entries.care_of(&step.records).await?;
        let entries = care.map_or(0, |care| care.entries);
        if let Some(until) = care.and_then(|care| self.stays_until(step, care.last)) {
            let law = RetentionBasis::MedicalRecordsLaw;
            holdings.stay(DataCategory::MedicalRecords, entries, law, Some(until));
        } else {
            holdings.go(DataCategory::MedicalRecords, entries);
            holdings.go(DataCategory::Consents, self.access.kept(&step.records).await?);
        }
        let archives = self.exports.archives(&step.records).await?;
        holdings.go(DataCategory::DataExports, archives);
        Ok(holdings)
    }

    async fn erase(&self, step: &ErasureStep) -> Result<Commit, HandlerError> {
        let mut sweep = Sweep::new(&self.documents, &self.files);
        self.exports.erase(&mut sweep, &step.records).await?;
        let care = self.entries.care_of(&step.records).await?;
        if care.is_some_and(|care| self.stays_until(step, care.last).is_some()) {
            return Ok(sweep.rest());
        }
        sweep.remove_files_about(&step.records).await?;
        if let Some(care) = care {
            self.entries.erase(&mut sweep, &step.records, care).await?;
        }
        // Last: as long as something is left, it is known who may see it.
        self.access.erase(&mut sweep, &step.records).await?;
        Ok(sweep.rest())
    }
}

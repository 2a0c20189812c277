//! The end of archives before their time.

use super::{AT_ONCE, ExportRow, ExportStore};
use crate::export::ExportStatus;
use crate::sweep::{Sweep, about, everything};
use caregraph_contracts::ids::{DataExportId, FileId, PatientId};
use caregraph_kit::Fault;
use caregraph_kit::documents::{Filter, Query, Scalar, Versioned};

/// Exports about some patients, whoever asked for them, as they were read.
pub(crate) struct Archives(Vec<Versioned<DataExportId, ExportRow>>);

impl Archives {
    /// How many archives there are or are being put together.
    pub fn count(&self) -> u64 {
        let is_there = |row: &ExportRow| row.status != ExportStatus::Expired || row.file.is_some();
        self.0.iter().filter(|row| is_there(&row.value)).count() as u64
    }

    /// The files of those that are there.
    pub fn files(&self) -> impl Iterator<Item = FileId> + '_ {
        self.0.iter().filter_map(|row| row.value.file)
    }
}

impl ExportStore {
    /// All exports about these patients, also those whose time is over.
    pub async fn archives(&self, patients: &[PatientId]) -> Result<Archives, Fault> {
        let theirs = Query::of(about("patient", patients));
        Ok(Archives(everything(&self.exports, &theirs).await?))
    }

    /// Removes them with what has arrived for them, and what is remembered of those whose time was over. Parts that arrive later find no
    /// export and are let go.
    pub async fn erase(&self, sweep: &mut Sweep, archives: Archives) -> Result<(), Fault> {
        for Versioned { id, version, value } in archives.0 {
            if let Some(file) = value.file {
                sweep.remove_file(file).await?;
            }
            let parts = Query::of(Filter::is("export", Scalar::id(id))).limit(AT_ONCE);
            sweep.remove_all(&self.parts, &parts).await?;
            sweep.remove::<ExportRow>(id, version).await?;
        }
        Ok(())
    }
}

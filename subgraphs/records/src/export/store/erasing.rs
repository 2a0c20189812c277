//! The end of archives before their time.

use super::{AT_ONCE, ExportRow, ExportStore};
use crate::export::ExportStatus;
use crate::sweep::{Sweep, about};
use caregraph_contracts::ids::PatientId;
use caregraph_kit::Fault;
use caregraph_kit::documents::{Filter, Query, Scalar, Versioned};

impl ExportStore {
    /// How many archives about these patients there are or are being put together, whoever asked for them.
    pub async fn archives(&self, patients: &[PatientId]) -> Result<u64, Fault> {
        let theirs = Query::of(about("patient", patients));
        let mut archives = 0;
        let mut after = None;
        loop {
            let page = self.exports.find(&theirs.clone().after(after)).await?;
            let Some((last, _)) = page.last() else {
                return Ok(archives);
            };
            after = Some(last.clone());
            let is_there = |row: &ExportRow| row.status != ExportStatus::Expired || row.file.is_some();
            archives += page.iter().filter(|(_, row)| is_there(&row.value)).count() as u64;
        }
    }

    /// Removes them with what has arrived for them, and what is remembered of those whose time was over. Parts that arrive later find no
    /// export and are let go.
    pub async fn erase(&self, sweep: &mut Sweep, patients: &[PatientId]) -> Result<(), Fault> {
        let theirs = Query::of(about("patient", patients));
        let mut after = None;
        loop {
            let page = self.exports.find(&theirs.clone().after(after)).await?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            for (_, Versioned { id, version, value }) in page {
                if let Some(file) = value.file {
                    sweep.remove_file(file).await?;
                }
                let parts = Query::of(Filter::is("export", Scalar::id(id))).limit(AT_ONCE);
                sweep.remove_all(&self.parts, &parts).await?;
                sweep.remove::<ExportRow>(id, version).await?;
            }
        }
    }
}

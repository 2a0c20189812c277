//! The end of what decides about access to a record.

use super::{AccessStore, ChartRow};
use crate::sweep::{Sweep, about};
use caregraph_contracts::ids::PatientId;
use caregraph_kit::Fault;
use caregraph_kit::documents::Query;

impl AccessStore {
    /// How many documents say who may see the records of these patients, and why: charts, care relationships, consents, broken glass.
    pub async fn kept(&self, patients: &[PatientId]) -> Result<u64, Fault> {
        let theirs = about("patient", patients);
        let charts = self.charts.get_many(patients).await?.len() as u64;
        let ties = self.ties.count(&theirs).await?;
        let consents = self.consents.count(&theirs).await?;
        let glass = self.glass.count(&theirs).await?;
        Ok(charts + ties + consents + glass)
    }

    /// Removes them. Nobody has such a record from then on.
    pub async fn erase(&self, sweep: &mut Sweep, patients: &[PatientId]) -> Result<(), Fault> {
        let theirs = Query::of(about("patient", patients));
        sweep.remove_all(&self.ties, &theirs).await?;
        sweep.remove_all(&self.consents, &theirs).await?;
        sweep.remove_all(&self.glass, &theirs).await?;
        for chart in self.charts.get_many(patients).await? {
            sweep.remove::<ChartRow>(chart.id, chart.version).await?;
        }
        Ok(())
    }
}

//! What goes of that which decides about access to a record, when there is no record to decide about any more.
//!
//! Charts stay, without what they tell of the person: whoever comes back is treated again, and neither the account nor who turned out to
//! be whom is told a second time as long as it is the same. What still opens the record stays until patients tells that it has ended.

use super::{AccessStore, ChartRow, ConsentRow, GlassRow, TieRow};
use crate::access::{Chart, Consent, Tie};
use crate::sweep::{Sweep, about, everything};
use caregraph_contracts::ids::{ConsentId, GlassBreakId, PatientId, TieId};
use caregraph_kit::Fault;
use caregraph_kit::documents::{Query, Versioned};
use chrono::{DateTime, Utc};

/// What may go, as it was read.
#[derive(Default)]
pub(crate) struct Leftovers {
    /// Charts as they are to be from now on.
    charts: Vec<Versioned<PatientId, ChartRow>>,
    /// How many of these charts said who acts for the patient.
    guarded: u64,
    ties: Vec<(TieId, i64)>,
    consents: Vec<(ConsentId, i64)>,
    glass: Vec<(GlassBreakId, i64)>,
}

impl AccessStore {
    /// Relationships, consents and broken glass that are over at a moment, and what charts tell of these patients.
    pub async fn leftovers(&self, patients: &[PatientId], at: DateTime<Utc>) -> Result<Leftovers, Fault> {
        let theirs = Query::of(about("patient", patients));
        let mut leftovers = Leftovers::default();
        for Versioned { id, version, value } in self.charts.get_many(patients).await? {
            let chart = Chart::from(value);
            let blank = chart.blank();
            if chart != blank {
                leftovers.guarded += u64::from(!chart.guardians.is_empty());
                let value = ChartRow::from(blank);
                leftovers.charts.push(Versioned { id, version, value });
            }
        }
        for Versioned { id, version, value } in everything(&self.ties, &theirs).await? {
            if !Tie::from(value).holds(at) {
                leftovers.ties.push((id, version));
            }
        }
        for Versioned { id, version, value } in everything(&self.consents, &theirs).await? {
            if !Consent::from(value).holds(at) {
                leftovers.consents.push((id, version));
            }
        }
        for Versioned { id, version, value } in everything(&self.glass, &theirs).await? {
            if value.until <= at {
                leftovers.glass.push((id, version));
            }
        }
        Ok(leftovers)
    }
}

impl Leftovers {
    /// How much of it says who was allowed to see a record. The rest of charts is a copy, of which patients gives account.
    pub fn count(&self) -> u64 {
        let over = self.ties.len() + self.consents.len() + self.glass.len();
        self.guarded + over as u64
    }

    /// Lets it go.
    pub async fn go(self, sweep: &mut Sweep) -> Result<(), Fault> {
        for (id, version) in self.ties {
            sweep.remove::<TieRow>(id, version).await?;
        }
        for (id, version) in self.consents {
            sweep.remove::<ConsentRow>(id, version).await?;
        }
        for (id, version) in self.glass {
            sweep.remove::<GlassRow>(id, version).await?;
        }
        for Versioned { id, version, value } in self.charts {
            sweep.replace(id, version, &value).await?;
        }
        Ok(())
    }
}

//! What is known of visits, as documents. The facts name people, so they are sealed.

use super::model::{Visit, was_booked_by};
use crate::notification::{Notification, Sender};
use caregraph_contracts::events::AppointmentFacts;
use caregraph_contracts::ids::{AppointmentId, Id, PatientId};
use caregraph_kit::Fault;
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::documents::{
    Collection, Commit, Declaration, Direction, Document, Documents, Filter, Kind, Query, Scalar, Versioned,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A visit as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct VisitRow {
    /// Whose visit it is. Absent in what was written before visits were found by it.
    patient: Option<PatientId>,
    facts: String,
}

impl Document for VisitRow {
    type Id = AppointmentId;
    const COLLECTION: &'static str = "visits";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
            .field("patient", Kind::Text)
            .index("by_patient", &[("patient", Direction::Ascending)])
    }
}

/// How many visits of nobody known are looked through at a time.
const PAGE: u64 = 1000;

/// Reads and writes visits. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Visits {
    collection: Collection<VisitRow>,
    cipher: FieldCipher,
}

impl Visits {
    pub(crate) fn new(documents: &Documents, cipher: FieldCipher) -> Result<Self, Fault> {
        Ok(Self {
            collection: documents.collection()?,
            cipher,
        })
    }

    pub(crate) async fn get(
        &self,
        id: AppointmentId,
    ) -> Result<Option<Versioned<AppointmentId, Visit>>, Fault> {
        let Some(row) = self.collection.get(id).await? else {
            return Ok(None);
        };
        Ok(Some(Versioned {
            id,
            version: row.version,
            value: self.open(id, &row.value)?,
        }))
    }

    fn open(&self, id: AppointmentId, row: &VisitRow) -> Result<Visit, Fault> {
        let facts: AppointmentFacts = self.cipher.open_json(place(id), &row.facts)?;
        Ok(Visit(facts))
    }

    pub(crate) fn put(&self, commit: &mut Commit, version: Option<i64>, visit: &Visit) -> Result<(), Fault> {
        let id = visit.0.appointment_id;
        let row = VisitRow {
            patient: Some(visit.0.patient_id),
            facts: self.cipher.seal_json(place(id), &visit.0)?,
        };
        match version {
            Some(version) => commit.replace(id, version, &row)?,
            None => commit.insert(id, &row)?,
        }
        Ok(())
    }

    /// Visits of these patients of which nobody needs to be reminded after an erasure at that time, with their versions; about so many at
    /// the most. Visits that were booked afterwards are none of its business, as long as people are expected.
    pub(crate) async fn ended_by_erasure(
        &self,
        patients: &[PatientId],
        erased_at: DateTime<Utc>,
        limit: u64,
    ) -> Result<Vec<(AppointmentId, i64)>, Fault> {
        let theirs = Filter::one_of("patient", patients.iter().map(|patient| Scalar::id(*patient)));
        let mut found = Vec::new();
        for (wanted, page) in [(theirs, limit), (Filter::absent("patient"), PAGE)] {
            let mut after = None;
            while (found.len() as u64) < limit {
                let page = Query::of(wanted.clone()).after(after.take()).limit(page);
                let rows = self.collection.find(&page).await?;
                let Some((last, _)) = rows.last() else { break };
                after = Some(last.clone());
                for (_, row) in rows {
                    if self.is_ended_by_erasure(&row, patients, erased_at)? {
                        found.push((row.id, row.version));
                    }
                }
            }
        }
        Ok(found)
    }

    fn is_ended_by_erasure(
        &self,
        row: &Versioned<AppointmentId, VisitRow>,
        patients: &[PatientId],
        erased_at: DateTime<Utc>,
    ) -> Result<bool, Fault> {
        let visit = || self.open(row.id, &row.value);
        if row.value.patient.is_none() {
            // Only the facts tell whose it is; it is older than any erasure.
            return Ok(patients.contains(&visit()?.0.patient_id));
        }
        // Of a visit whose seal does not open nobody can be reminded.
        let is_ended = |visit: Visit| !visit.is_to_come(erased_at);
        Ok(was_booked_by(row.id, erased_at) || visit().ok().is_none_or(is_ended))
    }

    /// Whether the visit that a reminder speaks of is still on, at the time it speaks of.
    pub(crate) async fn still_holds(&self, reminder: &Notification) -> Result<bool, Fault> {
        let Some(id) = Sender::visit_of(reminder) else {
            return Ok(false);
        };
        let visit = self.get(id).await?;
        let told = reminder.facts.instants.get("start");
        Ok(visit.is_some_and(|visit| visit.value.is_on() && Some(&visit.value.0.start) == told))
    }
}

fn place(id: AppointmentId) -> FieldRef<'static> {
    FieldRef {
        table: VisitRow::COLLECTION,
        record: id.uuid(),
        field: "facts",
    }
}

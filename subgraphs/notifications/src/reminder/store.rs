//! What is known of visits, as documents. The facts name people, so they are sealed.

use super::model::Visit;
use crate::notification::{Notification, Sender};
use caregraph_contracts::events::AppointmentFacts;
use caregraph_contracts::ids::{AppointmentId, Id};
use caregraph_kit::Fault;
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::documents::{Collection, Commit, Declaration, Document, Documents, Versioned};
use serde::{Deserialize, Serialize};

/// A visit as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct VisitRow {
    facts: String,
}

impl Document for VisitRow {
    type Id = AppointmentId;
    const COLLECTION: &'static str = "visits";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

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
        let facts: AppointmentFacts = self.cipher.open_json(place(id), &row.value.facts)?;
        Ok(Some(Versioned {
            id,
            version: row.version,
            value: Visit(facts),
        }))
    }

    pub(crate) fn put(&self, commit: &mut Commit, version: Option<i64>, visit: &Visit) -> Result<(), Fault> {
        let id = visit.0.appointment_id;
        let row = VisitRow {
            facts: self.cipher.seal_json(place(id), &visit.0)?,
        };
        match version {
            Some(version) => commit.replace(id, version, &row)?,
            None => commit.insert(id, &row)?,
        }
        Ok(())
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

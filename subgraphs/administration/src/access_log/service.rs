//! Use cases of the patient who wants to know who looked.

use crate::people::store as people;
use crate::trail::store::{self, Narrowed};
use crate::trail::{Names, Place, Written};
use caregraph_contracts::Scope;
use caregraph_contracts::ids::PatientId;
use caregraph_kit::Fault;
use caregraph_kit::auth::Principal;
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::subgraph::Ground;

/// What tells other domains more about a change that is an entry of its own already: to the patient it would be the same thing twice.
/// Auditors see it.
const ECHOES: &[&str] = &["AllergyRecorded", "MedicationChanged", "VitalsAbnormal"];

/// An entry as the patient sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLogEntry {
    /// What is written. Addresses, sessions and digests are nobody's but the auditor's.
    pub written: Written,
    /// The stated reason.
    pub reason: Option<String>,
    /// The name of whoever did it, as known now, when it is for the reader.
    pub by_name: Option<String>,
}

/// Use cases of the patient who wants to know who looked. Cheap to clone.
#[derive(Clone)]
pub struct AccessLogService {
    ground: Ground,
}

impl AccessLogService {
    /// The service on its ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// Who looked at a patient's record or changed it, newest first, with the entries of records that were merged into it. `None`
    /// when there is no such patient for the caller: only the patient, guardians and auditors see any.
    pub async fn of_patient(
        &self,
        principal: &Principal,
        patient: PatientId,
        page: &PageArgs<Place>,
    ) -> Result<Option<Edges<Place, AccessLogEntry>>, Fault> {
        if !self.is_visible(principal, patient).await? {
            return Ok(None);
        }
        let reader = self.ground.database.reader();
        let wanted = Narrowed {
            patients: Some(people::family(reader, patient).await?),
            without: ECHOES,
            ..Narrowed::default()
        };
        let entries = store::page(reader, &wanted, page).await?;
        let names = Names::behind(&self.ground, principal, &entries).await?;
        let opened = entries.into_iter().map(|(place, written)| {
            let entry = AccessLogEntry {
                reason: written.open_reason(&self.ground.cipher),
                by_name: names.of(&written),
                written,
            };
            (place, entry)
        });
        Ok(Some(opened.collect()))
    }

    async fn is_visible(&self, principal: &Principal, patient: PatientId) -> Result<bool, Fault> {
        let reader = self.ground.database.reader();
        let Some(user) = principal.user_id() else {
            return Ok(false);
        };
        if principal.has(Scope::AuditRead) {
            return Ok(people::exists(reader, patient).await?);
        }
        Ok(people::is_acted_for_by(reader, patient, user).await?)
    }
}

//! What clients send.

mod encounter;
mod entries;
mod updates;

pub use encounter::{
    AddTreatmentPlanInput, AmendEncounterInput, RecordDiagnosisInput, SignEncounterInput,
    StartEncounterInput, UpdateDiagnosisInput, UpdateEncounterInput,
};
pub use entries::{
    AttachDocumentInput, RecordAllergyInput, RecordConditionInput, RecordImmunizationInput,
    RecordMedicationStatementInput, RecordVitalsInput,
};
pub use updates::{
    ReleaseEntryInput, RetractEntryInput, UpdateAllergyInput, UpdateBackgroundInput, UpdateConditionInput,
    UpdateMedicationStatementInput,
};

use crate::access::BreakGlass;
use crate::entry::EntryFilter;
use async_graphql::{Enum, ID, InputObject};
use caregraph_contracts::events::EntryKind;
use caregraph_kit::graphql::named_id;
use chrono::{DateTime, Utc};

/// A kind of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "EntryKind", name = "RecordEntryKind")]
pub enum RecordEntryKind {
    /// Visits.
    Encounter,
    /// Vital signs.
    Vitals,
    /// Allergies.
    Allergy,
    /// Conditions.
    Condition,
    /// Immunizations.
    Immunization,
    /// Medicines.
    Medication,
    /// Documents.
    Document,
    /// The background.
    Background,
}

/// Narrows a list of visits.
#[derive(Default, InputObject)]
pub struct EncounterFilter {
    /// Only those that began at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Only those that began before this time.
    pub to: Option<DateTime<Utc>>,
}

/// Narrows a timeline.
#[derive(Default, InputObject)]
pub struct TimelineFilter {
    /// Only these kinds of entries; all when left out or empty.
    kinds: Option<Vec<RecordEntryKind>>,
    /// Only at this time or later.
    from: Option<DateTime<Utc>>,
    /// Only before this time.
    to: Option<DateTime<Utc>>,
}

impl From<TimelineFilter> for EntryFilter {
    fn from(filter: TimelineFilter) -> Self {
        let mut kinds: Vec<EntryKind> = filter
            .kinds
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        Self {
            kinds,
            from: filter.from,
            to: filter.to,
        }
    }
}

/// Asks for leave to upload a file.
#[derive(InputObject)]
pub struct RequestUploadInput {
    /// Whose record it is for.
    pub(in crate::graphql) patient_id: ID,
    /// Its name; a path before it is left out.
    pub(in crate::graphql) file_name: String,
}

/// Opens a record.
#[derive(InputObject)]
pub struct BreakGlassInput {
    /// Whose record.
    patient_id: ID,
    /// Why it has to be opened now, 10 to 500 characters. The patient is told, and reads it.
    reason: String,
}

impl From<BreakGlassInput> for BreakGlass {
    fn from(input: BreakGlassInput) -> Self {
        Self {
            patient: named_id(&input.patient_id),
            reason: input.reason,
        }
    }
}

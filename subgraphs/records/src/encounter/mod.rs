//! Encounters: what happened in a visit, from the skeleton that scheduling causes to the signature and what is amended after it.

mod amending;
mod changes;
mod model;
mod service;

pub use changes::{DiagnosisDraft, EncounterChanges, PlanDraft};
pub use model::{Diagnosis, Encounter, EncounterClass, EncounterStatus, Signature, TreatmentPlan};
pub(crate) use service::entry_of;
pub use service::{EncounterService, StartEncounter};

//! Entries: what a medical record consists of. Each is one document with all its versions beside it; nothing is ever overwritten.

mod checks;
mod coding;
mod content;
mod details;
mod difference;
mod history;
mod live;
mod model;
mod reading;
mod recording;
mod store;
mod telling;
mod writing;

pub use content::Content;
pub use details::{
    Allergy, AllergyCategory, AllergyStatus, Background, BloodType, Code, Condition, ConditionStatus,
    DocumentType, Imaging, Immunization, MedicalDocument, Medication, MedicationSource, MedicationStatus,
    Severity, Verification,
};
pub use difference::FieldChange;
pub use history::Version;
pub use live::{LiveFailure, RecordNews};
pub use model::Entry;
pub use reading::{EntryFilter, Reader, RecordView};
pub(crate) use recording::reason_of;
pub use recording::{Placing, Recording};
pub(crate) use store::{Care, EntryRow, EntryStore, VersionRow};
pub use writing::Stale;
pub(crate) use writing::{Draft, Occasion, Writer};

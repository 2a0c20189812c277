//! The patient: profile, guardians, and who may see and change them.

mod changes;
mod guardians;
mod model;
mod mrn;
mod person;
mod profile;
mod sealing;
mod search;
mod service;
pub(crate) mod store;
mod updating;
mod values;
mod viewer;
mod word;

pub use changes::ProfileChanges;
pub use guardians::{LinkGuardian, UnlinkGuardian, UnlinkRefusal};
pub(crate) use model::GuardianProblem;
pub use model::{Guardian, Patient};
pub use mrn::{InvalidMrn, Mrn};
pub use person::SamePerson;
pub(crate) use person::told;
pub use profile::{Identification, Profile};
pub use sealing::Sealing;
pub use search::{Search, SearchError, Term};
pub(crate) use service::load_seen;
pub use service::{AddDependant, GuardianDraft, PatientService, RegisterPatient};
pub use store::{ListFilter, ListKey};
pub use updating::{UpdatePatient, UpdateRefusal};
pub use values::{
    Address, AddressKind, BloodType, EmergencyContact, Gender, GuardianRelationship, InsuranceCard, Language,
    SexAtBirth,
};
pub use viewer::Viewer;
pub(crate) use word::{authorise, form_reference, sees_all};

//! People who give care.

mod details;
mod language;
mod model;
mod service;
mod specialty;
pub(crate) mod store;

pub use details::{Changes, Details};
pub use language::{LanguageTag, NotALanguage};
pub use model::{LicensedUntil, Practitioner, Private, Profession, Profile};
pub use service::{
    CreatePractitioner, DeactivatePractitioner, PractitionerService, ReactivatePractitioner, Shown,
    UpdatePractitioner,
};
pub use specialty::Specialty;
pub use store::{Filter, Key, Stored};

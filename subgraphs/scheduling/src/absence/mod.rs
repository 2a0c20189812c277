//! When a practitioner is not there, although the week says so.

mod model;
mod service;
pub mod store;

pub use model::{Absence, AbsencePeriod, AddAbsence};
pub use service::AbsenceService;

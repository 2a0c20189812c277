//! The catalogue: what can be booked, how long it takes, what it costs, who offers it.

mod category;
mod model;
mod service;
pub mod store;

pub use category::{Category, UnknownCategory};
pub use model::{Details, MedicalService, Timing, TimingRequest};
pub use service::{MedicalServiceFilter, MedicalServiceKey, SaveMedicalService, ServiceCatalogue};

//! The catalogue as a graph.

mod inputs;
mod roots;
mod types;

pub use roots::{MedicalServiceMutation, MedicalServiceQuery};
pub use types::MedicalService;

//! What scheduling knows of practitioners, locations and patients: copies of public facts, kept up to date by events.
//!
//! **Invariant:** only [`crate::handlers`] writes here, and nobody asks another domain while a booking is made.

mod model;
mod person;
pub mod store;

pub use model::{Location, Patient, Practitioner};
pub use person::{Person, Persons};

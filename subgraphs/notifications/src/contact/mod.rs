//! How people are reached, as their accounts and records tell it.

mod model;
pub(crate) mod store;

pub use model::{Contact, Fate, Ward, is_only_a_patients, leads_nowhere};

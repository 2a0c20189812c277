//! The week as it repeats: when and where a practitioner works.

mod model;
mod service;
pub mod store;

pub use model::{Rule, RulesRequest, SetWorkingHours};
pub use service::WorkingHoursService;

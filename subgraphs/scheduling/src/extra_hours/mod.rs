//! One-off hours beside the week, for example a Saturday of vaccinations.

mod model;
mod service;
pub mod store;

pub use model::{AddExtraHours, ExtraHours};
pub use service::ExtraHoursService;

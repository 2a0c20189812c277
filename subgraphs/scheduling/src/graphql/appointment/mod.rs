//! Appointments in the graph.

pub mod errors;
mod inputs;
mod loaders;
mod mutation;
mod payloads;
mod query;
mod types;

pub use inputs::AppointmentFilter;
pub use loaders::{AppointmentLoader, HistoryLoader, load};
pub use mutation::AppointmentMutation;
pub use query::AppointmentQuery;
pub(super) use query::{Connection, page_of};
pub use types::{Appointment, AppointmentChange, AppointmentChangeKind, AppointmentStatus};

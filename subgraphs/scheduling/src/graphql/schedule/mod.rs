//! Schedules as a graph: weekly hours, one-off hours, absences.

mod inputs;
mod mutations;
mod types;

pub use mutations::{AbsenceMutation, ExtraHoursMutation, WorkingHoursMutation};
pub use types::{Absence, ExtraHours, WorkingHours};

//! Reactions to other domains' events.

mod accounts;
mod appointments;
mod glass;

pub use accounts::AccountsBecomePatients;
pub use appointments::AppointmentsMakeCare;
pub use glass::GlassOpensPatients;

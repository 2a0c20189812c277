//! Reactions to other domains' events.

mod accounts;
mod appointments;
mod erasures;
mod glass;

pub use accounts::AccountsBecomePatients;
pub use appointments::AppointmentsMakeCare;
pub use erasures::AnswersCarryErasures;
pub use glass::GlassOpensPatients;

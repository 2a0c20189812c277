//! Care relationships: which member of staff cares for which patient, why, and until when.

mod assignment;
mod model;
pub(crate) mod store;

pub(crate) use assignment::changes;
pub use assignment::{AssignCareTeam, CareService, TeamMember};
pub(crate) use model::{AppointmentCare, told};
pub use model::{CareRelationship, CareTeamRole};

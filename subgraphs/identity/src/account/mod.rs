//! Accounts: who somebody is, how they come to an account, and what administrators do with it.

mod administration;
mod invitation;
pub(crate) mod invitation_store;
mod model;
mod profile;
mod provisioning;
mod refusal;
mod registration;
mod sealing;
mod service;
pub(crate) mod shadow_store;
pub(crate) mod store;

pub use administration::{AssignRoles, SuspendUser};
pub use invitation::{AcceptInvitation, Invitation, InviteUser};
pub use model::{Locale, NewAccount, User, UserStatus};
pub use profile::{PostalAddress, ProfileChanges};
pub use refusal::{AcceptRefusal, InviteRefusal, LinkRefusal, ProfileRefusal, RegisterRefusal};
pub use registration::Registration;
pub use sealing::Sealing;
pub use service::AccountService;
pub use store::UserFilter;

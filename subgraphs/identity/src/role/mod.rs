//! What each role may do.

mod model;
mod service;
pub(crate) mod store;

pub use model::RoleDefinition;
pub(crate) use model::scopes_of;
pub use service::{RoleService, SetRolePermissions};

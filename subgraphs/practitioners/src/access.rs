//! Who may see and do what here. Browsing is open to everybody; this is about the rest.

use caregraph_contracts::ids::PractitionerId;
use caregraph_contracts::{Role, Scope};
use caregraph_kit::auth::Principal;

/// Whether somebody manages practitioners and places.
pub(crate) fn manages(principal: &Principal) -> bool {
    principal.has(Scope::PractitionersManage)
}

/// Whether somebody works here; they also see what is no longer in use.
pub(crate) fn works_here(principal: &Principal) -> bool {
    manages(principal) || principal.roles().any(Role::is_staff)
}

/// Whether somebody is this practitioner.
pub(crate) fn is(principal: &Principal, practitioner: PractitionerId) -> bool {
    principal.user_id() == Some(practitioner.as_user())
}

/// Whether somebody sees contact data and licence of a practitioner.
pub(crate) fn sees_private_part(principal: &Principal, practitioner: PractitionerId) -> bool {
    manages(principal) || is(principal, practitioner)
}

//! Who looks at patients, reduced to what decides about it.

use caregraph_contracts::Scope;
use caregraph_contracts::ids::UserId;
use caregraph_kit::auth::Principal;

/// A signed-in person with regard to patients. Small and comparable, so that lookups of one request can be batched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Viewer {
    /// The account.
    pub user: UserId,
    /// Front desk: sees every patient.
    pub manages: bool,
    /// Sees patients with whom a care relationship exists.
    pub reads: bool,
}

impl Viewer {
    /// The viewer behind a principal; `None` for somebody who has not signed in and therefore sees nobody.
    pub fn of(principal: &Principal) -> Option<Self> {
        Some(Self {
            user: principal.user_id()?,
            manages: principal.has(Scope::PatientsManage),
            reads: principal.has(Scope::PatientsRead),
        })
    }
}

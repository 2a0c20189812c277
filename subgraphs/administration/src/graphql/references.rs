//! People whom other domains own and the trail points to.

use async_graphql::{ID, SimpleObject};
use caregraph_contracts::Role;
use uuid::Uuid;

/// A person's account. What may be seen of it comes from the identity domain.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct User {
    /// Identifies the account.
    pub id: ID,
}

impl User {
    /// A reference to an account.
    pub fn new(id: Uuid) -> Self {
        Self {
            id: id.to_string().into(),
        }
    }
}

/// Somebody who gives care. Name and profession come from the practitioners' domain.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct Practitioner {
    /// Identifies the practitioner.
    pub id: ID,
}

impl Practitioner {
    /// A reference to the practitioner behind an account that acted in some roles; `None` when none of them gives care.
    pub fn acting(user: Option<Uuid>, roles: &str) -> Option<Self> {
        let gives_care = roles
            .split(',')
            .filter_map(|name| name.parse().ok())
            .any(|role| match role {
                Role::Doctor | Role::Nurse | Role::Pharmacist | Role::LabTechnician => true,
                Role::Patient | Role::InsuranceProvider | Role::Admin => false,
            });
        user.filter(|_| gives_care).map(|id| Self {
            id: id.to_string().into(),
        })
    }
}

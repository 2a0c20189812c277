//! What other domains own and scheduling points to.

use async_graphql::{ID, SimpleObject};
use caregraph_contracts::ids::{LocationId, UserId};

/// A place where care is given. Its name, address and time zone come from the practitioners' domain.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct Location {
    /// Identifies the place.
    pub id: ID,
}

impl Location {
    /// A reference to a location.
    pub fn new(id: LocationId) -> Self {
        Self {
            id: id.to_string().into(),
        }
    }
}

/// A person's account. What may be seen of it comes from the identity domain.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct User {
    /// Identifies the account.
    pub id: ID,
}

impl User {
    /// A reference to an account.
    pub fn new(id: UserId) -> Self {
        Self {
            id: id.to_string().into(),
        }
    }
}

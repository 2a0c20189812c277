//! Who caused an event.

use crate::access::Role;
use crate::ids::{SessionId, UserId};
use serde::{Deserialize, Serialize};

/// Whoever's request an event follows from, directly or through other events. Travels with the event, sealed like it, and is
/// what the audit trail names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The account; `None` for somebody who was not signed in.
    pub user: Option<UserId>,
    /// The session.
    pub session: Option<SessionId>,
    /// Roles in the token.
    pub roles: Vec<Role>,
    /// Address of the client.
    pub address: Option<String>,
    /// The request's id, as in logs.
    pub request: String,
}

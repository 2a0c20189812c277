//! What domains agree on: identifiers, public events, roles and scopes, money. No input or output.
//!
//! Everything here crosses a border between two subgraphs, so it changes by addition only: a new event, a new
//! optional field, a new scope. Renaming or removing breaks a reader that was deployed yesterday.

pub mod access;
pub mod events;
pub mod ids;
pub mod links;
pub mod money;
pub mod names;

pub use access::{AccessBasis, RecordPart, Role, Scope, WriteAccess};
pub use events::{Domain, PublicEvent};
pub use money::{Currency, Money};

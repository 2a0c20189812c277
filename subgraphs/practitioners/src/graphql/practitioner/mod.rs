//! Practitioners in the graph.

mod inputs;
mod mutation;
mod query;
mod types;

pub(super) use mutation::PractitionerMutation;
pub(super) use query::PractitionerQuery;
pub(super) use types::Practitioner;

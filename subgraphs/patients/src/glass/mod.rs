//! Leave that members of staff took in an emergency: records tells of it, and the patient is visible until it ends.

pub(crate) mod store;

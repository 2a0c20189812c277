//! Who sees and writes which part of whose record. Everything that shows or changes clinical data asks here first.

mod glass;
mod model;
mod open;
mod service;
pub(crate) mod store;
mod watch;

pub use glass::{BreakGlass, GlassBreak};
pub use model::Sight;
pub(crate) use model::{Chart, Consent, Tie};
pub use service::Access;
pub(crate) use store::Persons;
pub(crate) use watch::Watch;

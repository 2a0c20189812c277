//! What an event of another domain means as an entry of the trail.

mod facts;
mod model;
mod payload;

pub use facts::{Facts, facts};
pub use model::{Entry, Outcome, Subject, SubjectKind};

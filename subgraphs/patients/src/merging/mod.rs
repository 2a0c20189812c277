//! Putting records together that turned out to be one person's, and parting them again.
//!
//! Nothing is copied: the merged record points to the one that stands for the person, and everything that hangs on it is
//! found through that. So undoing a merge gives back both as they are, whatever happened in between.

mod model;
mod service;
pub(crate) mod store;

pub use model::{Merge, MergeConcern, Undoing};
pub use service::{MergePatients, MergeRefusal, MergeService, UndoMerge};
pub use store::MergeKey;

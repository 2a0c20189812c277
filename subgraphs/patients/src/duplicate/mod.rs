//! Records that may be one person's: found by what they share, weighed, and shown to people, who decide.

mod distance;
mod model;
mod service;
pub(crate) mod store;

pub use model::{Likeness, MatchReason, likeness};
pub(crate) use model::{MATCH_VERSION, keys};
pub use service::{DuplicateCandidate, DuplicateService, PairKey};

//! The audit trail: entries in a chain, one chain per day, each day's head signed.
//!
//! An entry's hash covers its place, everything it says, and the hash of the entry before it; a day's first entry goes on from the
//! last one of the day before that has any. So whoever changes, inserts, removes or moves an entry must calculate anew everything
//! behind it, and then cannot sign the head.

mod chain;
mod finding;
mod head;
mod names;
mod recorder;
mod service;
pub mod store;
mod verification;
mod verify;
mod written;

pub use chain::{Place, START};
pub use finding::{Finding, FindingKind};
pub use head::Head;
pub use names::Names;
pub use recorder::Recorder;
pub use service::{LogFilter, LoggedEntry, TrailService};
pub use verify::{MOST_FINDINGS, Verification, VerifyTrail};
pub use written::Written;

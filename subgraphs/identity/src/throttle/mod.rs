//! Slowing down guessing, per account and per network address, across restarts and processes.
//!
//! An attempt is counted *before* the password is looked at, and taken back when it was right: a thousand attempts sent
//! at the same time wait for each other's count instead of all passing an empty one.

mod model;
mod store;

pub(crate) use model::Policy;
pub(crate) use store::{Subject, count, forget, forget_old, refund};

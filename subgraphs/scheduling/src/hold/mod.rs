//! A slot kept free for a few minutes while somebody fills in the form.
//!
//! **Invariant:** a hold that is alive has its practitioner's cells. Once it has expired they are free to take, whether
//! or not anybody has cleared them away yet.

mod model;
mod service;
pub(crate) mod store;

pub use model::{Hold, MOST_HOLDS};
pub use service::{HeldSlot, HoldRefusal, HoldService, HoldSlot};

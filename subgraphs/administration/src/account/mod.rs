//! What identity told about accounts: names and roles of those who may stand behind entries of the trail.
//!
//! Of everybody, because an account may come to work here long after it was made, and what tells of that says no name.

mod model;
pub mod store;

pub use model::{Account, Reader};

//! Reminders of visits: planned when a visit is booked, planned anew when it moves, taken back when it is called off.

mod model;
mod store;
mod worker;

pub(crate) use model::{Lead, Visit};
pub(crate) use store::{VisitRow, Visits};
pub(crate) use worker::{REMIND, Reminder};

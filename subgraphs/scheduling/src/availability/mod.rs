//! Which times are free.
//!
//! A time is **on offer** when a visit that starts then lies within the practitioner's hours and starts on their grid;
//! it is **free** when, besides, nothing else takes the practitioner's time. Only the latter can change from one second
//! to the next, and only [`crate::cells`] decides it; what is answered here is a picture of the present.

mod alternatives;
mod calendar;
mod load;
mod model;
mod offer;
mod planner;
mod query;
mod service;
mod workload;

pub use calendar::{CalendarDay, FreeCount, Month};
pub use model::{Offered, Slot, starts};
pub use query::SlotQuery;
pub use service::AvailabilityService;

//! A practitioner's schedule as a whole: who may change it, in which order changes happen, and that nobody is expected in
//! two places at once. Its parts are [`crate::working_hours`], [`crate::extra_hours`] and [`crate::absence`].

mod access;
mod clash;
pub mod store;

pub use access::{ScheduleViewer, may_change};
pub use clash::{Clash, clash_on, clash_within_week};

//! Clocks on walls: working hours are said in local time, visits happen at instants, and this is the way between them.
//!
//! **Invariant:** nothing outside this module adds a local time to a date. On days when clocks change that sum names no
//! instant, or two.

mod clock_face;
mod day;

pub use clock_face::{EmptyHours, Hours, InvalidLocalTime, LocalTime};
pub use day::{LocalDay, Stretch};

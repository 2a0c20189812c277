//! Vital signs: what is possible, what is normal at which age, what needs attention.

mod model;
mod ranges;

pub use model::{Level, Reading, RecordVitals, Sign, Vitals};

//! The part of the trail that is about one patient, for that patient and whoever acts for them.

mod service;

pub use service::{AccessLogEntry, AccessLogService};

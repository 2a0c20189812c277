//! How somebody wants to be told.

mod model;
mod service;
pub(crate) mod store;

pub use model::{Preferences, QuietHours};
pub use service::{PreferenceService, UpdatePreferences};

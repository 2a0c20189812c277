//! Places where care is given.

mod model;
mod service;
pub(crate) mod store;

pub use model::{Location, Place, PlaceDetails};
pub use service::{LocationService, MOST_LOCATIONS, SaveLocation};

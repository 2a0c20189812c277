//! Keys that sign access tokens: made in time, published before they sign, kept until their tokens have ended.

mod model;
mod service;
mod store;

pub use service::SigningKeys;

//! Reactions to all other domains.

mod audit;
mod people;

pub use audit::EventsBecomeEntries;
pub use people::KnowPeople;

//! Reactions to all other domains.

mod accounts;
mod audit;
mod people;

pub use accounts::KnowAccounts;
pub use audit::EventsBecomeEntries;
pub use people::KnowPeople;

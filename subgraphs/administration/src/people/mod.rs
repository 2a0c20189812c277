//! What patients told: whose record is whose, who acts for whom, and which records were put together.

pub mod store;

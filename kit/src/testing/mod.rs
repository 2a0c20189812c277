//! For tests of subgraphs: fresh databases on every engine, and a world to stand in.

mod databases;
mod documents;
mod plans;
mod redis;
mod world;

pub use databases::{OnEngine, TestDatabase, is_available};
pub use documents::{DocumentEngine, OnDocumentEngine, TestDocuments, keeps_documents};
pub use plans::{Case, Plans};
pub use redis::TestRedis;
pub use world::{TestWorld, eventually, principal};

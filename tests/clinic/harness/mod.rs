//! What tests of the whole program stand on: the program itself, people who use it, and their live connections.

mod cluster;
mod collector;
mod graph;
mod live;
mod people;
mod program;
mod script;

pub use cluster::{Cluster, router};
pub use collector::{Collector, Trace};
pub use graph::Graph;
pub use live::Live;
pub use people::{BOOK, Clinic, PASSWORD, Person, crowd, mailed_token};
pub use program::{Program, Stores};
pub use script::Script;

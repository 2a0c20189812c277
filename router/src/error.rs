//! Why the router does not start, or stops.

use std::net::SocketAddr;

/// Why the router does not start, or stops.
#[derive(Debug, thiserror::Error)]
pub enum RouterError {
    /// The address is taken, not ours, or needs more rights.
    #[error("cannot listen on {address}")]
    Bind {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// The supergraph is not GraphQL, or not a supergraph.
    #[error("the supergraph cannot be used: {0}")]
    Supergraph(String),
    /// A subgraph is given, locally or by URL, that the supergraph does not name.
    #[error("the supergraph has no subgraph `{0}`")]
    UnknownSubgraph(String),
    /// A setting is out of bounds.
    #[error("the setting {setting} is not usable: {reason}")]
    Setting {
        /// Which one.
        setting: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The engine refuses to start.
    #[error("the router cannot start: {0}")]
    Start(String),
    /// The server broke.
    #[error("the server broke")]
    Server(#[source] std::io::Error),
    /// The router's thread panicked; the panic has been logged.
    #[error("the router's thread panicked")]
    Panicked,
}

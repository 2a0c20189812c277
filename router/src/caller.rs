//! Who sent the request at hand.

use caregraph_kit::auth::{Principal, RequestInfo};
use std::net::IpAddr;

/// What is known about the sender of one request, once it is past the gate.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The verified principal.
    pub(crate) principal: Principal,
    /// Facts handed to resolvers.
    pub(crate) info: RequestInfo,
    /// The `Authorization` value as it came, for subgraphs behind a socket, which verify it themselves.
    pub(crate) authorization: Option<String>,
}

impl Caller {
    pub(crate) fn request_id(&self) -> &str {
        &self.info.request_id
    }

    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.info.address
    }
}

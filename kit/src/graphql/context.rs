//! What a resolver asks its context for, and how faults leave a resolver.

use crate::auth::{AccessDenied, Principal, RequestInfo};
use crate::failure::Fault;
use crate::failure::Rejection;
use crate::telemetry::chain;
use async_graphql::{Context, Error, ErrorExtensions, ID};
use caregraph_contracts::ids::Id;
use uuid::Uuid;

/// Shortcuts on [`Context`].
pub trait ContextExt {
    /// Whoever asks; anonymous when the transport handed nobody over.
    fn principal(&self) -> Principal;

    /// Facts about the request.
    fn request_info(&self) -> RequestInfo;

    /// A piece of the subgraph that was put into the schema.
    fn service<T: Send + Sync + 'static>(&self) -> &T;
}

impl ContextExt for Context<'_> {
    fn principal(&self) -> Principal {
        self.data_opt::<Principal>()
            .cloned()
            .unwrap_or(Principal::anonymous())
    }

    fn request_info(&self) -> RequestInfo {
        self.data_opt::<RequestInfo>().cloned().unwrap_or_default()
    }

    fn service<T: Send + Sync + 'static>(&self) -> &T {
        self.data_unchecked::<T>()
    }
}

/// Logs a fault with all its sources and gives callers a masked error that names only the request.
pub fn fault(ctx: &Context<'_>, fault: impl Into<Fault>) -> Error {
    let fault = fault.into();
    let request_id = ctx.request_info().request_id;
    tracing::error!(request_id, path = ?ctx.path_node.map(|path| path.to_string()), error = chain(&fault), "fault");
    Error::new("Internal error").extend_with(|_, extensions| {
        extensions.set("code", "INTERNAL");
        extensions.set("requestId", request_id.clone());
    })
}

impl From<AccessDenied> for Error {
    fn from(denied: AccessDenied) -> Self {
        let code = match denied {
            AccessDenied::Unauthenticated => "UNAUTHENTICATED",
            AccessDenied::MissingScope(_) => "FORBIDDEN",
        };
        Self::new(denied.to_string()).extend_with(|_, extensions| extensions.set("code", code))
    }
}

/// The identifier that a text names. Text that is no identifier gives the nil id, which names nothing: so the use case
/// checks the door first and then says "not found" at its own place, as for any unknown id.
pub fn named_id<I: Id>(id: &ID) -> I {
    I::from(Uuid::try_parse(id.as_str()).unwrap_or(Uuid::nil()))
}

/// Reads an identifier. Text that is no identifier names nothing, so it is "not found" like any unknown one.
pub fn parse_id<I: Id>(id: &ID, path: &str, what: &'static str) -> Result<I, Rejection> {
    Uuid::try_parse(id.as_str())
        .map(I::from)
        .map_err(|_| Rejection::not_found(path, what))
}

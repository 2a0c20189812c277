//! Refusals that every domain shares, as GraphQL types.

use crate::failure::Rejection;
use async_graphql::SimpleObject;

/// A value is missing, malformed, or out of bounds. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(shareable)]
pub struct InvalidInput {
    /// What is wrong, for people.
    pub message: String,
    /// Where in the input, for example `["input", "address", "city"]`.
    pub path: Vec<String>,
}

/// There is no such thing, or you may not see it: the two cannot be told apart. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(shareable)]
pub struct NotFound {
    /// What was not found, for people.
    pub message: String,
    /// Where in the input the id stands.
    pub path: Vec<String>,
}

/// You may see the thing, but not do this with it. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(shareable)]
pub struct NotAllowed {
    /// Why not, for people.
    pub message: String,
    /// Where in the input; empty when it concerns the whole operation.
    pub path: Vec<String>,
}

/// The thing is not in a state that allows this, or somebody else changed it meanwhile. Nothing was changed by you.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(shareable)]
pub struct Conflict {
    /// What stands in the way, for people.
    pub message: String,
    /// Where in the input; empty when it concerns the whole operation.
    pub path: Vec<String>,
}

/// A [`Rejection`] as one of the four types above, for the unions that the `payload!` macro makes.
#[doc(hidden)]
pub enum CommonError {
    InvalidInput(InvalidInput),
    NotFound(NotFound),
    NotAllowed(NotAllowed),
    Conflict(Conflict),
}

impl From<Rejection> for CommonError {
    fn from(rejection: Rejection) -> Self {
        let message = rejection.to_string();
        match rejection {
            Rejection::Invalid { path, .. } => Self::InvalidInput(InvalidInput {
                message,
                path: rooted(path),
            }),
            Rejection::NotFound { path, .. } => Self::NotFound(NotFound {
                message,
                path: rooted(path),
            }),
            Rejection::NotAllowed { .. } => Self::NotAllowed(NotAllowed {
                message,
                path: Vec::new(),
            }),
            Rejection::Conflict { path, .. } => Self::Conflict(Conflict {
                message,
                path: rooted(path),
            }),
        }
    }
}

/// Rules name fields of the input; clients know the input as the argument `input`.
pub(crate) fn rooted(path: Vec<String>) -> Vec<String> {
    if path.is_empty() {
        path
    } else {
        std::iter::once("input".to_owned()).chain(path).collect()
    }
}

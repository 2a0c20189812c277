//! The error codes that clients may see in `extensions.code`. Everything else is a fault and is masked as [`INTERNAL`].

/// The token is missing where one is needed, malformed, expired, forged or revoked.
pub const UNAUTHENTICATED: &str = "UNAUTHENTICATED";
/// The caller is known and may not do this.
pub const FORBIDDEN: &str = "FORBIDDEN";
/// There is no such thing, or the caller may not see it.
pub const NOT_FOUND: &str = "NOT_FOUND";
/// A variable or argument has a value that its type does not allow.
pub const BAD_USER_INPUT: &str = "BAD_USER_INPUT";
/// The request is not a GraphQL request: not JSON, no query, a batch, the wrong content type.
pub const BAD_REQUEST: &str = "BAD_REQUEST";
/// The request is larger, deeper or costlier than allowed.
pub const LIMIT_EXCEEDED: &str = "LIMIT_EXCEEDED";
/// Too many requests; `Retry-After` says when to come back.
pub const RATE_LIMITED: &str = "RATE_LIMITED";
/// The document does not fit the schema.
pub const GRAPHQL_VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
/// The document is not GraphQL.
pub const GRAPHQL_PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
/// Introspection is switched off here.
pub const INTROSPECTION_DISABLED: &str = "INTROSPECTION_DISABLED";
/// A browser could have been tricked into sending this request.
pub const CSRF_PREVENTED: &str = "CSRF_PREVENTED";
/// The operation cannot be run over this transport.
pub const NOT_ACCEPTABLE: &str = "NOT_ACCEPTABLE";
/// It took too long.
pub const TIMEOUT: &str = "TIMEOUT";
/// A part of the system does not answer.
pub const SUBGRAPH_UNAVAILABLE: &str = "SUBGRAPH_UNAVAILABLE";
/// The cursor is older than the log reaches back; start over.
pub const CURSOR_EXPIRED: &str = "CURSOR_EXPIRED";
/// Somebody else changed it meanwhile.
pub const CONFLICT: &str = "CONFLICT";
/// A fault of ours. `extensions.requestId` finds it in the logs.
pub const INTERNAL: &str = "INTERNAL";

/// The message that stands in for every fault.
pub const MASKED_MESSAGE: &str = "Internal error";

const PUBLIC: &[&str] = &[
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    BAD_USER_INPUT,
    BAD_REQUEST,
    LIMIT_EXCEEDED,
    RATE_LIMITED,
    GRAPHQL_VALIDATION_FAILED,
    GRAPHQL_PARSE_FAILED,
    INTROSPECTION_DISABLED,
    CSRF_PREVENTED,
    NOT_ACCEPTABLE,
    TIMEOUT,
    SUBGRAPH_UNAVAILABLE,
    CURSOR_EXPIRED,
    CONFLICT,
];

/// Whether an error with this code may reach a client with its own message. [`INTERNAL`] may not: its message is replaced.
pub fn is_public(code: &str) -> bool {
    PUBLIC.contains(&code)
}

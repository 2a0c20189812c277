//! A look at a client's document before anything parses it.

use crate::refusal::Refusal;
use crate::settings::Limits;
use caregraph_kit::hosting::{codes, nesting, spreads};
use hive_router::http::StatusCode;

/// Documents are kept parsed, validated and planned, so their size is memory, not only time. Long texts belong into variables,
/// which are not kept.
const TOO_LONG: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    codes::LIMIT_EXCEEDED,
    "The document is too long; send long values as variables",
);

const TOO_MUCH: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    codes::LIMIT_EXCEEDED,
    "The document spreads too many fragments",
);

/// Refuses a document that is too long, that nests so deeply that parsing it would exhaust the stack, or whose fragments stand
/// for so much that looking at it would take for ever.
pub(crate) fn check(document: Option<&str>, limits: &Limits) -> Result<(), Refusal> {
    let document = document.unwrap_or_default();
    if document.len() > limits.max_document_bytes {
        return Err(TOO_LONG);
    }
    if nesting::document_nests_deeper(document, nesting::MAX_DOCUMENT_NESTING) {
        return Err(Refusal::too_deep());
    }
    if spreads::document_spreads_beyond(document, spreads::MAX_SPREAD_NAMES) {
        return Err(TOO_MUCH);
    }
    Ok(())
}

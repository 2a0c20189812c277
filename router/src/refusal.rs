//! Answers to requests that are not executed.

use caregraph_kit::hosting::codes;
use hive_router::http::{StatusCode, header};
use hive_router::ntex::http::Response;
use serde_json::json;
use std::time::Duration;

/// A request that is turned away before it reaches the engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
    pub(crate) retry_after: Option<Duration>,
}

impl Refusal {
    pub(crate) const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self {
            status,
            code,
            message,
            retry_after: None,
        }
    }

    pub(crate) const fn bad_request(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, codes::BAD_REQUEST, message)
    }

    pub(crate) const fn too_deep() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            codes::LIMIT_EXCEEDED,
            "The request nests too deeply",
        )
    }

    pub(crate) const fn rate_limited(wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                codes::RATE_LIMITED,
                "Too many requests, try again in a moment",
            )
        }
    }

    /// The body, in the form of every GraphQL answer.
    pub(crate) fn body(self, request_id: &str) -> String {
        json!({ "errors": [{
            "message": self.message,
            "extensions": { "code": self.code, "requestId": request_id },
        }] })
        .to_string()
    }

    pub(crate) fn into_response(self, request_id: &str) -> Response {
        let mut response = Response::build(self.status);
        response.content_type("application/json");
        if let Some(wait) = self.retry_after {
            // Whole seconds, and never zero, which would mean "at once".
            response.set_header(header::RETRY_AFTER, wait.as_secs().saturating_add(1).to_string());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.set_header(header::WWW_AUTHENTICATE, "Bearer");
        }
        response.body(self.body(request_id))
    }
}

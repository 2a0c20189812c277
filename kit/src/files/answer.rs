//! What is asked of files over HTTP, and what is answered instead of a file.

use super::body::{self, FileBody};
use super::sniff::Unwelcome;
use super::upload::UploadRefusal;
use super::{FileError, FileInfo};
use crate::hosting::codes;
use crate::telemetry::chain;
use async_trait::async_trait;
use caregraph_contracts::ids::{FileId, UserId};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::json;

/// A request for a file.
pub struct FileRequest {
    /// `PUT`, `GET` or `HEAD`; others are refused.
    pub method: Method,
    /// What stands behind `/files/`.
    pub id: String,
    /// What stands behind the question mark.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// Who sent an access token, verified. An address works without; but not for somebody else than it was made for.
    pub user: Option<UserId>,
    /// The content of a `PUT`.
    pub body: FileBody,
}

/// The answer to it.
pub struct FileAnswer {
    /// Status.
    pub status: StatusCode,
    /// Headers, `Content-Length` always among them.
    pub headers: HeaderMap,
    /// Content; empty for `HEAD`.
    pub body: FileBody,
}

/// Whoever answers requests for files.
#[async_trait]
pub trait FileDoor: Send + Sync + 'static {
    /// Answers one request. Call it within a runtime of tokio.
    async fn answer(&self, request: FileRequest) -> FileAnswer;
}

/// An answer without a file, in the form of every answer of the graph.
pub fn refusal(status: StatusCode, code: &str, message: &str) -> FileAnswer {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    let mut answer = json_answer(status, &body);
    if matches!(
        status,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
    ) {
        answer.headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    answer
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> FileAnswer {
    let text = body.to_string();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
    FileAnswer {
        status,
        headers,
        body: body::whole(text),
    }
}

pub(super) fn not_found() -> FileAnswer {
    refusal(StatusCode::NOT_FOUND, codes::NOT_FOUND, "There is no such file")
}

pub(super) fn stored(info: &FileInfo) -> FileAnswer {
    let body = json!({ "id": info.id, "mediaType": info.kind.media_type(), "size": info.size });
    json_answer(StatusCode::CREATED, &body)
}

pub(super) fn upload_refusal(id: FileId, refused: UploadRefusal) -> FileAnswer {
    let (status, code, message) = match refused {
        UploadRefusal::NotFound => return not_found(),
        UploadRefusal::Taken => (
            StatusCode::CONFLICT,
            codes::CONFLICT,
            "This file has been uploaded, or is being uploaded",
        ),
        UploadRefusal::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            codes::LIMIT_EXCEEDED,
            "The file is too large",
        ),
        UploadRefusal::Empty => (StatusCode::BAD_REQUEST, codes::BAD_REQUEST, "The file is empty"),
        UploadRefusal::Unwelcome(Unwelcome::Active) => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            codes::BAD_REQUEST,
            "Pages, scripts and programs are not taken",
        ),
        UploadRefusal::Unwelcome(Unwelcome::Unknown) => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            codes::BAD_REQUEST,
            "This kind of file is not taken",
        ),
        UploadRefusal::Broken => (
            StatusCode::BAD_REQUEST,
            codes::BAD_REQUEST,
            "The upload ended early; send the file again",
        ),
        UploadRefusal::TooSlow => (
            StatusCode::REQUEST_TIMEOUT,
            codes::TIMEOUT,
            "The upload took too long; send the file again",
        ),
        UploadRefusal::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            codes::RATE_LIMITED,
            "Too many uploads at once, try again in a moment",
        ),
        UploadRefusal::Fault(error) => return fault(id, &error),
    };
    refusal(status, code, message)
}

pub(super) fn fault(id: FileId, error: &FileError) -> FileAnswer {
    tracing::error!(file = %id, error = chain(error), "a file could not be stored or read");
    if error.is_outage() {
        let message = "Files cannot be reached, try again in a moment";
        return refusal(
            StatusCode::SERVICE_UNAVAILABLE,
            codes::SUBGRAPH_UNAVAILABLE,
            message,
        );
    }
    internal()
}

pub(super) fn internal() -> FileAnswer {
    refusal(
        StatusCode::INTERNAL_SERVER_ERROR,
        codes::INTERNAL,
        codes::MASKED_MESSAGE,
    )
}

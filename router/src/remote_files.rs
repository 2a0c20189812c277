//! Files that another process keeps: requests are passed through, so that a browser sees this port only.

use crate::error::RouterError;
use crate::settings::FileCalls;
use async_trait::async_trait;
use caregraph_kit::files::{
    FILES, FileAnswer, FileBody, FileDoor, FileRequest, LONGEST_UPLOAD, empty, refusal,
};
use caregraph_kit::hosting::codes;
use futures::StreamExt as _;
use hive_router::http::{HeaderMap, HeaderName, Method, StatusCode};
use std::io;
use std::time::Duration;

/// What goes on to the other process. A list of what passes, so that neither hop-by-hop headers nor anything else does.
const REQUEST_HEADERS: &[&str] = &[
    "authorization",
    "content-length",
    "content-type",
    "if-range",
    "range",
    "traceparent",
    "user-agent",
    "x-forwarded-for",
    "x-request-id",
];

/// What comes back to the client.
const RESPONSE_HEADERS: &[&str] = &[
    "accept-ranges",
    "allow",
    "cache-control",
    "content-disposition",
    "content-length",
    "content-range",
    "content-security-policy",
    "content-type",
    "etag",
    "referrer-policy",
    "retry-after",
    "x-content-type-options",
];

/// A process that keeps files.
pub(crate) struct RemoteFiles {
    base: String,
    client: reqwest::Client,
    idle: Duration,
}

impl RemoteFiles {
    /// The files of the process at `base`.
    pub(crate) fn new(base: &str, calls: &FileCalls) -> Result<Self, RouterError> {
        let unusable = |reason: String| RouterError::Setting {
            setting: "subgraphs",
            reason,
        };
        let base = base.trim_end_matches('/').to_owned();
        reqwest::Url::parse(&base).map_err(|error| unusable(format!("`{base}` is no address: {error}")))?;
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            // Addresses are secrets; they go nowhere but there.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| unusable(error.to_string()))?;
        Ok(Self {
            base,
            client,
            idle: Duration::from_secs(calls.idle_seconds.max(1)),
        })
    }

    async fn pass(&self, request: FileRequest) -> Result<FileAnswer, String> {
        // An id with anything else in it is not one, and must not become part of an address.
        let is_id = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if !request.id.chars().all(is_id) {
            let message = "There is no such file";
            return Ok(refusal(StatusCode::NOT_FOUND, codes::NOT_FOUND, message));
        }
        let url = format!("{}{FILES}/{}?{}", self.base, request.id, request.query);
        let is_upload = request.method == Method::PUT;
        let is_head = request.method == Method::HEAD;
        let mut asking = self
            .client
            .request(request.method, url)
            .headers(only(&request.headers, REQUEST_HEADERS));
        // The other process gives up an upload that rests; here only its whole length is bounded.
        let mut patience = self.idle;
        if is_upload {
            asking = asking.body(reqwest::Body::wrap_stream(request.body));
            patience += LONGEST_UPLOAD.to_std().unwrap_or_default();
        }
        let answer = tokio::time::timeout(patience, asking.send())
            .await
            .map_err(|_| "it did not answer in time".to_owned())?
            // The address holds a signature, which is not for logs.
            .map_err(|error| caregraph_kit::telemetry::chain(&error.without_url()))?;
        Ok(FileAnswer {
            status: answer.status(),
            headers: only(answer.headers(), RESPONSE_HEADERS),
            body: if is_head { empty() } else { self.content(answer) },
        })
    }

    fn content(&self, answer: reqwest::Response) -> FileBody {
        let idle = self.idle;
        let pieces = Box::pin(answer.bytes_stream());
        futures::stream::unfold(Some(pieces), move |pieces| async move {
            let mut pieces = pieces?;
            match tokio::time::timeout(idle, pieces.next()).await {
                Ok(Some(Ok(piece))) => Some((Ok(piece), Some(pieces))),
                Ok(Some(Err(error))) => Some((Err(io::Error::other(error.without_url())), None)),
                Ok(None) => None,
                Err(_) => Some((Err(io::ErrorKind::TimedOut.into()), None)),
            }
        })
        .boxed()
    }
}

#[async_trait]
impl FileDoor for RemoteFiles {
    async fn answer(&self, request: FileRequest) -> FileAnswer {
        self.pass(request).await.unwrap_or_else(|reason| {
            tracing::warn!(reason, "the process that keeps files cannot be reached");
            let message = "Files cannot be reached, try again in a moment";
            refusal(
                StatusCode::SERVICE_UNAVAILABLE,
                codes::SUBGRAPH_UNAVAILABLE,
                message,
            )
        })
    }
}

fn only(headers: &HeaderMap, names: &[&'static str]) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in names {
        if let Some(value) = headers.get(*name) {
            kept.insert(HeaderName::from_static(name), value.clone());
        }
    }
    kept
}

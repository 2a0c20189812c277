//! GraphQL over HTTP POST, for routers.

use super::{Host, address, codes, guarded, nesting, request_id, session, spreads};
use crate::auth::RequestInfo;
use crate::telemetry::trace::{self, TraceParent};
use crate::vitals::{EXPOSITION, exposition};
use async_graphql::Request;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;

pub(super) async fn execute(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let info = request_info(&host, peer.0, &headers);
    let mut response = answer(&host, &name, &headers, body, &info)
        .await
        .unwrap_or_else(Refusal::into_response);
    if let Ok(id) = info.request_id.parse() {
        response
            .headers_mut()
            .insert(HeaderName::from_static(request_id::HEADER), id);
    }
    response
}

/// The public keys, so that a process beside identity's can check tokens.
pub(super) async fn jwks(State(host): State<Arc<Host>>) -> Response {
    let Some(verifier) = &host.verifier else {
        return Refusal(
            StatusCode::NOT_FOUND,
            "This process knows no keys",
            codes::NOT_FOUND,
        )
        .into_response();
    };
    // A new key is published long before it signs, so a short time in a cache does no harm.
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "public, max-age=60"),
    ];
    (headers, verifier.jwks_json()).into_response()
}

async fn answer(
    host: &Host,
    name: &str,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
    info: &RequestInfo,
) -> Result<Response, Refusal> {
    let schema = host.subgraphs.get(name).ok_or(Refusal(
        StatusCode::NOT_FOUND,
        "There is no such subgraph here",
        codes::NOT_FOUND,
    ))?;
    let principal =
        session::authenticate(host.verifier.as_deref(), text(headers, &AUTHORIZATION)).map_err(|error| {
            Refusal(
                StatusCode::UNAUTHORIZED,
                session::refusal(error),
                codes::UNAUTHENTICATED,
            )
        })?;
    let request = parse(headers, body)?;
    let response = guarded::execute(name, schema.as_ref(), request, &principal, info).await;
    Ok(axum::Json(response).into_response())
}

fn parse(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Request, Refusal> {
    let is_json = text(headers, &CONTENT_TYPE).is_some_and(|kind| {
        kind.split(';')
            .next()
            .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
    });
    if !is_json {
        return Err(Refusal(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Send application/json",
            codes::BAD_REQUEST,
        ));
    }
    let body = body.map_err(|_| {
        Refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The request is too large",
            codes::LIMIT_EXCEEDED,
        )
    })?;
    let too_deep = Refusal(
        StatusCode::BAD_REQUEST,
        "The request nests too deeply",
        codes::LIMIT_EXCEEDED,
    );
    if nesting::json_nests_deeper(&body, nesting::MAX_JSON_NESTING) {
        return Err(too_deep);
    }
    let request: Request = serde_json::from_slice(&body).map_err(|_| {
        Refusal(
            StatusCode::BAD_REQUEST,
            "The body is not one GraphQL request",
            codes::BAD_REQUEST,
        )
    })?;
    if nesting::document_nests_deeper(&request.query, nesting::MAX_DOCUMENT_NESTING) {
        return Err(too_deep);
    }
    if spreads::document_spreads_beyond(&request.query, spreads::MAX_SPREAD_NAMES) {
        return Err(Refusal(
            StatusCode::BAD_REQUEST,
            "The request spreads too many fragments",
            codes::LIMIT_EXCEEDED,
        ));
    }
    Ok(request)
}

pub(super) async fn readiness(State(host): State<Arc<Host>>) -> Response {
    if host.shutdown.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "shutting down").into_response();
    }
    match (host.probes.readiness)().await {
        Ok(()) => "ready".into_response(),
        Err(reason) => {
            tracing::warn!(reason, "not ready");
            // The reason may name hosts, so it stays in the log.
            (StatusCode::SERVICE_UNAVAILABLE, "not ready").into_response()
        }
    }
}

pub(super) async fn metrics(State(host): State<Arc<Host>>) -> Response {
    let vitals = (host.probes.vitals)().await;
    ([(CONTENT_TYPE, EXPOSITION)], exposition(&vitals)).into_response()
}

pub(super) fn request_info(host: &Host, peer: SocketAddr, headers: &HeaderMap) -> RequestInfo {
    let forwarded = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect::<Vec<_>>()
        .join(",");
    RequestInfo {
        request_id: request_id::accept_or_new(text(headers, &HeaderName::from_static(request_id::HEADER))),
        address: address::client_address(Some(peer.ip()), Some(&forwarded), host.settings.trusted_proxies),
        user_agent: text(headers, &USER_AGENT).map(str::to_owned),
        trace: text(headers, &HeaderName::from_static(trace::HEADER)).and_then(TraceParent::read),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

/// An answer without execution.
struct Refusal(StatusCode, &'static str, &'static str);

impl Refusal {
    fn into_response(self) -> Response {
        let Self(status, message, code) = self;
        (
            status,
            axum::Json(json!({ "errors": [{ "message": message, "extensions": { "code": code } }] })),
        )
            .into_response()
    }
}

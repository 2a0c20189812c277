//! Files on the public port: `/files/{id}`, in this process or passed through to the one that keeps them.
//!
//! The gate counts only requests to the graph, so requests for files are counted here, by the same rules. They are not answered
//! from a cache, not compressed, and never whole in memory.

use crate::gateway::Gateway;
use crate::refusal::Refusal;
use crate::remote_files::RemoteFiles;
use crate::settings::RouterSettings;
use bytes::Bytes;
use caregraph_kit::auth::Principal;
use caregraph_kit::files::{BodySender, FILES, FileAnswer, FileDoor, FileRequest, empty, pipe};
use caregraph_kit::hosting::{address, codes, request_id, session};
use caregraph_kit::near::Within;
use futures::StreamExt as _;
use hive_router::http::{self, HeaderName, Method, StatusCode, header};
use hive_router::ntex::http::HeaderMap;
use hive_router::ntex::http::body::{Body, BodyStream, SizedStream};
use hive_router::ntex::http::header::HeaderValue;
use hive_router::ntex::util;
use hive_router::ntex::web::types::{Path, Payload, State};
use hive_router::ntex::web::{self, HttpRequest, HttpResponse};
use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use tokio::runtime::Handle;

const REQUEST_ID: HeaderName = HeaderName::from_static(request_id::HEADER);
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

const METHODS: &str = "GET, HEAD, PUT, OPTIONS";
const REQUEST_HEADERS: &str = "authorization, content-type, range, if-range, x-request-id";
const RESPONSE_HEADERS: &str =
    "x-request-id, retry-after, content-disposition, content-range, content-length, accept-ranges, etag";

/// Where files are.
#[derive(Clone, Default)]
pub enum FileRoute {
    /// Nowhere: there is nothing at `/files`.
    #[default]
    Nowhere,
    /// In this process.
    Here(Arc<dyn FileDoor>),
    /// In a process of Caregraph's that hosts subgraphs, at this base URL.
    Elsewhere(String),
}

/// Files, as the workers see them.
pub(crate) struct FileGate {
    door: Arc<dyn FileDoor>,
    runtime: Handle,
}

impl FileGate {
    pub(crate) fn new(
        route: FileRoute,
        settings: &RouterSettings,
        runtime: &Handle,
    ) -> Result<Option<Self>, crate::RouterError> {
        let door: Arc<dyn FileDoor> = match route {
            FileRoute::Nowhere => return Ok(None),
            FileRoute::Here(door) => door,
            FileRoute::Elsewhere(base) => Arc::new(RemoteFiles::new(&base, &settings.files)?),
        };
        Ok(Some(Self {
            door,
            runtime: runtime.clone(),
        }))
    }
}

/// Mounts the route, where there are files.
pub(crate) fn configure(config: &mut web::ServiceConfig, gateway: &Gateway) {
    if gateway.files.is_some() {
        config.service(web::resource(format!("{FILES}/{{id}}")).to(answer));
    }
}

async fn answer(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    gateway: State<Arc<Gateway>>,
) -> HttpResponse {
    let origin = request.headers().get(header::ORIGIN).cloned();
    if request.method() == Method::OPTIONS {
        return preflight(&gateway, origin.as_ref());
    }
    let request_id = request_id::accept_or_new(text(&request, &REQUEST_ID));
    let mut response = match admit(&gateway, &request).await {
        Ok((principal, address)) => {
            let mut headers = copied(request.headers());
            announce(&mut headers, &request_id, address);
            let asked = FileRequest {
                method: request.method().clone(),
                id: id.into_inner(),
                query: request.query_string().to_owned(),
                headers,
                user: principal.user_id(),
                body: empty(),
            };
            respond(&gateway, asked, payload).await
        }
        Err(refusal) => {
            gateway.metrics.errors.with_label_values(&[refusal.code]).inc();
            refusal.into_response(&request_id)
        }
    };
    gateway.cors.apply(origin.as_ref(), response.headers_mut());
    widen(
        response.headers_mut(),
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        RESPONSE_HEADERS,
    );
    response
}

/// Counts a request as the gate does, and finds out whose it is if it says so.
async fn admit(gateway: &Gateway, request: &HttpRequest) -> Result<(Principal, Option<IpAddr>), Refusal> {
    let limited = |counted: &'static str, wait| {
        gateway.metrics.rate_limited.with_label_values(&[counted]).inc();
        Refusal::rate_limited(wait)
    };
    let address = client_address(gateway, request);
    if let Some(address) = address {
        let counted = gateway.limiter.check_address(address).await;
        counted.map_err(|too_many| limited("address", too_many.0))?;
    }
    let authorization = text(request, &header::AUTHORIZATION);
    let principal = session::authenticate(gateway.verifier.as_deref(), authorization).map_err(|error| {
        Refusal::new(
            StatusCode::UNAUTHORIZED,
            codes::UNAUTHENTICATED,
            session::refusal(error),
        )
    })?;
    let counted = gateway.limiter.check_principal(&principal).await;
    counted.map_err(|too_many| limited("principal", too_many.0))?;
    Ok((principal, address))
}

async fn respond(gateway: &Gateway, mut asked: FileRequest, payload: Payload) -> HttpResponse {
    let Some(files) = &gateway.files else {
        return HttpResponse::NotFound().finish();
    };
    let mut sending = None;
    if asked.method == Method::PUT {
        let (sender, body) = pipe();
        asked.body = body;
        sending = Some(send(payload, sender));
    }
    let mut answering = Box::pin(Within::new(files.runtime.clone(), files.door.answer(asked)));
    let answer = match sending {
        None => answering.await,
        Some(sending) => tokio::select! {
            biased;
            // Whoever has answered wants no more.
            answer = &mut answering => answer,
            () = sending => answering.await,
        },
    };
    written(files, answer)
}

/// Hands a request's content over to the program's runtime, piece by piece.
async fn send(mut payload: Payload, sender: BodySender) {
    while let Some(piece) = payload.recv().await {
        let piece = piece.map(|piece| Bytes::copy_from_slice(&piece));
        let broken = piece.is_err();
        let wanted = sender
            .send(piece.map_err(|error| io::Error::other(error.to_string())))
            .await;
        if broken || !wanted {
            return;
        }
    }
    sender.finish().await;
}

fn written(files: &FileGate, answer: FileAnswer) -> HttpResponse {
    let mut response = HttpResponse::build(answer.status);
    let mut length = None;
    for (name, value) in &answer.headers {
        if name == header::CONTENT_LENGTH {
            length = value.to_str().ok().and_then(|length| length.parse().ok());
        } else if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            response.header(name, value);
        }
    }
    let body = Within::new(files.runtime.clone(), answer.body)
        .map(|piece| piece.map(|piece| util::Bytes::copy_from_slice(&piece)));
    let body = match length {
        Some(length) => Body::from_message(SizedStream::new(
            length,
            body.map(|piece| piece.map_err(|error| -> Rc<dyn Error> { Rc::new(error) })),
        )),
        None => Body::from_message(BodyStream::new(body)),
    };
    response.body(body)
}

fn preflight(gateway: &Gateway, origin: Option<&HeaderValue>) -> HttpResponse {
    let mut response = HttpResponse::NoContent().finish();
    let headers = response.headers_mut();
    gateway.cors.apply_preflight(origin, headers);
    widen(headers, header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    widen(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    gateway.cors.apply(origin, headers);
    widen(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
    response
}

/// What the graph's rules allow an origin, in the words of files; nothing where they allow nothing.
fn widen(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// What is passed on is what we found out, not what the client claimed.
fn announce(headers: &mut http::HeaderMap, request_id: &str, address: Option<IpAddr>) {
    headers.remove(FORWARDED_FOR);
    let address = address.map(|address| address.to_string());
    for (name, value) in [
        (REQUEST_ID, Some(request_id)),
        (FORWARDED_FOR, address.as_deref()),
    ] {
        if let Some(value) = value.and_then(|value| http::HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
}

fn client_address(gateway: &Gateway, request: &HttpRequest) -> Option<IpAddr> {
    let forwarded = request
        .headers()
        .get_all(FORWARDED_FOR)
        .filter_map(|value| value.to_str().ok())
        .collect::<Vec<_>>()
        .join(",");
    let peer = request.peer_addr().map(|address| address.ip());
    address::client_address(peer, Some(&forwarded), gateway.settings.trusted_proxies)
}

fn copied(headers: &HeaderMap) -> http::HeaderMap {
    let mut copy = http::HeaderMap::new();
    for (name, value) in headers {
        if let Ok(value) = http::HeaderValue::from_bytes(value.as_bytes()) {
            copy.append(name.clone(), value);
        }
    }
    copy
}

/// A value that is not ASCII counts as an empty one: it is there, but nothing can be read from it.
fn text<'a>(request: &'a HttpRequest, name: &HeaderName) -> Option<&'a str> {
    request
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap_or_default())
}

//! The gate that every request passes first: it gets an id, its sender gets a name, and what should not get in does not.

use crate::caller::Caller;
use crate::gateway::Gateway;
use crate::refusal::Refusal;
use crate::request_body;
use crate::server::GRAPHQL;
use crate::spans;
use caregraph_kit::auth::RequestInfo;
use caregraph_kit::hosting::{address, codes, request_id, session};
use caregraph_kit::telemetry::trace::{self, TraceParent};
use hive_router::http::{HeaderName, Method, StatusCode, header};
use hive_router::ntex::http::{Response, header::HeaderValue};
use hive_router::ntex::service::{Middleware, Service, ServiceCtx};
use hive_router::ntex::web::{self, DefaultError, WebRequest, WebResponse};
use hive_router::ntex::{self, SharedCfg};
use std::net::IpAddr;
use std::sync::Arc;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static(request_id::HEADER);
const TRACEPARENT: HeaderName = HeaderName::from_static(trace::HEADER);
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Headers that browsers send only after a preflight, so that a page of another origin cannot have forged the request.
const PREFLIGHTED: [HeaderName; 4] = [
    header::AUTHORIZATION,
    HeaderName::from_static("graphql-require-preflight"),
    HeaderName::from_static("apollo-require-preflight"),
    HeaderName::from_static("x-requested-with"),
];

/// Makes the gate for each worker.
pub(crate) struct Gate(pub(crate) Arc<Gateway>);

impl<S> Middleware<S, SharedCfg> for Gate {
    type Service = GateService<S>;

    fn create(&self, service: S, _config: SharedCfg) -> Self::Service {
        GateService {
            service,
            gateway: self.0.clone(),
        }
    }
}

pub(crate) struct GateService<S> {
    service: S,
    gateway: Arc<Gateway>,
}

impl<S> Service<WebRequest<DefaultError>> for GateService<S>
where
    S: Service<WebRequest<DefaultError>, Response = WebResponse, Error = web::Error>,
{
    type Response = WebResponse;
    type Error = web::Error;

    ntex::forward_ready!(service);
    ntex::forward_poll!(service);
    ntex::forward_shutdown!(service);

    async fn call(
        &self,
        mut request: WebRequest<DefaultError>,
        ctx: ServiceCtx<'_, Self>,
    ) -> Result<WebResponse, web::Error> {
        let gateway = self.gateway.as_ref();
        let mut info = request_info(gateway, &request);
        let id = info.request_id.clone();
        let origin = request.headers().get(header::ORIGIN).cloned();
        let is_graph = is_graph(request.path());
        let mut response = if is_graph {
            let span = spans::request(request.method(), &mut info);
            match admit(gateway, &mut request, info).await {
                Ok(None) => {
                    let response = ctx.call(&self.service, request).instrument(span.clone()).await?;
                    span.record("http.response.status_code", response.status().as_u16());
                    response
                }
                Ok(Some(preflight)) => request.into_response(preflight),
                Err(refusal) => {
                    gateway.metrics.errors.with_label_values(&[refusal.code]).inc();
                    request.into_response(refusal.into_response(&id))
                }
            }
        } else {
            ctx.call(&self.service, request).await?
        };
        if is_graph {
            gateway.cors.apply(origin.as_ref(), response.headers_mut());
        }
        let headers = response.headers_mut();
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert(REQUEST_ID, id);
        }
        let route = if is_graph { "graphql" } else { "page" };
        gateway
            .metrics
            .requests
            .with_label_values(&[route, status_class(response.status())])
            .inc();
        Ok(response)
    }
}

/// Whether the engine may answer. Where a path is read differently there, no caller is known, and our plugin refuses.
fn is_graph(path: &str) -> bool {
    path.strip_prefix(GRAPHQL)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Lets a request to the graph in, answers a preflight, or refuses.
async fn admit(
    gateway: &Gateway,
    request: &mut WebRequest<DefaultError>,
    info: RequestInfo,
) -> Result<Option<Response>, Refusal> {
    if *request.method() == Method::OPTIONS {
        return Ok(Some(preflight(gateway, request)));
    }
    if gateway.settings.graphiql && is_a_person_looking(request) {
        let mut response = Response::new(StatusCode::SEE_OTHER);
        let page = HeaderValue::from_static("/graphiql");
        response.headers_mut().insert(header::LOCATION, page);
        return Ok(Some(response));
    }
    if let Some(address) = info.address {
        gateway.limiter.check_address(address).await.map_err(|too_many| {
            gateway.metrics.rate_limited.with_label_values(&["address"]).inc();
            Refusal::rate_limited(too_many.0)
        })?;
    }
    let authorization = text(request, &header::AUTHORIZATION).map(str::to_owned);
    let principal =
        session::authenticate(gateway.verifier.as_deref(), authorization.as_deref()).map_err(|error| {
            Refusal::new(
                StatusCode::UNAUTHORIZED,
                codes::UNAUTHENTICATED,
                session::refusal(error),
            )
        })?;
    let caller = Caller {
        principal,
        info,
        authorization,
    };
    gateway
        .limiter
        .check_principal(&caller.principal)
        .await
        .map_err(|too_many| {
            gateway
                .metrics
                .rate_limited
                .with_label_values(&["principal"])
                .inc();
            Refusal::rate_limited(too_many.0)
        })?;
    // A browser's WebSocket can carry no header; its token comes in `connection_init`, so nobody can borrow a session.
    if !is_websocket(request) {
        match *request.method() {
            Method::POST => request_body::check(request, gateway).await?,
            Method::GET
                if !PREFLIGHTED
                    .iter()
                    .any(|name| request.headers().contains_key(name)) =>
            {
                return Err(Refusal::new(
                    StatusCode::FORBIDDEN,
                    codes::CSRF_PREVENTED,
                    "Send the header graphql-require-preflight with a GET request",
                ));
            }
            _ => {}
        }
    }
    announce(request, &caller);
    request.extensions_mut().insert(caller);
    Ok(None)
}

/// What is forwarded to subgraphs is what we found out, not what the client claimed.
fn announce(request: &mut WebRequest<DefaultError>, caller: &Caller) {
    let headers = request.headers_mut();
    headers.remove(FORWARDED_FOR);
    let address = caller.address().map(|address| address.to_string());
    for (name, value) in [
        (REQUEST_ID, Some(caller.request_id())),
        (FORWARDED_FOR, address.as_deref()),
    ] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
}

/// Somebody opened the graph's address in a browser, without a question: they want the page for people.
fn is_a_person_looking(request: &WebRequest<DefaultError>) -> bool {
    *request.method() == Method::GET
        && request.uri().query().is_none_or(str::is_empty)
        && !is_websocket(request)
        && text(request, &header::ACCEPT).is_some_and(|accept| accept.contains("text/html"))
}

fn preflight(gateway: &Gateway, request: &WebRequest<DefaultError>) -> Response {
    let mut response = Response::new(StatusCode::NO_CONTENT);
    gateway
        .cors
        .apply_preflight(request.headers().get(header::ORIGIN), response.headers_mut());
    response
}

fn request_info(gateway: &Gateway, request: &WebRequest<DefaultError>) -> RequestInfo {
    let forwarded = request
        .headers()
        .get_all(FORWARDED_FOR)
        .filter_map(|value| value.to_str().ok())
        .collect::<Vec<_>>()
        .join(",");
    let peer: Option<IpAddr> = request.peer_addr().map(|address| address.ip());
    RequestInfo {
        request_id: request_id::accept_or_new(text(request, &REQUEST_ID)),
        address: address::client_address(peer, Some(&forwarded), gateway.settings.trusted_proxies),
        user_agent: text(request, &header::USER_AGENT).map(str::to_owned),
        trace: text(request, &TRACEPARENT).and_then(TraceParent::read),
    }
}

/// A value that is not ASCII counts as an empty one: it is there, but nothing can be read from it.
pub(crate) fn text<'a>(request: &'a WebRequest<DefaultError>, name: &HeaderName) -> Option<&'a str> {
    request
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap_or_default())
}

fn is_websocket(request: &WebRequest<DefaultError>) -> bool {
    *request.method() == Method::GET
        && text(request, &header::UPGRADE).is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"))
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

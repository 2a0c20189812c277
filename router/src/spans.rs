//! What the router adds to a trace.

use caregraph_kit::auth::RequestInfo;
use caregraph_kit::telemetry::trace::{self, SPANS, TraceParent};
use hive_router::http::Method;
use tracing::field::Empty;
use tracing::{Span, info_span};

/// A request to the graph; from here on `info` says that whatever it causes belongs to it.
pub(crate) fn request(method: &Method, info: &mut RequestInfo) -> Span {
    // Clients may call their methods what they like.
    let method = match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    };
    let span = info_span!(
        target: SPANS,
        "request",
        otel.name = %format_args!("{method} /graphql"),
        otel.kind = "server",
        http.request.method = method,
        url.path = "/graphql",
        http.response.status_code = Empty,
        caregraph.request_id = %info.request_id,
    );
    enter(span, info)
}

/// An operation on a transport whose requests carry many.
pub(crate) fn operation(info: &mut RequestInfo) -> Span {
    let span = info_span!(
        target: SPANS,
        "operation",
        otel.kind = "server",
        caregraph.request_id = %info.request_id,
    );
    enter(span, info)
}

/// A subgraph elsewhere is called.
pub(crate) fn call(subgraph: &str, info: &mut RequestInfo) -> Span {
    let span = info_span!(
        target: SPANS,
        "call",
        otel.name = %format_args!("call {subgraph}"),
        otel.kind = "client",
        graphql.subgraph = subgraph,
    );
    enter(span, info)
}

fn enter(span: Span, info: &mut RequestInfo) -> Span {
    trace::put_under(&span, info.trace.as_ref());
    // Where nobody listens to spans, the place that came in is handed on.
    if let Some(place) = TraceParent::of(&span) {
        info.trace = Some(place);
    }
    span
}

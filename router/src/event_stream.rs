//! The graph over server-sent events: `Accept: text/event-stream`.
//!
//! The stream follows the "distinct connections" mode of GraphQL over SSE
//! (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>): `event: next` for each result, `event: complete` at the
//! end. What is refused before it starts is an ordinary JSON answer with its status. Clients that also accept JSON get queries
//! and mutations as JSON.

use crate::caller::Caller;
use crate::operation::{self, Engine, Job, Outcome};
use crate::refusal::Refusal;
use async_stream::stream;
use caregraph_kit::hosting::{codes, session};
use futures::stream::{LocalBoxStream, Stream, StreamExt as _};
use hive_router::executor::hooks::on_graphql_params::GraphQLParams;
use hive_router::http::{Method, StatusCode, header};
use hive_router::ntex::http::RequestHead;
use hive_router::ntex::util::Bytes;
use hive_router::ntex::web::{HttpRequest, HttpResponse, types::Query, types::State};
use hive_router::sonic_rs;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// Whether a client wants its answer as a stream.
pub(crate) fn is_wanted(head: &RequestHead) -> bool {
    accepts(head, "text/event-stream")
}

fn accepts(head: &RequestHead, kind: &str) -> bool {
    head.headers()
        .get_all(header::ACCEPT)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| {
            range
                .split(';')
                .next()
                .is_some_and(|range| range.trim().eq_ignore_ascii_case(kind))
        })
}

/// The parameters of a GET request. The gate has looked at the body of a POST already.
#[derive(Deserialize)]
struct GetParams {
    query: Option<String>,
    #[serde(rename = "operationName")]
    operation_name: Option<String>,
    variables: Option<String>,
}

/// Answers a GET or POST that wants a stream.
pub(crate) async fn answer(request: HttpRequest, body: Bytes, engine: State<Arc<Engine>>) -> HttpResponse {
    let Some(caller) = request.extensions().get::<Caller>().cloned() else {
        return HttpResponse::InternalServerError().finish();
    };
    let id = caller.info.request_id.clone();
    match params(&request, &body) {
        Ok(params) => execute(request, engine.get_ref().clone(), params, caller).await,
        Err(refusal) => refusal.into_response(&id),
    }
}

fn params(request: &HttpRequest, body: &[u8]) -> Result<GraphQLParams, Refusal> {
    const NOT_A_REQUEST: Refusal = Refusal::bad_request("This is not a GraphQL request");
    match *request.method() {
        Method::POST => sonic_rs::from_slice(body).map_err(|_| NOT_A_REQUEST),
        Method::GET => {
            let Query(params) =
                Query::<GetParams>::from_query(request.query_string()).map_err(|_| NOT_A_REQUEST)?;
            let variables = match params.variables.as_deref() {
                Some(text) if !text.is_empty() => sonic_rs::from_str(text).map_err(|_| NOT_A_REQUEST)?,
                _ => std::collections::HashMap::default(),
            };
            Ok(GraphQLParams {
                query: params.query,
                operation_name: params.operation_name,
                variables,
                extensions: None,
            })
        }
        _ => Err(Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            codes::BAD_REQUEST,
            "Use GET or POST",
        )),
    }
}

async fn execute(
    request: HttpRequest,
    engine: Arc<Engine>,
    params: GraphQLParams,
    caller: Caller,
) -> HttpResponse {
    let wants_json = accepts(request.head(), "application/json")
        || accepts(request.head(), "application/graphql-response+json");
    let read_only = request.method() == Method::GET;
    let job = Job {
        request,
        params,
        caller: caller.clone(),
        read_only,
    };
    let mut outcomes = operation::run(engine.clone(), job);
    match outcomes.next().await {
        Some(Outcome::Refused(status, errors)) => json(status, format!(r#"{{"errors":{errors}}}"#)),
        Some(Outcome::Answer(status, result)) if wants_json || !status.is_success() => json(status, result),
        Some(Outcome::Answer(_, result)) => events(futures::stream::iter([framed(&result), COMPLETE])),
        Some(Outcome::Subscribed) => events(subscription(engine, outcomes, caller)),
        Some(Outcome::Event(_)) | None => HttpResponse::InternalServerError().finish(),
    }
}

fn json(status: StatusCode, body: impl Into<hive_router::ntex::http::body::Body>) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("application/json")
        .body(body)
}

fn events(stream: impl Stream<Item = Bytes> + Unpin + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .header(header::CACHE_CONTROL, "no-store")
        // nginx would otherwise collect events until its buffer is full.
        .header("x-accel-buffering", "no")
        .streaming(stream.map(Ok::<_, Infallible>))
}

/// Events until the source ends, the session ends, or the server goes away.
fn subscription(
    engine: Arc<Engine>,
    mut outcomes: LocalBoxStream<'static, Outcome>,
    caller: Caller,
) -> impl Stream<Item = Bytes> + Unpin + 'static {
    stream! {
        let gateway = &engine.gateway;
        let over = session::until_ended(gateway.verifier.as_deref(), &caller.principal);
        tokio::pin!(over);
        // Proxies close connections on which nothing moves; and a client that left shows only when it is written to.
        let heartbeat = Duration::from_secs(gateway.settings.heartbeat_seconds.max(1));
        loop {
            tokio::select! {
                biased;
                // Without `complete`, so that the client knows to come back with its cursor.
                () = gateway.shutdown.cancelled() => return,
                reason = &mut over => {
                    let refusal = Refusal::new(StatusCode::UNAUTHORIZED, codes::UNAUTHENTICATED, session::refusal(reason));
                    yield framed(refusal.body(caller.request_id()).as_bytes());
                    break;
                }
                outcome = outcomes.next() => match outcome {
                    Some(Outcome::Event(result)) => yield framed(&result),
                    Some(_) => {}
                    None => break,
                },
                () = tokio::time::sleep(heartbeat) => yield Bytes::from_static(b":\n\n"),
            }
        }
        yield COMPLETE;
    }
    .boxed_local()
}

const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata:\n\n");

/// JSON as hive writes it holds no line breaks, so one `data` line is enough.
fn framed(result: &[u8]) -> Bytes {
    let mut event = Vec::with_capacity(result.len() + 24);
    event.extend_from_slice(b"event: next\ndata: ");
    event.extend_from_slice(result);
    event.extend_from_slice(b"\n\n");
    Bytes::from(event)
}

//! Executing a subgraph so that nothing of its inside gets out: panics are caught, faults are logged and masked.

use crate::auth::{Principal, RequestInfo, acting};
use crate::hosting::{codes, expected};
use crate::subgraph::SubgraphSchema;
use crate::telemetry::trace::{self, SPANS};
use async_graphql::{ErrorExtensionValues, Request, Response, ServerError, Value};
use futures::future::FutureExt;
use futures::stream::{self, BoxStream, StreamExt};
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// Executes one request of `principal`, of which `info` says the rest. The answer holds only errors that clients may see.
pub async fn execute(
    subgraph: &str,
    schema: &dyn SubgraphSchema,
    request: Request,
    principal: &Principal,
    info: &RequestInfo,
) -> Response {
    let request = request.data(principal.clone()).data(info.clone());
    let span = tracing::info_span!(
        target: SPANS,
        "execute",
        otel.name = %format_args!("execute {subgraph}"),
        graphql.subgraph = subgraph,
        caregraph.request_id = %info.request_id,
    );
    // A panicking resolver leaves nothing behind that a later request could see half-changed: its state is the request's own,
    // and what it holds of the store is rolled back when it is dropped.
    let execution = AssertUnwindSafe(schema.execute(request)).catch_unwind();
    let execution = acting::on_behalf_of(Some(Arc::new(principal.acting(info))), execution);
    let mut response = trace::under(span, info.trace.as_ref(), execution)
        .await
        .unwrap_or_else(|panic| panicked(subgraph, &info.request_id, panic.as_ref()));
    mask(subgraph, &mut response, &info.request_id);
    response
}

/// Streams one subscription. A panic ends the stream with a masked error.
pub fn stream(
    subgraph: &str,
    schema: &dyn SubgraphSchema,
    request: Request,
    principal: &Principal,
    info: &RequestInfo,
) -> BoxStream<'static, Response> {
    let actor = Arc::new(principal.acting(info));
    let request = request.data(principal.clone()).data(info.clone());
    let (subgraph, request_id) = (subgraph.to_owned(), info.request_id.clone());
    let started = std::panic::catch_unwind(AssertUnwindSafe(|| schema.stream(request)));
    let responses = match started {
        Ok(responses) => responses,
        Err(panic) => {
            let response = panicked(&subgraph, &request_id, panic.as_ref());
            stream::once(async { response }).boxed()
        }
    };
    let (name, id) = (subgraph.clone(), request_id.clone());
    stream::unfold(Some(responses), move |state| {
        let (name, id, actor) = (name.clone(), id.clone(), Arc::clone(&actor));
        async move {
            let mut responses = state?;
            let next = AssertUnwindSafe(responses.next()).catch_unwind();
            match acting::on_behalf_of(Some(actor), next).await {
                Ok(response) => response.map(|response| (response, Some(responses))),
                Err(panic) => Some((panicked(&name, &id, panic.as_ref()), None)),
            }
        }
    })
    .map(move |mut response| {
        mask(&subgraph, &mut response, &request_id);
        response
    })
    .boxed()
}

fn panicked(subgraph: &str, request_id: &str, panic: &(dyn Any + Send)) -> Response {
    let message = crate::telemetry::panic_message(panic);
    tracing::error!(subgraph, request_id, panic = message, "a resolver panicked");
    Response::from_errors(vec![ServerError::new("a resolver panicked", None)])
}

fn mask(subgraph: &str, response: &mut Response, request_id: &str) {
    for error in &mut response.errors {
        match code_of(error) {
            Some(code) if codes::is_public(code) => {}
            None if is_bad_input(&error.message) => {
                if let Some(said) = expected::instead_of(&error.message) {
                    error.message = said;
                }
                set(error, "code", codes::BAD_USER_INPUT);
            }
            code => {
                // A fault that a resolver classified was logged by it, with its sources.
                if code != Some(codes::INTERNAL) {
                    tracing::error!(subgraph, request_id, path = ?error.path, error = %error.message, "a resolver failed");
                }
                codes::MASKED_MESSAGE.clone_into(&mut error.message);
                error.extensions = None;
                set(error, "code", codes::INTERNAL);
                set(error, "requestId", request_id);
            }
        }
    }
}

fn code_of(error: &ServerError) -> Option<&str> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code),
        _ => None,
    }
}

fn set(error: &mut ServerError, key: &str, value: &str) {
    error
        .extensions
        .get_or_insert_with(ErrorExtensionValues::default)
        .set(key, value);
}

/// async-graphql gives no code to values that a custom scalar or a validator refuses; its wording is the only mark they carry.
fn is_bad_input(message: &str) -> bool {
    [
        "Failed to parse \"",
        "Expected input type \"",
        "Invalid value for argument",
        "Invalid value for variable",
    ]
    .iter()
    .any(|beginning| message.starts_with(beginning))
}

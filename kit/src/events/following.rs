//! What a reaction knows of the event that it follows from.

use super::{Envelope, HandlerError};
use crate::auth::acting;
use crate::telemetry::panic_message;
use crate::telemetry::trace::{self, SPANS};
use futures::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc};
use tracing::field::Empty;

/// Lets `handler` do the `work` that follows from an event: in the event's trace, and on behalf of whoever caused it.
pub async fn following<T>(
    handler: &str,
    event: &Envelope,
    work: impl Future<Output = Result<T, HandlerError>>,
) -> Result<T, HandlerError> {
    let span = tracing::info_span!(
        target: SPANS,
        "handle",
        otel.name = %format_args!("{handler} handles {}", event.name),
        otel.kind = "consumer",
        otel.status_code = Empty,
        messaging.message.id = %event.id,
    );
    // A panic would end the consumer's task without a word, and with it everything the handler was still to hear. What the handler
    // did to the store is rolled back when its transaction is dropped.
    let work = AssertUnwindSafe(work).catch_unwind();
    let work = acting::on_behalf_of(event.actor().map(Arc::new), work);
    let outcome = trace::under(span.clone(), event.place().as_ref(), work).await;
    let outcome = outcome.unwrap_or_else(|panic| {
        let message = panic_message(panic.as_ref());
        Err(HandlerError::other(format!("the handler panicked: {message}")))
    });
    if outcome.is_err() {
        span.record("otel.status_code", "ERROR");
    }
    outcome
}

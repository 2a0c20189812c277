//! Traces: which work belongs to which request, across tasks, stores, processes and days.
//!
//! A request's place in its trace is a [`TraceParent`] (W3C Trace Context). It comes in with the request or begins at the router, is
//! handed to subgraphs, and is written into every event and job, so that what follows from a request much later is still known
//! to follow from it. Spans cost nothing unless a collector is configured; without one, a place that came in is handed on as it is.
//!
//! **Invariant:** no span says anything about a person: no names, addresses, ids of people, variables or values, only what kind
//! of work was done, for which request, and how long it took.

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use std::fmt;
use std::future::Future;
use tracing::{Instrument, Level, Metadata, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The target of spans that belong in traces: `info_span!(target: SPANS, …)`.
pub const SPANS: &str = "caregraph::trace";

/// The header that carries a place between processes.
pub const HEADER: &str = "traceparent";

/// Whether a span is meant for traces rather than for logs. SeaORM has finer ones, which hold the values of statements.
pub(super) fn is_of_a_trace(metadata: &Metadata<'_>) -> bool {
    metadata.is_span()
        && *metadata.level() <= Level::INFO
        && (metadata.target() == SPANS || metadata.target().starts_with("sea_orm"))
}

/// Spans of stores. Outside of a trace they are of no interest: relays and runners look for work all the time.
pub(super) fn is_of_a_store(metadata: &Metadata<'_>) -> bool {
    metadata.target() != SPANS || metadata.name() == STORE
}

/// The name of a document store's spans. Relational stores name theirs themselves.
pub const STORE: &str = "documents";

/// A place in a trace, as W3C's `traceparent` names it.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceParent(SpanContext);

impl TraceParent {
    /// Reads a `traceparent`; `None` when it is malformed, which means that there is none.
    pub fn read(text: &str) -> Option<Self> {
        if !is_well_formed(text) {
            return None;
        }
        let context = TraceContextPropagator::new().extract(&OneHeader(text));
        let context = context.span().span_context().clone();
        context.is_valid().then_some(Self(context))
    }

    /// The place of a span; `None` when nobody listens to spans.
    pub fn of(span: &Span) -> Option<Self> {
        if span.is_disabled() {
            return None;
        }
        let context = span.context().span().span_context().clone();
        context.is_valid().then_some(Self(context))
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(context) = self;
        let flags = context.trace_flags().to_u8() & 1;
        write!(f, "00-{}-{}-{flags:02x}", context.trace_id(), context.span_id())
    }
}

/// What the library does not look at: the parts' lengths. Later versions may have more parts.
fn is_well_formed(text: &str) -> bool {
    let mut parts = text.split('-');
    let has_parts = [2, 32, 16, 2].into_iter().all(|length| {
        parts
            .next()
            .is_some_and(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    });
    has_parts && text.len() <= 128 && (!text.starts_with("00") || parts.next().is_none())
}

struct OneHeader<'a>(&'a str);

impl Extractor for OneHeader<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == HEADER).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![HEADER]
    }
}

tokio::task_local! {
    /// The place of the work being done, where there are no spans to ask.
    static HANDED_ON: TraceParent;
}

/// The place of the work being done, for whoever carries it on.
pub fn current() -> Option<TraceParent> {
    TraceParent::of(&Span::current()).or_else(|| HANDED_ON.try_with(Clone::clone).ok())
}

/// Puts a new span under `parent`.
pub fn put_under(span: &Span, parent: Option<&TraceParent>) {
    if let (false, Some(TraceParent(parent))) = (span.is_disabled(), parent) {
        let context = Context::new().with_remote_span_context(parent.clone());
        // It fails where nobody exports traces.
        let _ = span.set_parent(context);
    }
}

/// Lets a new span say that it follows from `cause`, though it belongs to a trace of its own: for work that is done long after.
pub fn link(span: &Span, cause: Option<&TraceParent>) {
    if let Some(TraceParent(cause)) = cause {
        span.add_link(cause.clone());
    }
}

/// Does `work` as a part of what `parent` stands for.
pub async fn under<F: Future>(span: Span, parent: Option<&TraceParent>, work: F) -> F::Output {
    put_under(&span, parent);
    let work = work.instrument(span);
    match parent {
        Some(parent) => HANDED_ON.scope(parent.clone(), work).await,
        None => work.await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_place_is_written_as_it_was_read() {
        for text in [PLACE, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"] {
            assert_eq!(TraceParent::read(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_malformed_is_no_place() {
        for text in [
            "",
            "00",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-zzf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(TraceParent::read(text), None, "{text}");
        }
    }

    /// No subscriber listens here, so there are no spans to ask.
    #[tokio::test]
    async fn without_spans_a_place_is_handed_on() {
        assert_eq!(current(), None);
        let parent = TraceParent::read(PLACE);
        let inside = under(Span::none(), parent.as_ref(), async { current() }).await;
        assert_eq!(inside, parent);
        assert_eq!(current(), None);
    }
}

//! A collector of traces: takes OTLP over HTTP and keeps every span.

use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

/// A span and the process it comes from.
#[derive(Debug, Clone)]
pub struct Seen {
    pub service: String,
    pub span: Span,
}

type Kept = Arc<Mutex<Vec<Seen>>>;

/// A collector on a port of its own.
pub struct Collector {
    pub url: String,
    kept: Kept,
}

impl Collector {
    pub async fn start() -> Self {
        let kept = Kept::default();
        let app = axum::Router::new()
            .route("/v1/traces", post(take))
            .with_state(kept.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, kept }
    }

    /// Everything of one trace, in the order of its beginning.
    pub fn trace(&self, id: &str) -> Trace {
        let mut spans: Vec<Seen> = self
            .all()
            .into_iter()
            .filter(|seen| hex(&seen.span.trace_id) == id)
            .collect();
        spans.sort_by_key(|seen| seen.span.start_time_unix_nano);
        Trace(spans)
    }

    pub fn all(&self) -> Vec<Seen> {
        self.kept.lock().unwrap().clone()
    }
}

async fn take(State(kept): State<Kept>, body: Bytes) {
    let batch = ExportTraceServiceRequest::decode(body).unwrap();
    for resource in batch.resource_spans {
        let attributes = resource.resource.unwrap().attributes;
        let service = attributes
            .iter()
            .find(|attribute| attribute.key == "service.name")
            .unwrap();
        let Some(Value::StringValue(service)) = service.value.clone().unwrap().value else {
            panic!("a service is called by a text")
        };
        let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        let mut kept = kept.lock().unwrap();
        kept.extend(spans.map(|span| Seen {
            service: service.clone(),
            span,
        }));
    }
}

/// The spans of one trace.
pub struct Trace(pub Vec<Seen>);

impl Trace {
    /// The first span of that name.
    pub fn find(&self, name: &str) -> Option<&Seen> {
        self.0.iter().find(|seen| seen.span.name == name)
    }

    /// From a span up to where the trace began here: each as its process and its name. And who the outermost hangs under.
    pub fn way_up(&self, from: &Seen) -> (Vec<String>, String) {
        let mut way = vec![format!("{}: {}", from.service, from.span.name)];
        let mut parent = &from.span.parent_span_id;
        while let Some(above) = self.0.iter().find(|seen| seen.span.span_id == *parent) {
            way.push(format!("{}: {}", above.service, above.span.name));
            parent = &above.span.parent_span_id;
        }
        way.reverse();
        (way, hex(parent))
    }

    /// As a person reads it: what caused what, when it began, and how long it took, in milliseconds.
    pub fn drawn(&self) -> String {
        let ids: Vec<_> = self.0.iter().map(|seen| &seen.span.span_id).collect();
        let roots = self
            .0
            .iter()
            .filter(|seen| !ids.contains(&&seen.span.parent_span_id));
        let mut text = String::new();
        for root in roots {
            self.draw(root, 0, &mut text);
        }
        text
    }

    fn draw(&self, seen: &Seen, depth: usize, text: &mut String) {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of one trace")]
        let millis = |nanos: u64| (nanos / 1000) as f64 / 1000.0;
        let span = &seen.span;
        let begin = self.0[0].span.start_time_unix_nano;
        let detail = span.attributes.iter().find_map(|attribute| {
            let told = ["db.statement", "db.collection.name"].contains(&attribute.key.as_str());
            match attribute.value.clone()?.value? {
                Value::StringValue(text) if told => Some(text.chars().take(48).collect::<String>()),
                _ => None,
            }
        });
        let name = format!("{:indent$}{}", "", span.name, indent = 2 * depth);
        let _ = writeln!(
            text,
            "{:>9.2} {:>8.2}  {:<24} {name} {}",
            millis(span.start_time_unix_nano.saturating_sub(begin)),
            millis(span.end_time_unix_nano - span.start_time_unix_nano),
            seen.service,
            detail.unwrap_or_default(),
        );
        for child in self
            .0
            .iter()
            .filter(|other| other.span.parent_span_id == span.span_id)
        {
            self.draw(child, depth + 1, text);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

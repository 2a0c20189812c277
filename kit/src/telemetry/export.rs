//! Traces on their way to a collector.

use super::trace;
use opentelemetry::Context;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::runtime;
use opentelemetry_sdk::trace::span_processor_with_async_runtime::BatchSpanProcessor;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, Span, SpanData, SpanProcessor};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{self, Filter};
use tracing_subscriber::registry::LookupSpan;

/// Where traces go.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TraceSettings {
    /// An OpenTelemetry collector that takes OTLP over HTTP, for example `http://collector:4318`. Empty: the variable
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, and without it nothing is traced. Headers, such as a key, come from
    /// `OTEL_EXPORTER_OTLP_HEADERS`.
    pub otlp_url: String,
    /// The share of traces that is kept, from 0 to 1, where whoever sends a request has not decided. Default 1.
    pub share: f64,
    /// What this process is called in traces. Empty: the variable `OTEL_SERVICE_NAME`, and without it `caregraph`.
    pub service: String,
}

impl Default for TraceSettings {
    fn default() -> Self {
        Self {
            otlp_url: String::new(),
            share: 1.0,
            service: String::new(),
        }
    }
}

impl TraceSettings {
    fn url(&self) -> Option<String> {
        let url = or_variable(&self.otlp_url, "OTEL_EXPORTER_OTLP_ENDPOINT")?;
        Some(format!("{}/v1/traces", url.trim_end_matches('/')))
    }

    fn resource(&self) -> Resource {
        let name = or_variable(&self.service, "OTEL_SERVICE_NAME").unwrap_or_else(|| "caregraph".to_owned());
        Resource::builder().with_service_name(name).build()
    }
}

fn or_variable(setting: &str, variable: &str) -> Option<String> {
    let value = if setting.is_empty() {
        std::env::var(variable).unwrap_or_default()
    } else {
        setting.to_owned()
    };
    (!value.is_empty()).then_some(value)
}

/// What must be told that the process ends.
#[derive(Debug, Default)]
#[must_use = "spans that are still here when the process ends are lost"]
pub struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Sends off what is still here; gives up after a few seconds.
    pub async fn finish(self) {
        let Some(provider) = self.0 else { return };
        let (ended, end) = tokio::sync::oneshot::channel();
        // It blocks until the exporter, which lives on the runtime, has done its work, and has no patience of its own. On a thread that
        // the runtime does not wait for when it ends.
        std::thread::spawn(move || {
            let _ = ended.send(provider.shutdown());
        });
        match tokio::time::timeout(PATIENCE, end).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "the last traces may not have arrived"),
            Ok(Err(_)) | Err(_) => tracing::warn!("the last traces may not have arrived"),
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(5);

/// The layer that hears spans, if somebody wants them.
pub(super) fn open<S>(settings: &TraceSettings) -> (Telemetry, Option<Box<dyn Layer<S> + Send + Sync>>)
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let Some(url) = settings.url() else {
        return (Telemetry::default(), None);
    };
    // The exporter speaks TLS with whatever the process has decided on; nobody may have decided yet.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(&url)
        .with_timeout(PATIENCE)
        .build();
    let exporter = match exporter {
        Ok(exporter) => exporter,
        Err(error) => {
            // Nobody hears log lines yet, and care does not depend on traces.
            complain(&url, &error);
            return (Telemetry::default(), None);
        }
    };
    let batches = BatchSpanProcessor::builder(exporter, runtime::Tokio).build();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(Discreet(batches))
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(
            settings.share,
        ))))
        .with_resource(settings.resource())
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("caregraph"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_context_activation(false)
        .with_filter(OfTraces)
        .boxed();
    (Telemetry(Some(provider)), Some(layer))
}

/// Which spans belong in traces.
struct OfTraces;

impl<S> Filter<S> for OfTraces
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn enabled(&self, metadata: &Metadata<'_>, context: &layer::Context<'_, S>) -> bool {
        trace::is_of_a_trace(metadata)
            && (!trace::is_of_a_store(metadata) || context.lookup_current().is_some())
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        match (trace::is_of_a_trace(metadata), trace::is_of_a_store(metadata)) {
            (false, _) => Interest::never(),
            (true, false) => Interest::always(),
            (true, true) => Interest::sometimes(),
        }
    }
}

#[expect(clippy::print_stderr, reason = "logs are not there yet")]
fn complain(url: &str, error: &dyn std::error::Error) {
    eprintln!("caregraph: nothing is traced, because {url} cannot be used: {error}");
}

/// Keeps to itself what a store says of a statement that failed: engines quote the values that they refuse.
#[derive(Debug)]
struct Discreet<P>(P);

impl<P: SpanProcessor> SpanProcessor for Discreet<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.0.on_start(span, context);
    }

    fn on_end(&self, mut span: SpanData) {
        span.attributes
            .retain(|attribute| attribute.key.as_str() != "exception.message");
        self.0.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

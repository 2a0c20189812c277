//! hive, configured.

use crate::error::RouterError;
use crate::gateway::Gateway;
use crate::local_transport::placeholder_url;
use crate::plugin;
use crate::settings::RouterSettings;
use hive_router::config::HiveRouterConfig;
use hive_router::executor::hooks::on_supergraph_load::{Supergraph, SupergraphOptions};
use hive_router::opentelemetry::metrics::MeterProvider as _;
use hive_router::telemetry::metrics::setup::build_meter_provider_from_config;
use hive_router::telemetry::{TelemetryContext, build_resource, build_scope};
use prometheus::Registry;
use serde_json::{Value, json};
use std::any::Any;
use std::collections::BTreeMap;

/// The engine's metrics that carry the operation's name, which clients choose: without bound, and nobody's business.
const NAMED_METRICS: [&str; 5] = [
    "http.server.request.duration",
    "http.server.request.body.size",
    "http.server.response.body.size",
    "hive.router.request.overhead.duration",
    "hive.router.request.external_wait.duration",
];

/// The engine's configuration. `ticket` is where [`plugin`] finds the rest.
pub(crate) fn configuration(settings: &RouterSettings, ticket: u64) -> Result<HiveRouterConfig, RouterError> {
    let limits = &settings.limits;
    let nameless = json!({ "enabled": true, "attributes": { "graphql.operation.name": false } });
    let instruments: BTreeMap<&str, &Value> = NAMED_METRICS.iter().map(|name| (*name, &nameless)).collect();
    let kept = json!({ "max_entries": 500, "time_to_idle": "1h" });
    let configuration = json!({
        // The supergraph is in memory; our plugin hands it over with each request.
        "supergraph": { "source": "plugin" },
        "laboratory": { "enabled": false },
        "introspection": settings.introspection,
        "limits": {
            "max_depth": { "n": limits.max_depth, "ignore_introspection": true, "flatten_fragments": true },
            "max_aliases": { "n": limits.max_aliases },
            "max_directives": { "n": limits.max_directives },
            "max_tokens": { "n": limits.max_tokens },
            // The gate has read and measured the body; this one must only not be smaller.
            "max_request_body_size": format!("{} B", limits.max_body_bytes),
        },
        // Subscriptions are executed by us on every transport.
        "subscriptions": { "enabled": false },
        "traffic_shaping": {
            "router": {
                "request_timeout": millis(settings.subgraphs.request_timeout_ms),
                "keep_alive": format!("{}s", settings.keep_alive_seconds),
            },
        },
        // What is kept of documents is bounded by their number, and by `limits.max_document_bytes`.
        "cache": {
            "router": { "parsing": kept },
            "supergraph": { "validation": kept, "normalization": kept, "query_plans": kept },
        },
        // We mask, in one place for every transport.
        "error_masking": { "enabled": false },
        "telemetry": {
            "metrics": {
                "exporters": [{ "kind": "prometheus", "enabled": true }],
                "instrumentation": { "instruments": instruments },
            },
            // Our plugin hands the place in the trace on.
            "tracing": { "propagation": { "trace_context": false } },
        },
        "plugins": { plugin::NAME: { "config": { "ticket": ticket } } },
    });
    serde_json::from_value(configuration).map_err(|error| RouterError::Start(error.to_string()))
}

/// The engine's telemetry without its global parts: the program has its own subscriber, and several routers may live in it.
pub(crate) struct Telemetry {
    pub(crate) context: TelemetryContext,
    pub(crate) registry: Registry,
    /// Nothing is measured any more once the provider is dropped.
    pub(crate) provider: Box<dyn Any>,
}

pub(crate) fn telemetry(configuration: &HiveRouterConfig) -> Result<Telemetry, RouterError> {
    let fault = |error: &dyn std::fmt::Display| RouterError::Start(error.to_string());
    let resource = build_resource(&configuration.telemetry).map_err(|error| fault(&error))?;
    let setup = build_meter_provider_from_config(&configuration.telemetry, resource)
        .map_err(|error| fault(&error))?
        .ok_or_else(|| fault(&"metrics are off"))?;
    let registry = setup
        .prometheus
        .ok_or_else(|| fault(&"the Prometheus exporter is off"))?
        .registry;
    let meter = setup.provider.meter_with_scope(build_scope());
    let context = TelemetryContext::from_propagation_config_with_meter(
        &configuration.telemetry.tracing.propagation,
        &configuration.log,
        Some(meter),
        false,
    );
    hive_router::telemetry::traces::set_tracing_enabled(false);
    Ok(Telemetry {
        context,
        registry,
        provider: Box::new(setup.provider),
    })
}

/// The supergraph with what the engine must know about reaching its subgraphs.
pub(crate) fn supergraph<'a>(
    sdl: &str,
    settings: &RouterSettings,
    local: impl Iterator<Item = &'a str>,
    remote: &BTreeMap<String, String>,
) -> Result<Supergraph, RouterError> {
    let local: Vec<&str> = local.collect();
    let calls = &settings.subgraphs;
    let urls = local
        .iter()
        .map(|name| ((*name).to_owned(), placeholder_url(name)));
    let urls = urls.chain(remote.iter().map(|(name, base)| {
        (
            name.clone(),
            format!("{}/{name}/graphql", base.trim_end_matches('/')),
        )
    }));
    let urls: BTreeMap<String, Value> = urls.map(|(name, url)| (name, json!({ "url": url }))).collect();
    // Our own subgraphs stream over WebSocket; others as the settings say, or over HTTP.
    let hosted = remote
        .iter()
        .map(|(name, base)| (name.clone(), format!("{}/{name}/ws", path_of(base))));
    let websockets = hosted.chain(calls.websocket_paths.clone());
    let websockets: BTreeMap<String, Value> = websockets
        .map(|(name, path)| (name, json!({ "path": path })))
        .collect();
    let forwarded = ["authorization", "x-request-id", "x-forwarded-for", "user-agent"];
    let configuration: HiveRouterConfig = serde_json::from_value(json!({
        "override_subgraph_urls": { "subgraphs": urls },
        "subscriptions": { "websocket": { "subgraphs": websockets } },
        "headers": { "all": { "request": [{ "propagate": { "named": forwarded } }] } },
        "traffic_shaping": {
            "max_connections_per_host": calls.max_connections_per_host,
            "all": {
                "request_timeout": millis(calls.timeout_ms),
                // Two people's requests are never one, and one person's are told apart by their ids.
                "dedupe_enabled": false,
                // Who fails again and again is left alone for a moment: callers get their answer at once, and it can recover.
                "circuit_breaker": {
                    "enabled": true,
                    "error_threshold": "50%",
                    "volume_threshold": 20,
                    "reset_timeout": millis(calls.rest_ms),
                    "half_open_attempts": 2,
                },
            },
        },
    }))
    .map_err(|error| RouterError::Start(error.to_string()))?;
    let mut options = SupergraphOptions::default();
    options.traffic_shaping = (&configuration.traffic_shaping).into();
    options.subscriptions = (&configuration.subscriptions).into();
    options.override_subgraph_urls = configuration.override_subgraph_urls;
    options.headers = configuration.headers;
    options.error_masking.enabled = false;
    let supergraph = Supergraph::from_sdl("default", sdl, options)
        .map_err(|error| RouterError::Supergraph(error.to_string()))?;
    Gateway::check_names(
        &supergraph,
        local.into_iter().chain(remote.keys().map(String::as_str)),
    )?;
    Ok(supergraph)
}

fn millis(duration: u64) -> String {
    format!("{duration}ms")
}

/// The path in front of a base URL's routes, without a trailing slash.
fn path_of(base: &str) -> &str {
    let authority_and_path = base.split_once("://").map_or(base, |(_, rest)| rest);
    authority_and_path
        .find('/')
        .map_or("", |at| authority_and_path[at..].trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn base_urls_may_have_a_path() {
        assert_eq!(path_of("http://host:4001"), "");
        assert_eq!(path_of("http://host:4001/"), "");
        assert_eq!(path_of("https://host/care/graph/"), "/care/graph");
    }
}

//! Counters of our own, beside the engine's, in one Prometheus registry.
//!
//! **Invariant:** labels come from fixed sets. No user, address, operation name or id ever becomes one: they would name people
//! and grow without bound.

use crate::error::RouterError;
use prometheus::{Encoder as _, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

/// What is counted.
pub(crate) struct RouterMetrics {
    registry: Registry,
    /// Requests by route and status class.
    pub(crate) requests: IntCounterVec,
    /// Errors in GraphQL answers, by code.
    pub(crate) errors: IntCounterVec,
    /// Requests turned away by a rate limit, by what was counted.
    pub(crate) rate_limited: IntCounterVec,
    /// Subscriptions that run now.
    pub(crate) subscriptions: IntGauge,
    /// WebSockets that are open now.
    pub(crate) websockets: IntGauge,
}

impl RouterMetrics {
    pub(crate) fn new(registry: Registry) -> Result<Self, RouterError> {
        Self::register(registry).map_err(|error| RouterError::Start(error.to_string()))
    }

    fn register(registry: Registry) -> prometheus::Result<Self> {
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        Ok(Self {
            requests: counter(
                "caregraph_http_requests_total",
                "HTTP requests",
                &["route", "status"],
            )?,
            errors: counter(
                "caregraph_graphql_errors_total",
                "Errors in GraphQL answers",
                &["code"],
            )?,
            rate_limited: counter(
                "caregraph_rate_limited_total",
                "Requests turned away by a rate limit",
                &["by"],
            )?,
            subscriptions: gauge("caregraph_active_subscriptions", "Subscriptions that run now")?,
            websockets: gauge("caregraph_open_websockets", "WebSockets that are open now")?,
            registry,
        })
    }

    /// The exposition and its content type.
    pub(crate) fn render(&self) -> Result<(String, Vec<u8>), prometheus::Error> {
        let encoder = TextEncoder::new();
        let mut text = Vec::new();
        encoder.encode(&self.registry.gather(), &mut text)?;
        Ok((encoder.format_type().to_owned(), text))
    }
}

/// Counts one while it lives.
pub(crate) struct Counted(IntGauge);

impl Counted {
    pub(crate) fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

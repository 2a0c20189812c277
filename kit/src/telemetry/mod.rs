//! Logs and traces: structured, with request ids, and without names, tokens or clinical values.
//!
//! Logs go to standard error. Traces ([`trace`]) follow one request through everything that it causes, and leave by OTLP when a
//! collector is configured ([`TraceSettings`]).

mod export;
mod logs;
pub mod trace;

pub use export::{Telemetry, TraceSettings};
pub use logs::LogFormat;

use std::error::Error;

/// Installs the global subscriber: logs to standard error, filtered in `tracing`'s syntax, and traces to a collector if `traces`
/// names one. A second call is ignored, so that tests may start several programs. Must be called on a tokio runtime.
pub fn install(format: LogFormat, filter: &str, traces: &TraceSettings) -> Telemetry {
    use tracing_subscriber::prelude::*;
    let (telemetry, layer) = export::open(traces);
    let installed = tracing_subscriber::registry()
        .with(layer)
        .with(logs::layer(format, filter))
        .try_init();
    if installed.is_err() {
        tracing::debug!("a log subscriber is installed already");
    }
    telemetry
}

/// An error with all its sources in one line.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        // Transparent wrappers repeat their source's text.
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        source = error.source();
    }
    text
}

/// What a caught panic said.
pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn a_chain_names_every_source_once() {
        let error = Outer(std::io::Error::other("inner"));
        assert_eq!(chain(&error), "outer: inner");
    }
}

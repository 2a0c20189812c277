//! Log lines.

use super::trace;
use std::io::IsTerminal;
use tracing::Subscriber;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people at a terminal.
    #[default]
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// Where the web server says "Server is gone", as an error, when the program is asked to stop while a worker is still starting: nobody
/// tells that worker, and it ends by itself. Its only other complaint is about a worker that could not be made, which ours always can.
const A_WORKER_LEFT_BEHIND: &str = "ntex_server::wrk";

/// Writes to standard error what `filter` lets through.
pub(super) fn layer<S>(format: LogFormat, filter: &str) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    // Spans are for traces. A log line that begins with all that it is part of cannot be read.
    let filter = filter.and(filter_fn(|metadata| {
        !trace::is_of_a_trace(metadata) && metadata.target() != A_WORKER_LEFT_BEHIND
    }));
    match format {
        // Colours are for terminals, not for files.
        LogFormat::Text => fmt::layer()
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr)
            .with_filter(filter)
            .boxed(),
        LogFormat::Json => fmt::layer()
            .json()
            .with_writer(std::io::stderr)
            .with_filter(filter)
            .boxed(),
    }
}

//! Subgraphs behind a socket are asked again when the answer is lost on the way: queries only, because nobody knows whether a mutation
//! that got no answer took effect.

use async_trait::async_trait;
use futures::stream::BoxStream;
use hive_router::executor::executors::common::{
    SubgraphExecutionRequest, SubgraphExecutor, SubgraphExecutorBoxedArc,
};
use hive_router::executor::executors::error::SubgraphExecutorError;
use hive_router::executor::plugin_context::PluginRequestState;
use hive_router::executor::response::subgraph_response::SubgraphResponse;
use hive_router::http::Uri;
use std::time::Duration;
use tracing::{Instrument, Span};

/// Before the second and the third attempt. A process that is being replaced is back, or another one has taken its place.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(250)];

/// A subgraph elsewhere.
pub(crate) struct Retrying {
    pub(crate) executor: SubgraphExecutorBoxedArc,
    /// The call in its trace, with all its attempts.
    pub(crate) span: Span,
}

#[async_trait]
impl SubgraphExecutor for Retrying {
    fn executor_name(&self) -> &str {
        self.executor.executor_name()
    }

    fn endpoint(&self) -> &Uri {
        self.executor.endpoint()
    }

    async fn execute<'a>(
        &self,
        request: SubgraphExecutionRequest<'a>,
        timeout: Option<Duration>,
        state: Option<&'a PluginRequestState<'a>>,
    ) -> Result<SubgraphResponse<'static>, SubgraphExecutorError> {
        self.attempts(request, timeout, state)
            .instrument(self.span.clone())
            .await
    }

    async fn subscribe<'a>(
        &self,
        request: SubgraphExecutionRequest<'a>,
        timeout: Option<Duration>,
    ) -> Result<
        BoxStream<'static, Result<SubgraphResponse<'static>, SubgraphExecutorError>>,
        SubgraphExecutorError,
    > {
        self.executor.subscribe(request, timeout).await
    }
}

impl Retrying {
    async fn attempts<'a>(
        &self,
        request: SubgraphExecutionRequest<'a>,
        timeout: Option<Duration>,
        state: Option<&'a PluginRequestState<'a>>,
    ) -> Result<SubgraphResponse<'static>, SubgraphExecutorError> {
        if changes_something(request.query) {
            return self.executor.execute(request, timeout, state).await;
        }
        for pause in PAUSES {
            match self.executor.execute(again(&request), timeout, state).await {
                Err(error) if is_lost(&error) => {
                    tracing::debug!(%error, endpoint = %self.endpoint(), "a subgraph did not answer, asking again");
                    tokio::time::sleep(pause).await;
                }
                answer => return answer,
            }
        }
        self.executor.execute(request, timeout, state).await
    }
}

/// The planner writes one operation, its kind first.
fn changes_something(document: &str) -> bool {
    let document = document.trim_start();
    !(document.starts_with('{') || document.starts_with("query"))
}

/// Whether the subgraph was not reached, or went away before it had answered. Who is slow is not asked twice.
fn is_lost(error: &SubgraphExecutorError) -> bool {
    matches!(
        error,
        SubgraphExecutorError::RequestFailure(_)
            | SubgraphExecutorError::ResponseFailure(_)
            | SubgraphExecutorError::ResponseBodyReadFailure(..)
            | SubgraphExecutorError::EmptyResponseBody(..)
    )
}

fn again<'a>(request: &SubgraphExecutionRequest<'a>) -> SubgraphExecutionRequest<'a> {
    SubgraphExecutionRequest {
        query: request.query,
        document_name_write_pos: request.document_name_write_pos,
        dedupe: request.dedupe,
        operation_name: request.operation_name.clone(),
        variables: request.variables.clone(),
        headers: request.headers.clone(),
        raw_variable_values: request.raw_variable_values.clone(),
        extensions: request.extensions.clone(),
        custom_scalar_paths: request.custom_scalar_paths,
        connection_fingerprint: request.connection_fingerprint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_nothing_is_asked_again() {
        for query in ["{me{id}}", "query($a:ID!){user(id:$a){id}}", " query Q{me{id}}"] {
            assert!(!changes_something(query), "{query}");
        }
        for other in [
            "mutation{touch}",
            "mutation M{touch}",
            "subscription{a}",
            "fragment A on B{c}",
            "",
        ] {
            assert!(changes_something(other), "{other}");
        }
    }
}

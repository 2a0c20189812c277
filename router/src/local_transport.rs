//! Subgraphs in this process are called as functions: no socket, no HTTP.

use crate::answer::{self, Keys};
use crate::caller::Caller;
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Name, Request, Response, Value, Variables};
use async_trait::async_trait;
use caregraph_kit::hosting::guarded;
use caregraph_kit::near::{self, Within};
use caregraph_kit::subgraph::SubgraphSchema;
use futures::stream::{BoxStream, StreamExt};
use hive_router::executor::executors::common::{SubgraphExecutionRequest, SubgraphExecutor};
use hive_router::executor::executors::error::SubgraphExecutorError;
use hive_router::executor::plugin_context::PluginRequestState;
use hive_router::executor::response::subgraph_response::SubgraphResponse;
use hive_router::http::Uri;
use hive_router::query_planner::planner::plan_nodes::CustomScalarPaths;
use hive_router::sonic_rs;
use moka::sync::Cache;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tracing::Instrument;

/// A subgraph that lives in this process.
pub struct LocalSubgraph {
    /// Its name in the supergraph.
    pub name: String,
    /// What executes.
    pub schema: Arc<dyn SubgraphSchema>,
}

/// Documents that the planner writes for one subgraph repeat with every request, so they are parsed once. This many bytes of text
/// are kept parsed, which takes about ten times as much.
const CACHED_BYTES: u64 = 4 * 1024 * 1024;

/// A local subgraph, ready to be called.
pub(crate) struct LocalTarget {
    name: String,
    endpoint: Uri,
    schema: Arc<dyn SubgraphSchema>,
    documents: Cache<String, Arc<Document>>,
    keys: Arc<Keys>,
    runtime: Handle,
}

/// What the planner asks of a subgraph.
struct Document {
    parsed: ExecutableDocument,
    /// Whether the keys of its answers are known.
    covered: bool,
}

impl LocalTarget {
    pub(crate) fn new(subgraph: LocalSubgraph, keys: Arc<Keys>, runtime: Handle) -> Arc<Self> {
        Arc::new(Self {
            keys,
            endpoint: placeholder_url(&subgraph.name).parse().unwrap_or_default(),
            name: subgraph.name,
            schema: subgraph.schema,
            documents: Cache::builder()
                .max_capacity(CACHED_BYTES)
                .weigher(|text: &String, _| weight(text))
                .build(),
            runtime,
        })
    }

    /// Answers one operation of the planner.
    async fn execute(
        self: &Arc<Self>,
        request: SubgraphExecutionRequest<'_>,
        caller: &Arc<Caller>,
    ) -> Result<SubgraphResponse<'static>, SubgraphExecutorError> {
        let paths = request.custom_scalar_paths;
        let document = self.document(request.query);
        let request = request_of(&request, document.as_deref())?;
        let (target, caller) = (Arc::clone(self), Arc::clone(caller));
        let execution = async move {
            let schema = target.schema.as_ref();
            guarded::execute(&target.name, schema, request, &caller.principal, &caller.info).await
        };
        let response = near::task(self.runtime.clone(), execution.in_current_span())
            .await
            .map_err(|error| {
                // Panics are caught within; what ends the task is the end of its thread.
                SubgraphExecutorError::ResponseBodyReadFailure(
                    self.name.clone(),
                    error.to_string(),
                    Arc::default(),
                )
            })?;
        convert(response, document.as_deref(), &self.keys, paths)
    }

    /// Streams one subscription of the planner.
    pub(crate) fn subscribe(
        &self,
        request: SubgraphExecutionRequest<'_>,
        caller: &Caller,
    ) -> Result<
        BoxStream<'static, Result<SubgraphResponse<'static>, SubgraphExecutorError>>,
        SubgraphExecutorError,
    > {
        let paths = request.custom_scalar_paths.cloned();
        let document = self.document(request.query);
        let request = request_of(&request, document.as_deref())?;
        let stream = {
            let _entered = self.runtime.enter();
            let schema = self.schema.as_ref();
            guarded::stream(&self.name, schema, request, &caller.principal, &caller.info)
        };
        let keys = Arc::clone(&self.keys);
        let answers = Within::new(self.runtime.clone(), stream)
            .map(move |response| convert(response, document.as_deref(), &keys, paths.as_ref()));
        Ok(answers.boxed())
    }

    /// The parsed document. What does not parse is left to the schema, which says why.
    fn document(&self, query: &str) -> Option<Arc<Document>> {
        if let Some(document) = self.documents.get(query) {
            return Some(document);
        }
        let parsed = async_graphql::parser::parse_query(query).ok()?;
        let covered = self.keys.cover(&parsed);
        let document = Arc::new(Document { parsed, covered });
        self.documents.insert(query.to_owned(), document.clone());
        Some(document)
    }
}

fn weight(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// hive wants a URL for every subgraph. Nothing listens there, by RFC 6761.
pub(crate) fn placeholder_url(subgraph: &str) -> String {
    let host: String = subgraph
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    format!("http://{host}.local.invalid/graphql")
}

fn variables(request: &SubgraphExecutionRequest<'_>) -> Result<Variables, SubgraphExecutorError> {
    let mut variables = Variables::default();
    for (name, value) in request.variables.iter().flatten() {
        // From one tree into the other; no text in between.
        let value = async_graphql::to_value(value).map_err(|_| bad_variable(name))?;
        variables.insert(Name::new(name), value);
    }
    for (name, json) in request.raw_variable_values.iter().flatten() {
        let value = sonic_rs::from_slice::<Value>(json).map_err(|error| {
            SubgraphExecutorError::VariablesSerializationFailure((*name).to_owned(), error)
        })?;
        variables.insert(Name::new(name), value);
    }
    Ok(variables)
}

fn bad_variable(name: &str) -> SubgraphExecutorError {
    use serde::de::Error as _;
    SubgraphExecutorError::VariablesSerializationFailure(
        name.to_owned(),
        sonic_rs::Error::custom("not a GraphQL value"),
    )
}

fn request_of(
    request: &SubgraphExecutionRequest<'_>,
    document: Option<&Document>,
) -> Result<Request, SubgraphExecutorError> {
    let mut converted = Request::new(request.query).variables(variables(request)?);
    if let Some(document) = document {
        converted.set_parsed_query(document.parsed.clone());
    }
    Ok(converted)
}

fn convert(
    response: Response,
    document: Option<&Document>,
    keys: &Keys,
    paths: Option<&CustomScalarPaths>,
) -> Result<SubgraphResponse<'static>, SubgraphExecutorError> {
    match document {
        Some(document) if document.covered => answer::moved(response, keys),
        _ => answer::written(&response, paths),
    }
}

/// Stands in hive's executor's place for one call.
pub(crate) struct LocalExecutor {
    pub(crate) target: Arc<LocalTarget>,
    pub(crate) caller: Arc<Caller>,
}

#[async_trait]
impl SubgraphExecutor for LocalExecutor {
    fn executor_name(&self) -> &'static str {
        "local"
    }

    fn endpoint(&self) -> &Uri {
        &self.target.endpoint
    }

    async fn execute<'a>(
        &self,
        execution_request: SubgraphExecutionRequest<'a>,
        timeout: Option<Duration>,
        _plugin_req_state: Option<&'a PluginRequestState<'a>>,
    ) -> Result<SubgraphResponse<'static>, SubgraphExecutorError> {
        let execution = self.target.execute(execution_request, &self.caller);
        match timeout {
            Some(limit) => tokio::time::timeout(limit, execution).await?,
            None => execution.await,
        }
    }

    async fn subscribe<'a>(
        &self,
        execution_request: SubgraphExecutionRequest<'a>,
        _timeout: Option<Duration>,
    ) -> Result<
        BoxStream<'static, Result<SubgraphResponse<'static>, SubgraphExecutorError>>,
        SubgraphExecutorError,
    > {
        self.target.subscribe(execution_request, &self.caller)
    }
}

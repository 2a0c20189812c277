//! Running one operation for transports that hive's HTTP handler does not serve: our WebSocket and our event stream.
//!
//! The steps are hive's, in hive's order: prepare, parse, validate, normalize, and then either hive's own execution or, for a
//! subscription, [`crate::subscription`].

use crate::caller::Caller;
use crate::carrier::Carrier;
use crate::cost::{PageSizes, cost};
use crate::document;
use crate::gateway::Gateway;
use crate::masking;
use crate::metrics::Counted;
use crate::plugin::TOO_COSTLY;
use crate::refusal::Refusal;
use crate::spans;
use crate::subscription::{self, Source, SubscriptionPlan};
use async_stream::try_stream;
use caregraph_kit::hosting::codes;
use futures::stream::{LocalBoxStream, Stream, StreamExt as _};
use hive_router::executor::execution::plan::{PlanExecutionOutput, QueryPlanExecutionResult};
use hive_router::executor::executors::error::SubgraphExecutorError;
use hive_router::executor::headers::response::ResponseHeaderSink;
use hive_router::executor::hooks::on_graphql_params::GraphQLParams;
use hive_router::http::StatusCode;
use hive_router::ntex::web::HttpRequest;
use hive_router::pipeline::authorization::enforce_operation_authorization;
use hive_router::pipeline::coerce_variables::coerce_request_variables;
use hive_router::pipeline::error::{ClientPipelineError, PipelineError};
use hive_router::pipeline::execute_pipeline;
use hive_router::pipeline::execution::{PlannedRequest, execute_plan};
use hive_router::pipeline::execution_request::{OperationPreparation, OperationPreparationResult};
use hive_router::pipeline::normalize::normalize_request_with_cache;
use hive_router::pipeline::parser::{ParseResult, parse_operation_with_cache};
use hive_router::pipeline::progressive_override::RequestOverrideContext;
use hive_router::pipeline::query_plan::{QueryPlanResult, plan_operation_with_cache};
use hive_router::pipeline::validation::validate_operation_with_cache;
use hive_router::query_planner::state::supergraph_state::OperationKind;
use hive_router::query_planner::utils::cancellation::CancellationToken;
use hive_router::telemetry::traces::spans::graphql::GraphQLOperationSpan;
use hive_router::{GraphQLError, RouterSharedState, SchemaState, sonic_rs};
use std::collections::HashSet;
use std::sync::Arc;

/// What an operation says, in order: either `Refused`, or one `Answer`, or `Subscribed` and any number of `Event`s.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Nothing was executed: a status and a JSON array of errors.
    Refused(StatusCode, String),
    /// The result of a query or mutation: a status and a JSON object.
    Answer(StatusCode, Vec<u8>),
    /// A subscription runs now.
    Subscribed,
    /// One event of it: a JSON object.
    Event(Vec<u8>),
}

/// The engine, and what is ours around it.
pub(crate) struct Engine {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) shared: Arc<RouterSharedState>,
    pub(crate) schema: Arc<SchemaState>,
}

/// What stops an operation before it is executed.
enum Stop {
    Pipeline(Box<PipelineError>),
    Refused(Refusal),
    /// The source of a subscription's events does not open.
    Source(GraphQLError),
    Fault(&'static str),
}

impl From<PipelineError> for Stop {
    fn from(error: PipelineError) -> Self {
        Self::Pipeline(Box::new(error))
    }
}

/// One operation to run.
pub(crate) struct Job {
    /// The HTTP request that opened the transport; hive reads from it which supergraph to use.
    pub(crate) request: HttpRequest,
    pub(crate) params: GraphQLParams,
    pub(crate) caller: Caller,
    /// Refuse mutations: the request could be repeated by a cache or a prefetch.
    pub(crate) read_only: bool,
}

/// Runs an operation. Nothing happens before the stream is polled; dropping it ends the operation.
pub(crate) fn run(engine: Arc<Engine>, mut job: Job) -> LocalBoxStream<'static, Outcome> {
    let mut span = Some(spans::operation(&mut job.caller.info));
    let (answers_for, sender) = (engine.clone(), job.caller.clone());
    outcomes(engine, job)
        .map(move |outcome| {
            // The events of a subscription belong to what causes them.
            span.take();
            outcome.unwrap_or_else(|stop| answers_for.refuse(stop, &sender))
        })
        .boxed_local()
}

/// Each step is boxed, because a subscription lives for hours: otherwise it would keep the room of the largest step all the time.
#[expect(
    clippy::too_many_lines,
    reason = "a type that the engine keeps private goes through, so no step can be taken out"
)]
fn outcomes(engine: Arc<Engine>, job: Job) -> impl Stream<Item = Result<Outcome, Stop>> {
    try_stream! {
        let Engine { gateway, shared, schema } = engine.as_ref();
        let Job { request, params, caller, read_only } = job;
        document::check(params.query.as_deref(), &gateway.settings.limits).map_err(Stop::Refused)?;
        let carrier = Carrier::new(&caller);
        let selected = Box::pin(schema.select_supergraph(&request)).await.map_err(PipelineError::from)?;
        let selected = selected.ok_or(Stop::Fault("no supergraph is loaded"))?;

        let state = carrier.state(shared);
        let prepared =
            Box::pin(OperationPreparation::prepare_websocket(&request, shared, &selected, &state, params, None, None)).await?;
        let mut params = match prepared {
            OperationPreparationResult::Operation(operation) => operation.graphql_params,
            OperationPreparationResult::EarlyResponse(_) => Err(EARLY)?,
        };
        let document = match Box::pin(parse_operation_with_cache(shared, &params, &state)).await? {
            ParseResult::Payload(document) => document,
            ParseResult::EarlyResponse(_) => Err(EARLY)?,
        };
        Box::pin(validate_operation_with_cache(&selected, schema, shared, &document, &state)).await?;
        let normalized =
            Box::pin(normalize_request_with_cache(&selected.snapshot, &selected.runtime, schema, &params, &document)).await?;
        if read_only && normalized.operation_kind == OperationKind::Mutation {
            Err(ClientPipelineError::MutationNotAllowedOverHttpGet)?;
        }
        let variables = coerce_request_variables(&selected.snapshot, &mut params.variables, &normalized)?;
        let text = params.query.as_deref().ok_or(ClientPipelineError::GetMissingQueryParam("query"))?;
        let details = carrier.details(normalized.operation_for_plan.name.as_deref(), text, &normalized.operation_kind);
        let headers = ResponseHeaderSink::default();

        if normalized.operation_kind != OperationKind::Subscription {
            let executed = Box::pin(execute_pipeline(
                details, &params, &normalized, variables, &selected, shared, schema, GraphQLOperationSpan::new(), state,
                &carrier.request_context, headers, None,
            ));
            let limit = gateway.settings.subgraphs.request_timeout();
            let result = tokio::time::timeout(limit, executed).await.map_err(|_| ClientPipelineError::TimeoutError)??;
            match result {
                QueryPlanExecutionResult::Single(output) => yield answer(output),
                QueryPlanExecutionResult::Stream(_) => Err(Stop::Fault("a query became a stream"))?,
            }
            return;
        }

        // A subscription. The steps from here to the plan are those of `execute_pipeline`.
        let sizes = carrier.context.get_ref::<PageSizes>().map(|sizes| sizes.clone()).unwrap_or_default();
        if cost(&normalized.operation_for_plan, &sizes, &selected.snapshot.metadata) > gateway.settings.limits.max_cost {
            Err(Stop::Refused(TOO_COSTLY))?;
        }
        let details = Arc::new(details.freeze());
        let (normalized, denied) = enforce_operation_authorization(
            shared.router_config, &normalized, &selected.runtime.authorization, &selected.snapshot.metadata, &variables,
            &details.jwt, &HashSet::new(),
        )?;
        let overrides = RequestOverrideContext::new(
            &selected.runtime.override_labels_evaluator, details.as_ref(), &carrier.request_context,
        ).map_err(PipelineError::from)?;
        let patience = CancellationToken::with_timeout(shared.router_config.query_planner.timeout);
        let planned = Box::pin(plan_operation_with_cache(&selected, schema, &normalized, &overrides, &patience, &state)).await?;
        let plan = match planned {
            QueryPlanResult::QueryPlan(planned) => planned.plan,
            QueryPlanResult::EarlyResponse(_) => Err(EARLY)?,
        };
        let plan = SubscriptionPlan::of(&plan).ok_or(Stop::Fault("the plan does not begin with events"))?;
        let origin = &plan.source.service_name;

        let variables = Arc::new(variables);
        let source = Source {
            gateway,
            executors: &selected.runtime.subgraph_executor_map,
            headers: &selected.runtime.headers_plan,
            client_request: &details,
            variables: variables.variables_map.as_ref(),
            caller: &caller,
        };
        let mut events = source.open(plan.source).await.map_err(|error| Stop::Source(source_error(&error, origin)))?;
        let _running = Counted::new(&gateway.metrics.subscriptions);
        yield Outcome::Subscribed;
        while let Some(event) = events.next().await {
            let mut event = match event {
                Ok(event) => event,
                Err(error) => {
                    // Streams are not resumed in the middle: the client comes back with its cursor.
                    yield engine.last_event(vec![source_error(&error, origin)], &caller);
                    return;
                }
            };
            subscription::lay_down(&carrier.context, std::mem::take(&mut event.data));
            let denied = denied.iter().map(GraphQLError::from);
            let completion = PlannedRequest {
                normalized_payload: normalized.clone(),
                query_plan_payload: &plan.completion,
                variable_payload: variables.clone(),
                client_request_details: details.clone(),
                initial_errors: denied.chain(event.errors.take().into_iter().flatten()).collect(),
                demand_control_execution_context: None,
                plugin_req_state: carrier.state(shared),
                connection_fingerprint: None,
            };
            let completed = Box::pin(execute_plan(&selected, shared, completion, GraphQLOperationSpan::new(), headers.clone())).await;
            // Up to here its data was borrowed from the event's buffer.
            drop(event);
            match completed {
                Ok(QueryPlanExecutionResult::Single(output)) => yield Outcome::Event(output.body),
                Ok(QueryPlanExecutionResult::Stream(_)) => {
                    yield engine.last_event(vec!["an event became a stream".into()], &caller);
                    return;
                }
                Err(error) => {
                    yield engine.last_event(errors_of(&error), &caller);
                    return;
                }
            }
        }
    }
}

const EARLY: Stop = Stop::Fault("a hook answered early");

fn source_error(error: &SubgraphExecutorError, subgraph: &str) -> GraphQLError {
    GraphQLError::from_message_and_code(error.to_string(), error.error_code()).add_subgraph_name(subgraph)
}

fn answer(output: PlanExecutionOutput) -> Outcome {
    Outcome::Answer(output.status_code, output.body)
}

impl Engine {
    fn refuse(&self, stop: Stop, caller: &Caller) -> Outcome {
        match stop {
            Stop::Pipeline(error) => {
                self.refuse_with(error.default_status_code(false), errors_of(&error), caller)
            }
            Stop::Refused(refusal) => {
                let error = GraphQLError::from_message_and_code(refusal.message, refusal.code);
                self.refuse_with(refusal.status, vec![error], caller)
            }
            Stop::Source(error) => self.refuse_with(StatusCode::BAD_GATEWAY, vec![error], caller),
            Stop::Fault(what) => {
                self.refuse_with(StatusCode::INTERNAL_SERVER_ERROR, vec![what.into()], caller)
            }
        }
    }

    fn refuse_with(&self, status: StatusCode, mut errors: Vec<GraphQLError>, caller: &Caller) -> Outcome {
        self.mask(&mut errors, caller);
        Outcome::Refused(
            status,
            sonic_rs::to_string(&errors).unwrap_or_else(|_| "[]".to_owned()),
        )
    }

    fn last_event(&self, mut errors: Vec<GraphQLError>, caller: &Caller) -> Outcome {
        self.mask(&mut errors, caller);
        Outcome::Event(sonic_rs::to_vec(&sonic_rs::json!({ "errors": errors })).unwrap_or_default())
    }

    fn mask(&self, errors: &mut [GraphQLError], caller: &Caller) {
        for error in errors {
            masking::mask(error, caller.request_id());
            let code = error.extensions.code.as_deref().unwrap_or(codes::INTERNAL);
            self.gateway.metrics.errors.with_label_values(&[code]).inc();
        }
    }
}

impl From<ClientPipelineError> for Stop {
    fn from(error: ClientPipelineError) -> Self {
        PipelineError::from(error).into()
    }
}

fn errors_of(error: &PipelineError) -> Vec<GraphQLError> {
    match error {
        PipelineError::Client(ClientPipelineError::ValidationErrors(errors)) => {
            errors.iter().map(GraphQLError::from).collect()
        }
        PipelineError::Client(ClientPipelineError::AuthorizationFailed(errors)) => {
            errors.iter().map(GraphQLError::from).collect()
        }
        PipelineError::Client(client) => {
            vec![GraphQLError::from_message_and_code(
                client.to_string(),
                error.graphql_error_code(),
            )]
        }
        // The text is for the log, where masking puts it.
        PipelineError::Internal(inner) => vec![GraphQLError::from_message_and_code(
            inner.to_string(),
            error.graphql_error_code(),
        )],
    }
}

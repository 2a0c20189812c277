//! Our hooks into hive's pipeline. Each is a few lines; what they decide is decided elsewhere.

use crate::asked::Asked;
use crate::caller::Caller;
use crate::cost::{PageSizes, cost};
use crate::document;
use crate::gateway::Gateway;
use crate::local_transport::LocalExecutor;
use crate::refusal::Refusal;
use crate::retry::Retrying;
use crate::{masking, spans, subscription};
use async_trait::async_trait;
use caregraph_kit::hosting::codes;
use caregraph_kit::telemetry::trace;
use hive_router::executor::execution::plan::PlanExecutionOutput;
use hive_router::executor::executors::common::SubgraphExecutor as _;
use hive_router::executor::hooks::on_execute::{OnExecuteStartHookPayload, OnExecuteStartHookResult};
use hive_router::executor::hooks::on_graphql_analysis::{
    OnGraphqlAnalysisHookPayload, OnGraphqlAnalysisHookResult,
};
use hive_router::executor::hooks::on_graphql_error::{OnGraphQLErrorHookPayload, OnGraphQLErrorHookResult};
use hive_router::executor::hooks::on_graphql_params::{
    OnGraphQLParamsStartHookPayload, OnGraphQLParamsStartHookResult,
};
use hive_router::executor::hooks::on_graphql_validation::{
    OnGraphQLValidationStartHookPayload, OnGraphQLValidationStartHookResult,
};
use hive_router::executor::hooks::on_http_request::{OnHttpRequestHookFuture, OnHttpRequestHookPayload};
use hive_router::executor::hooks::on_plugin_init::{OnPluginInitPayload, OnPluginInitResult};
use hive_router::executor::hooks::on_subgraph_execute::{
    OnSubgraphExecuteStartHookPayload, OnSubgraphExecuteStartHookResult,
};
use hive_router::executor::plugin_context::PluginContext;
use hive_router::executor::plugin_trait::{EndHookPayload as _, RouterPlugin, StartHookPayload as _};
use hive_router::http::{HeaderValue, StatusCode};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tracing::Span;

/// The name under which hive's configuration finds the plugin.
pub(crate) const NAME: &str = "caregraph";

/// hive makes plugins out of configuration alone. What ours needs cannot be written as configuration, so it waits here under a
/// ticket, and the ticket is the configuration.
static CLOAKROOM: Mutex<BTreeMap<u64, Arc<Gateway>>> = Mutex::new(BTreeMap::new());
static NEXT_TICKET: AtomicU64 = AtomicU64::new(0);

#[derive(Deserialize)]
pub(crate) struct Ticket {
    ticket: u64,
}

/// Leaves `gateway` for the plugin that will be made with the returned ticket.
pub(crate) fn deposit(gateway: Arc<Gateway>) -> u64 {
    let ticket = NEXT_TICKET.fetch_add(1, Ordering::Relaxed);
    CLOAKROOM
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(ticket, gateway);
    ticket
}

pub(crate) struct CaregraphPlugin {
    gateway: Arc<Gateway>,
}

/// The gate put the caller there.
fn caller(context: &PluginContext) -> Option<Caller> {
    context.get_ref::<Caller>().map(|caller| caller.clone())
}

#[async_trait]
impl RouterPlugin for CaregraphPlugin {
    type Config = Ticket;

    fn plugin_name() -> &'static str {
        NAME
    }

    fn on_plugin_init(payload: OnPluginInitPayload<Self>) -> OnPluginInitResult<Self> {
        let Ticket { ticket } = payload.config()?;
        let gateway = CLOAKROOM
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&ticket);
        payload.initialize_plugin(Self {
            gateway: gateway.ok_or("nothing was deposited under this ticket")?,
        })
    }

    /// Hands the caller to the later hooks, and the supergraph to the engine.
    fn on_http_request<'req>(
        &'req self,
        payload: OnHttpRequestHookPayload<'req>,
    ) -> OnHttpRequestHookFuture<'req> {
        Box::pin(async move {
            if let Some(caller) = payload.router_http_request.extensions().get::<Caller>() {
                payload.context.insert(caller.clone());
            }
            payload
                .router_http_request
                .extensions_mut()
                .insert(self.gateway.supergraph.snapshot());
            payload.proceed()
        })
    }

    /// Looks at the request before it is parsed.
    async fn on_graphql_params<'exec>(
        &'exec self,
        payload: OnGraphQLParamsStartHookPayload<'exec>,
    ) -> OnGraphQLParamsStartHookResult<'exec> {
        payload.on_end(|end| {
            let caller = caller(end.context);
            let refusal = match &caller {
                Some(_) => {
                    document::check(end.graphql_params.query.as_deref(), &self.gateway.settings.limits).err()
                }
                // A path spelled in an unforeseen way would be the only way here.
                None => Some(UNKNOWN_CALLER),
            };
            if let Some(refusal) = refusal {
                self.gateway
                    .metrics
                    .errors
                    .with_label_values(&[refusal.code])
                    .inc();
                let id = caller.map(|caller| caller.info.request_id).unwrap_or_default();
                return end.end_with_response(refusal.into_response(&id));
            }
            // The variables are gone by the time the cost is known.
            end.context.insert(PageSizes::of(&end.graphql_params.variables));
            end.context.insert(Asked::of(&end.graphql_params));
            end.proceed()
        })
    }

    /// Refuses an operation that is not chosen, and variables that do not fit.
    async fn on_graphql_validation<'exec>(
        &'exec self,
        mut payload: OnGraphQLValidationStartHookPayload<'exec>,
    ) -> OnGraphQLValidationStartHookResult<'exec> {
        let asked = payload.context.get_ref::<Asked>().map(|asked| asked.clone());
        if let Err(error) = asked
            .unwrap_or_default()
            .check(&payload.document, &self.gateway.inputs)
        {
            payload.errors = Some(Arc::new(vec![error]));
        }
        payload.proceed()
    }

    /// Refuses what would cost too much.
    async fn on_graphql_analysis<'exec>(
        &'exec self,
        payload: &mut OnGraphqlAnalysisHookPayload<'exec>,
    ) -> OnGraphqlAnalysisHookResult {
        let sizes = payload
            .context
            .get_ref::<PageSizes>()
            .map(|sizes| sizes.clone())
            .unwrap_or_default();
        let cost = cost(
            payload.filtered_operation_for_plan,
            &sizes,
            &self.gateway.supergraph.metadata,
        );
        if cost <= self.gateway.settings.limits.max_cost {
            return OnGraphqlAnalysisHookResult::Proceed;
        }
        self.gateway
            .metrics
            .errors
            .with_label_values(&[codes::LIMIT_EXCEEDED])
            .inc();
        let id = caller(payload.context)
            .map(|caller| caller.info.request_id)
            .unwrap_or_default();
        OnGraphqlAnalysisHookResult::EndWithResponse(PlanExecutionOutput {
            body: TOO_COSTLY.body(&id).into_bytes(),
            error_count: 1,
            status_code: TOO_COSTLY.status,
        })
    }

    /// Puts an event of a subscription where an ordinary operation starts from nothing.
    async fn on_execute<'exec>(
        &'exec self,
        mut payload: OnExecuteStartHookPayload<'exec>,
    ) -> OnExecuteStartHookResult<'exec> {
        if let Some(data) = subscription::take_event(payload.context) {
            payload.data = data;
        }
        payload.proceed()
    }

    /// Local transport, and patience with the others.
    async fn on_subgraph_execute<'exec>(
        &'exec self,
        mut payload: OnSubgraphExecuteStartHookPayload<'exec>,
    ) -> OnSubgraphExecuteStartHookResult<'exec> {
        match (
            self.gateway.locals.get(payload.subgraph_name),
            caller(payload.context),
        ) {
            (Some(target), Some(caller)) => {
                let (target, caller) = (target.clone(), Arc::new(caller));
                payload.executor = LocalExecutor { target, caller }.to_boxed_arc();
            }
            (_, mut caller) => {
                let span = caller.as_mut().map_or_else(Span::none, |caller| {
                    spans::call(payload.subgraph_name, &mut caller.info)
                });
                let place = caller.and_then(|caller| caller.info.trace);
                if let Some(place) = place.and_then(|place| HeaderValue::try_from(place.to_string()).ok()) {
                    payload.execution_request.headers.insert(trace::HEADER, place);
                }
                let executor = payload.executor;
                payload.executor = Retrying { executor, span }.to_boxed_arc();
            }
        }
        payload.proceed()
    }

    /// Masks.
    fn on_graphql_error<'req>(
        &'req self,
        mut payload: OnGraphQLErrorHookPayload<'req>,
    ) -> OnGraphQLErrorHookResult<'req> {
        let id = caller(payload.context)
            .map(|caller| caller.info.request_id)
            .unwrap_or_default();
        masking::mask(&mut payload.error, &id);
        if let Some(code) = payload.error.extensions.code.as_deref() {
            self.gateway.metrics.errors.with_label_values(&[code]).inc();
        }
        if payload.status_code == StatusCode::OK
            && let Some(status) = masking::refusal_status(&payload.error)
        {
            payload.status_code = status;
        }
        payload.proceed()
    }
}

pub(crate) const TOO_COSTLY: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    codes::LIMIT_EXCEEDED,
    "The operation could return too much; ask for smaller pages",
);

const UNKNOWN_CALLER: Refusal = Refusal::new(
    StatusCode::UNAUTHORIZED,
    codes::UNAUTHENTICATED,
    "This request did not pass the gate",
);

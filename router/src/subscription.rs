//! Subscriptions, executed here rather than by hive.
//!
//! hive's own way opens a socket to the subgraph for every subscription, runs no plugin for what an event needs from other
//! subgraphs, and drops events that a slow client does not take in time. Ours takes hive's plan apart: the first node is the
//! source of events, a local stream or a remote one; the rest completes each event, as an operation of its own that begins
//! with the event's data. Local subgraphs are called without a socket, and an event waits until its client took the last.

use crate::caller::Caller;
use crate::gateway::Gateway;
use futures::stream::BoxStream;
use hive_router::executor::SubgraphExecutorMap;
use hive_router::executor::execution::client_request_details::ClientRequestDetails;
use hive_router::executor::executors::common::{ConnectionFingerprint, SubgraphExecutionRequest};
use hive_router::executor::executors::error::SubgraphExecutorError;
use hive_router::executor::headers::plan::HeaderRulesPlan;
use hive_router::executor::headers::request::modify_subgraph_request_headers;
use hive_router::executor::plugin_context::PluginContext;
use hive_router::executor::response::subgraph_response::SubgraphResponse;
use hive_router::executor::response::value::Value;
use hive_router::http::HeaderMap;
use hive_router::query_planner::planner::plan_nodes::{FetchNode, PlanNode, QueryPlan, SequenceNode};
use hive_router::sonic_rs;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

/// Events of the source.
pub(crate) type Events = BoxStream<'static, Result<SubgraphResponse<'static>, SubgraphExecutorError>>;

/// The plan of a subscription, taken apart.
pub(crate) struct SubscriptionPlan<'a> {
    /// Where events come from.
    pub(crate) source: &'a FetchNode,
    /// What completes an event.
    pub(crate) completion: QueryPlan,
}

impl<'a> SubscriptionPlan<'a> {
    /// `None` when the plan is not a subscription's.
    pub(crate) fn of(plan: &'a QueryPlan) -> Option<Self> {
        let (first, rest) = match plan.node.as_ref()? {
            PlanNode::Sequence(sequence) => sequence.nodes.split_first()?,
            node => (node, [].as_slice()),
        };
        let PlanNode::Subscription(subscription) = first else {
            return None;
        };
        let node = match rest {
            [] => None,
            [only] => Some(only.clone()),
            several => Some(PlanNode::Sequence(SequenceNode {
                nodes: several.to_vec(),
            })),
        };
        Some(Self {
            source: &subscription.primary,
            completion: QueryPlan {
                kind: plan.kind,
                node,
            },
        })
    }
}

/// What opening a source takes.
pub(crate) struct Source<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) executors: &'a SubgraphExecutorMap,
    pub(crate) headers: &'a HeaderRulesPlan,
    pub(crate) client_request: &'a ClientRequestDetails<'a>,
    pub(crate) variables: Option<&'a HashMap<String, sonic_rs::Value>>,
    pub(crate) caller: &'a Caller,
}

impl Source<'_> {
    /// Opens the stream of events.
    pub(crate) async fn open(&self, node: &FetchNode) -> Result<Events, SubgraphExecutorError> {
        let request = self.request(node);
        match self.gateway.locals.get(&node.service_name) {
            Some(target) => target.subscribe(request, self.caller),
            None => {
                self.executors
                    .subscribe(&node.service_name, request, self.client_request)
                    .await
            }
        }
    }

    fn request<'b>(&'b self, node: &'b FetchNode) -> SubgraphExecutionRequest<'b> {
        let variables = self
            .variables
            .zip(node.variable_usages.as_ref())
            .map(|(variables, usages)| {
                usages
                    .iter()
                    .filter_map(|name| Some((name.as_str(), variables.get(name)?)))
                    .collect()
            });
        let mut headers = HeaderMap::new();
        // The rules are ours and static: they copy named headers, which cannot fail.
        if let Err(error) = modify_subgraph_request_headers(
            self.headers,
            &node.service_name,
            self.client_request,
            &mut headers,
        ) {
            tracing::error!(%error, "headers for a subgraph could not be made");
        }
        SubgraphExecutionRequest {
            query: &node.operation.document_str,
            document_name_write_pos: node.operation.name_write_position,
            dedupe: false,
            operation_name: None,
            variables,
            headers,
            raw_variable_values: None,
            extensions: None,
            custom_scalar_paths: node.custom_scalar_paths.as_ref(),
            connection_fingerprint: Some(fingerprint(self.caller)),
        }
    }
}

/// Subscriptions of one token share a WebSocket to a remote subgraph. The key is random for each process, so nobody can make two
/// tokens collide.
fn fingerprint(caller: &Caller) -> ConnectionFingerprint {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    ConnectionFingerprint::from_hash(KEY.hash_one(&caller.authorization))
}

/// An event on its way into the pipeline.
struct PendingEvent(Option<Value<'static>>);

/// Lays an event's data down for [`take_event`]. The buffer it borrows from must outlive the operation.
pub(crate) fn lay_down(context: &PluginContext, data: Value<'static>) {
    context.insert(PendingEvent(Some(data)));
}

/// The event that the operation at hand completes, if it completes one.
pub(crate) fn take_event<'a>(context: &PluginContext) -> Option<Value<'a>> {
    context.get_mut::<PendingEvent>()?.0.take()
}

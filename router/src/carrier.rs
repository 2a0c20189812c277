//! What an operation needs of an HTTP request, on transports that have none.

use crate::caller::Caller;
use hive_router::RouterSharedState;
use hive_router::executor::execution::client_request_details::{
    JwtRequestDetails, MutableClientRequestDetails, OperationDetails, PathParams,
};
use hive_router::executor::plugin_context::{PluginContext, PluginRequestState, RouterHttpRequest};
use hive_router::executor::request_context::SharedRequestContext;
use hive_router::http::{Method, Uri, Version, header};
use hive_router::ntex::http::{HeaderMap, header::HeaderValue};
use hive_router::ntex::router::Path;
use hive_router::query_planner::state::supergraph_state::OperationKind;
use std::sync::Arc;

/// Stands in for the HTTP request that an operation on another transport does not have.
pub(crate) struct Carrier {
    uri: Uri,
    path: Path<Uri>,
    method: Method,
    headers: HeaderMap,
    pub(crate) context: Arc<PluginContext>,
    pub(crate) request_context: SharedRequestContext,
}

impl Carrier {
    pub(crate) fn new(caller: &Caller) -> Self {
        let uri = Uri::from_static("/graphql");
        let mut headers = HeaderMap::new();
        let mut set = |name, value: Option<&str>| {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        };
        set(header::AUTHORIZATION, caller.authorization.as_deref());
        set(
            header::HeaderName::from_static("x-request-id"),
            Some(caller.request_id()),
        );
        let address = caller.address().map(|address| address.to_string());
        set(
            header::HeaderName::from_static("x-forwarded-for"),
            address.as_deref(),
        );
        set(header::USER_AGENT, caller.info.user_agent.as_deref());
        let context = PluginContext::default();
        context.insert(caller.clone());
        Self {
            path: Path::new(uri.clone()),
            uri,
            method: Method::POST,
            headers,
            context: Arc::new(context),
            request_context: SharedRequestContext::default(),
        }
    }

    pub(crate) fn state<'a>(&'a self, shared: &RouterSharedState) -> Option<PluginRequestState<'a>> {
        Some(PluginRequestState {
            plugins: shared.plugins.clone()?,
            router_http_request: RouterHttpRequest {
                uri: &self.uri,
                method: &self.method,
                version: Version::HTTP_11,
                headers: &self.headers,
                path: self.uri.path(),
                query_string: "",
                match_info: &self.path,
            },
            context: self.context.clone(),
            request_context: self.request_context.clone(),
        })
    }

    pub(crate) fn details<'a>(
        &'a self,
        name: Option<&'a str>,
        query: &'a str,
        kind: &OperationKind,
    ) -> MutableClientRequestDetails<'a> {
        MutableClientRequestDetails {
            method: &self.method,
            url: &self.uri,
            headers: self.headers.clone(),
            operation: OperationDetails {
                name,
                query,
                kind: match kind {
                    OperationKind::Query => "query",
                    OperationKind::Mutation => "mutation",
                    OperationKind::Subscription => "subscription",
                },
            },
            jwt: JwtRequestDetails::Unauthenticated.into(),
            path_params: PathParams::default(),
        }
    }
}

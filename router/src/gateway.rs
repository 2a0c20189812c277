//! What every worker, plugin hook and connection of one router shares.

use crate::cors::Cors;
use crate::error::RouterError;
use crate::files::FileGate;
use crate::local_transport::LocalTarget;
use crate::metrics::RouterMetrics;
use crate::rate_limit::RateLimiter;
use crate::seats::Seats;
use crate::settings::RouterSettings;
use crate::variables::InputTypes;
use caregraph_kit::auth::TokenVerifier;
use caregraph_kit::vitals::Probes;
use hive_router::executor::hooks::on_supergraph_load::Supergraph;
use std::collections::HashMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub(crate) struct Gateway {
    pub(crate) settings: RouterSettings,
    pub(crate) supergraph: Supergraph,
    pub(crate) inputs: InputTypes,
    pub(crate) locals: HashMap<String, Arc<LocalTarget>>,
    pub(crate) verifier: Option<Arc<TokenVerifier>>,
    pub(crate) limiter: Arc<dyn RateLimiter>,
    pub(crate) metrics: RouterMetrics,
    pub(crate) cors: Cors,
    /// WebSockets that are open now.
    pub(crate) seats: Seats,
    /// Where files are, where there are some.
    pub(crate) files: Option<FileGate>,
    pub(crate) probes: Probes,
    pub(crate) shutdown: CancellationToken,
}

impl Gateway {
    /// Refuses names of subgraphs that the supergraph does not know: a typo would otherwise leave the real one unreachable.
    pub(crate) fn check_names<'a>(
        supergraph: &Supergraph,
        mut names: impl Iterator<Item = &'a str>,
    ) -> Result<(), RouterError> {
        let known = &supergraph.planner.supergraph.subgraph_endpoint_map;
        match names.find(|name| !known.contains_key(*name)) {
            Some(unknown) => Err(RouterError::UnknownSubgraph(unknown.to_owned())),
            None => Ok(()),
        }
    }
}

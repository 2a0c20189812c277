//! `caregraph router`: the router alone.

use super::{open_files, stop_signal};
use crate::cli::RouterArgs;
use crate::clinic::{file_route, new_verifier, shared_limiter, watch_remote_keys};
use crate::settings::Settings;
use anyhow::{Context, Result};
use caregraph_kit::Clock;
use caregraph_kit::auth::share_revocations;
use caregraph_kit::vitals::Probes;
use caregraph_router::RouterOptions;
use std::process::ExitCode;
use tokio::sync::oneshot;

/// Serves any supergraph over HTTP subgraphs. Tokens are checked here when `auth.jwks_url` is set; otherwise they are
/// passed on, and checking is the subgraphs' business.
pub async fn run(settings: Settings, arguments: &RouterArgs) -> Result<ExitCode> {
    let supergraph = std::fs::read_to_string(&arguments.supergraph)
        .with_context(|| format!("cannot read {}", arguments.supergraph.display()))?;
    let shutdown = stop_signal()?;
    open_files::allow_many();
    let verifier = if settings.auth.jwks_url.is_empty() {
        None
    } else {
        let clock = Clock::system();
        let verifier = new_verifier(&settings, clock.clone());
        tokio::spawn(watch_remote_keys(&settings.auth.jwks_url, &verifier, shutdown.clone()).await?);
        if let Some(redis) = settings.redis()? {
            let revocations = verifier.revocations().clone();
            tokio::spawn(share_revocations(redis, revocations, clock, shutdown.clone()));
        }
        Some(verifier)
    };
    let limiter = shared_limiter(&settings)?;
    let files = file_route(&settings, None);
    let (on_bound, bound) = oneshot::channel();
    let options = RouterOptions {
        listen: settings.listen,
        supergraph,
        settings: settings.router,
        local: Vec::new(),
        remote: settings.subgraphs,
        verifier,
        limiter,
        probes: Probes::none(),
        shutdown,
        on_bound: Some(on_bound),
    };
    tokio::spawn(announce(bound));
    caregraph_router::serve_with_files(options, files).await?;
    Ok(ExitCode::SUCCESS)
}

#[expect(
    clippy::print_stdout,
    reason = "whoever starts a server wants to know where it is"
)]
async fn announce(bound: oneshot::Receiver<std::net::SocketAddr>) {
    if let Ok(address) = bound.await {
        println!("the router listens on http://{address}/graphql");
    }
}

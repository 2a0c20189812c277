//! `caregraph serve`: the clinic.

use super::listening::{Port, settle};
use super::{open_files, stop_signal};
use crate::cli::Serve;
use crate::clinic::{Clinic, file_route, router_elsewhere, shared_limiter};
use crate::demo;
use crate::settings::Settings;
use anyhow::{Context, Result};
use caregraph_contracts::Domain;
use caregraph_kit::Clock;
use caregraph_kit::hosting::{self, HostingSettings};
use caregraph_router::{LocalSubgraph, RouterOptions};
use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::oneshot};
use tokio_util::sync::CancellationToken;

/// The composed graph, as committed. A test fails when a subgraph's schema has moved on without it.
const SUPERGRAPH: &str = include_str!("../../schema/supergraph.graphql");

/// How long event handlers and jobs may take to finish what they are at, once nobody is served any more.
const LAST_WORK: Duration = Duration::from_secs(5);

/// Runs until asked to stop, then lets what is under way finish.
pub async fn run(mut settings: Settings, arguments: &Serve) -> Result<ExitCode> {
    let shutdown = stop_signal()?;
    open_files::allow_many();
    if arguments.demo {
        Box::pin(demo::fill(&settings))
            .await
            .context("the demo clinic could not be set up")?;
    }
    if arguments.only.is_empty() {
        // Links in messages name the port, so it must be known before there is a server.
        let port =
            settle(settings.listen).with_context(|| format!("cannot listen on {}", settings.listen))?;
        settings.listen = port.address;
        let clinic = Clinic::open(&settings, Clock::system(), Domain::ALL).await?;
        let served = serve_all(&settings, &clinic, (port, arguments.demo), shutdown).await;
        end(clinic).await;
        served?;
    } else {
        // People do not come here but to a router.
        if settings.notifications.public_url.is_empty() {
            settings.notifications.public_url = router_elsewhere();
        }
        let clinic = Clinic::open(&settings, Clock::system(), &arguments.only).await?;
        for (handler, domain) in clinic.unheard() {
            tracing::warn!(handler, %domain,
                "events of a domain outside this process do not reach this handler; Redis would carry them");
        }
        let served = serve_some(&settings, &clinic, shutdown).await;
        end(clinic).await;
        served?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn end(clinic: Clinic) {
    // Work against a store that does not let it through is not waited for: nothing is lost when it is cut off.
    if tokio::time::timeout(LAST_WORK, clinic.close()).await.is_err() {
        tracing::warn!("some work was cut off; whoever runs next does it");
    }
}

async fn serve_all(
    settings: &Settings,
    clinic: &Clinic,
    (port, demo): (Port, bool),
    shutdown: CancellationToken,
) -> Result<()> {
    let (on_bound, bound) = oneshot::channel();
    let local = clinic
        .subgraphs
        .iter()
        .map(|subgraph| LocalSubgraph {
            name: subgraph.name.to_owned(),
            schema: Arc::clone(&subgraph.schema),
        })
        .collect();
    let options = RouterOptions {
        listen: settings.listen,
        supergraph: SUPERGRAPH.to_owned(),
        settings: settings.router.clone(),
        local,
        remote: settings.subgraphs.clone(),
        verifier: Some(Arc::clone(&clinic.verifier)),
        limiter: shared_limiter(settings)?,
        probes: clinic.probes(),
        shutdown,
        on_bound: Some(on_bound),
    };
    tokio::spawn(async move {
        if let Ok(address) = bound.await {
            drop(port);
            announce(address, demo);
        }
    });
    let files = file_route(settings, clinic.files.as_ref());
    Ok(caregraph_router::serve_with_files(options, files).await?)
}

async fn serve_some(settings: &Settings, clinic: &Clinic, shutdown: CancellationToken) -> Result<()> {
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    let address = listener.local_addr()?;
    let drain = Duration::from_secs(settings.router.drain_seconds.into());
    // The router stands in front, so its address in `X-Forwarded-For` is one more to trust.
    let hosting_settings = HostingSettings {
        trusted_proxies: settings.router.trusted_proxies + 1,
        drain,
        ..HostingSettings::default()
    };
    let schemas = clinic
        .subgraphs
        .iter()
        .map(|subgraph| (subgraph.name.to_owned(), Arc::clone(&subgraph.schema)))
        .collect();
    let app = hosting::app(
        schemas,
        Some(Arc::clone(&clinic.verifier)),
        hosting_settings,
        clinic.probes(),
        shutdown.clone(),
    );
    let app = match &clinic.files {
        Some(files) => {
            let door = Arc::new(files.clone());
            app.merge(hosting::files::routes(door, Some(Arc::clone(&clinic.verifier))))
        }
        None => app,
    };
    announce_subgraphs(address, clinic);
    Ok(hosting::serve(listener, app, shutdown, drain).await?)
}

#[expect(
    clippy::print_stdout,
    reason = "whoever starts a server wants to know where it is"
)]
fn announce(address: SocketAddr, demo: bool) {
    println!("Caregraph listens on http://{address}");
    println!("  graph      http://{address}/graphql");
    println!("  GraphiQL   http://{address}/graphiql");
    println!("  health     http://{address}/health");
    if demo {
        println!("{}", demo::logins());
    }
}

#[expect(
    clippy::print_stdout,
    reason = "whoever starts a server wants to know where it is"
)]
fn announce_subgraphs(address: SocketAddr, clinic: &Clinic) {
    for subgraph in &clinic.subgraphs {
        println!("{} at http://{address}/{}/graphql", subgraph.name, subgraph.name);
    }
}

//! hive-router as it comes: no plugin of ours, its own server, its own configuration.

use super::stage::Stage;
use anyhow::{Context, Result, anyhow};
use caregraph_contracts::Domain;
use hive_router::ntex::rt::{DefaultRuntime, System};
use hive_router::{PluginRegistry, init_rustls_crypto_provider, router_entrypoint};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use tokio::sync::oneshot;

/// The composed graph, as committed.
const SUPERGRAPH: &str = include_str!("../schema/supergraph.graphql");

/// The variable in which hive-router looks for its configuration.
pub const CONFIGURATION: &str = "ROUTER_CONFIG_FILE_PATH";

/// Serves until killed. Must be called before anything has installed a log subscriber: the router installs its own.
pub async fn serve() -> Result<()> {
    let (ended, end) = oneshot::channel();
    // Its workers want a runtime of their own, as in its own program.
    std::thread::Builder::new()
        .name("stock-router".to_owned())
        .spawn(move || {
            init_rustls_crypto_provider();
            let system = System::build().name("stock-router").build(DefaultRuntime);
            let result = system.block_on(router_entrypoint(PluginRegistry::new()));
            // The receiver is gone when the process ends; then nobody wants to know.
            let _ = ended.send(result.map_err(|error| error.to_string()));
        })?;
    end.await
        .context("the stock router panicked")?
        .map_err(|error| anyhow!("the stock router: {error}"))
}

/// Writes the configuration of a router in front of subgraphs that one process hosts; gives the file and where the router will listen.
pub fn configure(stage: &Stage, subgraphs: SocketAddr) -> Result<(PathBuf, SocketAddr)> {
    let supergraph = stage.folder().join("supergraph.graphql");
    std::fs::write(&supergraph, SUPERGRAPH)?;
    // It announces no address, so it gets one that is free now.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let urls: BTreeMap<&str, Value> = Domain::ALL
        .iter()
        .map(|domain| domain.as_str())
        .map(|name| {
            (
                name,
                json!({ "url": format!("http://{subgraphs}/{name}/graphql") }),
            )
        })
        .collect();
    let configuration = json!({
        "supergraph": { "source": "file", "path": supergraph },
        "http": { "host": address.ip().to_string(), "port": address.port() },
        "override_subgraph_urls": { "subgraphs": urls },
        "headers": { "all": { "request": [{ "propagate": { "named": ["authorization"] } }] } },
        // Otherwise one person who asks the same again and again measures how fast answers are copied.
        "traffic_shaping": { "all": { "dedupe_enabled": false } },
        // As quiet as the others: a line for every request would count against it.
        "log": { "level": "warn" },
    });
    let file = stage.folder().join("stock-router.json");
    std::fs::write(&file, configuration.to_string())?;
    Ok((file, address))
}

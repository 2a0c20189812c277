//! The server: one port, a thread of its own for the web server's runtime, and an orderly end.

use crate::answer::Keys;
use crate::cors::Cors;
use crate::error::RouterError;
use crate::files::{FileGate, FileRoute};
use crate::gate::Gate;
use crate::gateway::Gateway;
use crate::local_transport::{LocalSubgraph, LocalTarget};
use crate::metrics::RouterMetrics;
use crate::operation::Engine;
use crate::plugin::{self, CaregraphPlugin};
use crate::rate_limit::{LocalRateLimiter, RateLimiter};
use crate::seats::Seats;
use crate::settings::RouterSettings;
use crate::variables::InputTypes;
use crate::{engine, event_stream, pages, websocket};
use caregraph_kit::auth::TokenVerifier;
use caregraph_kit::vitals::Probes;
use hive_router::background_tasks::BackgroundTasksManager;
use hive_router::http::header;
use hive_router::ntex::http::{HttpServiceConfig, RequestHead};
use hive_router::ntex::server::Server;
use hive_router::ntex::{self, SharedCfg, time::Seconds, web};
use hive_router::plugins::plugins_service::PluginService;
use hive_router::{
    PluginRegistry, RouterPaths, build_http_service_config, configure_app_from_config, configure_ntex_app,
};
use prometheus::Registry;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Once};
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Where the graph is.
pub(crate) const GRAPHQL: &str = "/graphql";

/// What a router is made of.
pub struct RouterOptions {
    /// Where to listen. Port 0 takes a free one; see [`RouterOptions::on_bound`].
    pub listen: SocketAddr,
    /// The supergraph, as SDL.
    pub supergraph: String,
    /// Settings.
    pub settings: RouterSettings,
    /// Subgraphs in this process.
    pub local: Vec<LocalSubgraph>,
    /// Subgraphs hosted by Caregraph elsewhere: name and base URL, under which `/{name}/graphql` and `/{name}/ws` are. Subgraphs
    /// that are neither here nor local are called at the URL in the supergraph.
    pub remote: BTreeMap<String, String>,
    /// Checks access tokens. Without one nothing is checked, every caller is anonymous, and `Authorization` is passed on.
    pub verifier: Option<Arc<TokenVerifier>>,
    /// Counts requests; `None` for counting in this process as the settings say.
    pub limiter: Option<Arc<dyn RateLimiter>>,
    /// Whether the process can do its work, asked by `/readiness`, and how it is, asked by `/metrics`.
    pub probes: Probes,
    /// Ends the server.
    pub shutdown: CancellationToken,
    /// Told the address once the server listens.
    pub on_bound: Option<oneshot::Sender<SocketAddr>>,
}

/// Serves until [`RouterOptions::shutdown`] is cancelled and what was running then has finished or run out of time.
///
/// Must be called on a multi-threaded tokio runtime: local subgraphs live on it, while the web server has a thread and
/// runtimes of its own.
pub async fn serve(options: RouterOptions) -> Result<(), RouterError> {
    serve_with_files(options, FileRoute::Nowhere).await
}

/// As [`serve`], with files on the same port.
pub async fn serve_with_files(mut options: RouterOptions, files: FileRoute) -> Result<(), RouterError> {
    // Two TLS libraries are linked in, so rustls wants to be told which one to use, once in a process.
    static TLS: Once = Once::new();
    TLS.call_once(hive_router::init_rustls_crypto_provider);
    let program = Handle::current();
    let (ended, end) = oneshot::channel();
    // Whoever drops this future wants the server gone as well, but nothing else of the program.
    let stop = options.shutdown.child_token();
    options.shutdown = stop.clone();
    let _guard = stop.drop_guard();
    std::thread::Builder::new()
        .name("router".to_owned())
        .spawn(move || {
            let system = ntex::rt::System::build()
                .name("router")
                .build(ntex::rt::DefaultRuntime);
            // The receiver is gone when whoever serves was dropped; then nobody wants to know.
            let _ = ended.send(system.block_on(run(options, files, program)));
        })
        .map_err(RouterError::Server)?;
    end.await.map_err(|_| RouterError::Panicked)?
}

async fn run(options: RouterOptions, files: FileRoute, program: Handle) -> Result<(), RouterError> {
    let bind_error = |source| RouterError::Bind {
        address: options.listen,
        source,
    };
    let listener = bind(options.listen, &program).map_err(bind_error)?;
    let address = listener.local_addr().map_err(bind_error)?;
    let (shutdown, on_bound) = (options.shutdown.clone(), options.on_bound);

    // The configuration names a ticket that is known only once there is a gateway, which needs the configuration's metrics.
    let telemetry = engine::telemetry(&engine::configuration(&options.settings, 0)?)?;
    let parts = Parts {
        settings: options.settings,
        local: options.local,
        verifier: options.verifier,
        limiter: options.limiter,
        files,
        probes: options.probes,
        shutdown: options.shutdown,
    };
    let gateway = parts.assemble(&options.supergraph, &options.remote, telemetry.registry, &program)?;
    let configuration =
        engine::configuration(&gateway.settings, plugin::deposit(gateway.clone()))?.into_static();
    let mut background = BackgroundTasksManager::new();
    let plugins = PluginRegistry::new().register::<CaregraphPlugin>();
    let (shared, schema) =
        configure_app_from_config(configuration, telemetry.context, &mut background, plugins)
            .await
            .map_err(|error| RouterError::Start(error.to_string()))?;
    let engine = Arc::new(Engine {
        gateway: gateway.clone(),
        shared,
        schema,
    });

    let server =
        listen(engine, listener, build_http_service_config(configuration)).map_err(RouterError::Server)?;
    tracing::info!(%address, "the router listens");
    if let Some(on_bound) = on_bound {
        // Nobody waits for the address when this fails.
        let _ = on_bound.send(address);
    }
    let stopping = server.clone();
    let result = tokio::select! {
        result = server => result.map_err(RouterError::Server),
        () = shutdown.cancelled() => {
            close_websockets(&gateway).await;
            stopping.stop(true).await;
            Ok(())
        }
    };
    background.graceful_shutdown().await;
    drop(telemetry.provider);
    tracing::info!(%address, "the router has stopped");
    result
}

/// Connections that may wait to be taken. When a router comes back, all who lost it come back at once; whoever finds no room tries
/// again only after a second.
const WAITING: u32 = 4096;

fn bind(address: SocketAddr, program: &Handle) -> std::io::Result<TcpListener> {
    let _entered = program.enter();
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A port whose last connections are not forgotten yet is taken again, as the standard library does.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)?.into_std()
}

/// What of the options stays for the server's life.
struct Parts {
    settings: RouterSettings,
    local: Vec<LocalSubgraph>,
    verifier: Option<Arc<TokenVerifier>>,
    limiter: Option<Arc<dyn RateLimiter>>,
    files: FileRoute,
    probes: Probes,
    shutdown: CancellationToken,
}

impl Parts {
    fn assemble(
        self,
        supergraph: &str,
        remote: &BTreeMap<String, String>,
        registry: Registry,
        program: &Handle,
    ) -> Result<Arc<Gateway>, RouterError> {
        let local = self.local.iter().map(|subgraph| subgraph.name.as_str());
        let supergraph = engine::supergraph(supergraph, &self.settings, local, remote)?;
        let limiter = match self.limiter {
            Some(limiter) => limiter,
            None => Arc::new(LocalRateLimiter::new(&self.settings.rate_limits)?),
        };
        let locals = self.local.into_iter();
        let keys = Arc::new(Keys::of(&supergraph.metadata));
        Ok(Arc::new(Gateway {
            cors: Cors::new(&self.settings.cors_origins)?,
            seats: Seats::default(),
            metrics: RouterMetrics::new(registry)?,
            locals: locals
                .map(|subgraph| {
                    (
                        subgraph.name.clone(),
                        LocalTarget::new(subgraph, Arc::clone(&keys), program.clone()),
                    )
                })
                .collect(),
            inputs: InputTypes::of(&supergraph.planner.consumer_schema.document),
            supergraph,
            verifier: self.verifier,
            limiter,
            files: FileGate::new(self.files, &self.settings, program)?,
            probes: self.probes,
            shutdown: self.shutdown,
            settings: self.settings,
        }))
    }
}

/// Starts the workers.
fn listen(engine: Arc<Engine>, listener: TcpListener, service: HttpServiceConfig) -> std::io::Result<Server> {
    let settings = &engine.gateway.settings;
    let (drain, workers) = (settings.drain_seconds, settings.workers);
    let mut server = web::HttpServer::new(async move || {
        let (gateway, engine) = (engine.gateway.clone(), engine.clone());
        let mut paths = RouterPaths::new(GRAPHQL.to_owned(), None, None);
        // Ours are mounted first; the engine's own are moved out of the way.
        "/health/engine".clone_into(&mut paths.health);
        "/readiness/engine".clone_into(&mut paths.readiness);
        let (upgrades, streams) = (
            web::guard::fn_guard(is_upgrade),
            web::guard::fn_guard(event_stream::is_wanted),
        );
        web::App::new()
            // The last one is the outermost: nothing runs before the gate.
            .middleware(PluginService::new(paths.clone(), None))
            .middleware(Gate(gateway.clone()))
            .state(engine.shared.clone())
            .state(engine.schema.clone())
            .state(gateway.clone())
            .state(engine)
            .configure(|config| pages::configure(config, &gateway))
            .service(
                web::resource(GRAPHQL)
                    .guard(upgrades)
                    .route(web::get().to(websocket::upgrade)),
            )
            .service(web::resource(GRAPHQL).guard(streams).to(event_stream::answer))
            .configure(|config| configure_ntex_app(config, &paths, None))
            .default_service(web::to(pages::not_found))
    })
    .disable_signals()
    .shutdown_timeout(Seconds(drain))
    .config(SharedCfg::new("CAREGRAPH").add(service));
    if let Some(workers) = workers {
        server = server.workers(workers.max(1));
    }
    Ok(server.listen(listener)?.run())
}

/// Every connection watches the shutdown token and says goodbye by itself; the server must not pull its threads away before.
async fn close_websockets(gateway: &Gateway) {
    let patience = Duration::from_secs(gateway.settings.drain_seconds.into());
    let gone = async {
        while gateway.metrics.websockets.get() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if tokio::time::timeout(patience, gone).await.is_err() {
        tracing::warn!(open = gateway.metrics.websockets.get(), "WebSockets are cut off");
    }
}

fn is_upgrade(head: &RequestHead) -> bool {
    head.headers()
        .get(header::UPGRADE)
        .and_then(|protocol| protocol.to_str().ok())
        .is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"))
}

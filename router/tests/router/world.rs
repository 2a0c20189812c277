//! A router to test against.

use crate::schemas::{self, Probe};
use caregraph_contracts::ids::{SessionId, UserId};
use caregraph_kit::auth::{Revocations, SigningKey, TokenSigner, TokenVerifier};
use caregraph_kit::clock::Clock;
use caregraph_kit::hosting::{self, HostingSettings};
use caregraph_kit::subgraph::SubgraphSchema;
use caregraph_kit::vitals::{Probes, Vital};
use caregraph_router::{LocalSubgraph, RouterError, RouterOptions, RouterSettings, serve};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub const SUPERGRAPH: &str = include_str!("../fixtures/supergraph.graphql");

/// Long enough for a busy machine, short enough to notice.
pub const DEADLINE: Duration = Duration::from_secs(20);

pub const USER: Uuid = Uuid::from_u128(7);

/// Where a subgraph lives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Home {
    Local,
    Remote,
    /// Nobody listens where it should be.
    Away,
    /// The first so many connections break before anything is answered.
    Flaky(usize),
    /// Found at the URL in the supergraph, as with a graph that is none of ours.
    Foreign,
}

pub struct World {
    pub address: SocketAddr,
    pub probe: Probe,
    pub verifier: Arc<TokenVerifier>,
    pub shutdown: CancellationToken,
    pub router: JoinHandle<Result<(), RouterError>>,
    pub client: reqwest::Client,
    /// Base URL of the subgraphs behind a socket.
    pub hosted: Option<String>,
    key: SigningKey,
    clock: Clock,
}

pub struct Builder {
    pub settings: RouterSettings,
    homes: [(&'static str, Home); 2],
    is_ready: bool,
    verifies: bool,
}

impl Builder {
    pub fn new() -> Self {
        let mut settings = RouterSettings {
            workers: Some(1),
            ..RouterSettings::default()
        };
        settings.drain_seconds = 5;
        settings.heartbeat_seconds = 1;
        Self {
            settings,
            homes: [("accounts", Home::Local), ("shop", Home::Local)],
            is_ready: true,
            verifies: true,
        }
    }

    pub fn with(mut self, change: impl FnOnce(&mut RouterSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    pub fn accounts_at(mut self, home: Home) -> Self {
        self.homes[0].1 = home;
        self
    }

    pub fn shop_at(mut self, home: Home) -> Self {
        self.homes[1].1 = home;
        self
    }

    pub fn unready(mut self) -> Self {
        self.is_ready = false;
        self
    }

    /// The router checks nothing; subgraphs behind a socket still do.
    pub fn without_verifier(mut self) -> Self {
        self.verifies = false;
        self
    }

    pub async fn start(self) -> World {
        let clock = Clock::system();
        let key = SigningKey::generate("test");
        let verifier = TokenVerifier::new(
            "issuer",
            "audience",
            Revocations::new(clock.clone()),
            clock.clone(),
        );
        verifier.publish(&json!({ "keys": [key.public_jwk()] })).unwrap();
        let verifier = Arc::new(verifier);
        let probe = Probe::default();
        let shutdown = CancellationToken::new();

        let schemas = [schemas::accounts(&probe), schemas::shop(&probe)];
        let homes = self
            .homes
            .into_iter()
            .zip(schemas)
            .map(|((name, home), schema)| (name.to_owned(), home, schema));
        let (mut local, mut hosted, mut remote, mut foreign, mut flaky) =
            (Vec::new(), Vec::new(), BTreeMap::new(), Vec::new(), Vec::new());
        for (name, home, schema) in homes {
            match home {
                Home::Local => local.push(LocalSubgraph { name, schema }),
                Home::Remote => hosted.push((name, schema)),
                Home::Flaky(losses) => flaky.push((name, schema, losses)),
                Home::Foreign => foreign.push((name, schema)),
                Home::Away => drop(remote.insert(name, "http://127.0.0.1:1".to_owned())),
            }
        }
        let hosts = host(hosted, verifier.clone(), shutdown.clone()).await;
        let hosted = hosts.values().next().cloned();
        let mut supergraph = SUPERGRAPH.to_owned();
        for (name, base) in host(foreign, verifier.clone(), shutdown.clone()).await {
            let placeholder = format!("http://{name}.subgraph.invalid/graphql");
            assert!(supergraph.contains(&placeholder));
            supergraph = supergraph.replace(&placeholder, &format!("{base}/{name}/graphql"));
        }
        remote.extend(hosts);
        for (name, schema, losses) in flaky {
            for (name, base) in host(vec![(name, schema)], verifier.clone(), shutdown.clone()).await {
                remote.insert(name, break_first(losses, &base).await);
            }
        }

        let (bound, address) = oneshot::channel();
        let is_ready = self.is_ready;
        let router = tokio::spawn(serve(RouterOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            supergraph,
            settings: self.settings,
            local,
            remote,
            verifier: self.verifies.then(|| verifier.clone()),
            limiter: None,
            probes: Probes {
                readiness: Arc::new(move || {
                    Box::pin(async move {
                        if is_ready {
                            Ok(())
                        } else {
                            Err("the database at 10.0.0.7 is away".to_owned())
                        }
                    })
                }),
                vitals: Arc::new(|| {
                    let vital = Vital {
                        name: "caregraph_pulse",
                        help: "Beats.",
                        labels: Vec::new(),
                        value: 60,
                    };
                    Box::pin(async move { vec![vital] })
                }),
            },
            shutdown: shutdown.clone(),
            on_bound: Some(bound),
        }));
        let Ok(address) = address.await else {
            panic!("the router did not start: {:?}", router.await)
        };
        World {
            address,
            probe,
            verifier,
            shutdown,
            router,
            client: reqwest::Client::new(),
            hosted,
            key,
            clock,
        }
    }
}

/// Stands before `base` and breaks the first connections. Gives its own URL.
async fn break_first(losses: usize, base: &str) -> String {
    let upstream = base.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut seen = 0;
        while let Ok((mut client, _)) = listener.accept().await {
            seen += 1;
            if seen <= losses {
                continue;
            }
            let upstream = upstream.clone();
            tokio::spawn(async move {
                let mut server = TcpStream::connect(upstream).await.unwrap();
                // Either side may go away at any time.
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    url
}

/// Hosts subgraphs behind a socket; gives each its base URL.
async fn host(
    subgraphs: Vec<(String, Arc<dyn SubgraphSchema>)>,
    verifier: Arc<TokenVerifier>,
    shutdown: CancellationToken,
) -> BTreeMap<String, String> {
    let names: Vec<String> = subgraphs.iter().map(|(name, _)| name.clone()).collect();
    let settings = HostingSettings {
        trusted_proxies: 1,
        ..HostingSettings::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let drain = settings.drain;
    let app = hosting::app(
        subgraphs,
        Some(verifier),
        settings,
        Probes::none(),
        shutdown.clone(),
    );
    tokio::spawn(hosting::serve(listener, app, shutdown, drain));
    names.into_iter().map(|name| (name, base.clone())).collect()
}

impl World {
    pub async fn new() -> Self {
        Builder::new().start().await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A token that lives a while.
    pub fn token(&self, session: u128) -> String {
        self.token_for(session, TimeDelta::minutes(15))
    }

    pub fn token_for(&self, session: u128, lifetime: TimeDelta) -> String {
        let now = self.clock.now();
        TokenSigner::new(&self.key, "issuer", "audience")
            .unwrap()
            .sign(
                (UserId::from(USER), SessionId::from(Uuid::from_u128(session))),
                &[],
                &[],
                (now, now + lifetime),
                Uuid::nil(),
            )
            .unwrap()
    }

    pub fn revoke(&self, session: u128) {
        let until = self.clock.now() + TimeDelta::hours(1);
        self.verifier
            .revocations()
            .revoke(SessionId::from(Uuid::from_u128(session)), until);
    }

    /// A POST of a query, to be changed and sent.
    pub fn post(&self, query: &str) -> reqwest::RequestBuilder {
        self.client
            .post(self.url("/graphql"))
            .json(&json!({ "query": query }))
    }

    /// The answer to a query of an anonymous caller: status and body.
    pub async fn ask(&self, query: &str) -> (u16, Value) {
        answer(self.post(query)).await
    }

    /// Ends the router and waits for it.
    pub async fn stop(self) {
        self.shutdown.cancel();
        within(self.router).await.unwrap().unwrap();
    }
}

pub async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = within(request.send()).await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (
        status,
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}")),
    )
}

pub fn code(body: &Value) -> &str {
    body["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or_else(|| panic!("no code in {body}"))
}

pub fn message(body: &Value) -> &str {
    body["errors"][0]["message"]
        .as_str()
        .unwrap_or_else(|| panic!("no message in {body}"))
}

/// Waits, but not forever.
#[track_caller]
pub fn within<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let place = Location::caller();
    async move {
        tokio::time::timeout(DEADLINE, work)
            .await
            .unwrap_or_else(|_| panic!("{place}: not before the deadline"))
    }
}

/// Waits for a condition.
pub async fn until(mut condition: impl FnMut() -> bool) {
    within(async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

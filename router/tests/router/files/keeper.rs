//! A router before files, and who keeps them.

use crate::schemas::{self, Probe};
use crate::world::{SUPERGRAPH, USER, within};
use caregraph_contracts::Domain;
use caregraph_contracts::ids::{FileId, SessionId, UserId};
use caregraph_kit::auth::{Revocations, SigningKey, TokenSigner, TokenVerifier};
use caregraph_kit::clock::Clock;
use caregraph_kit::documents::Document;
use caregraph_kit::files::{Blobs, Disposition, FileOwner, FileRow, Files, FilesSettings};
use caregraph_kit::hosting::{self, HostingSettings};
use caregraph_kit::testing::{DocumentEngine, TestDocuments};
use caregraph_kit::vitals::Probes;
use caregraph_router::{
    FileRoute, LocalSubgraph, RouterError, RouterOptions, RouterSettings, serve_with_files,
};
use chrono::TimeDelta;
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub const ORIGIN: &str = "https://app.example.org";

/// Where the files are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    Here,
    Elsewhere,
    Away,
}

pub struct World {
    pub address: SocketAddr,
    pub files: Files,
    pub client: reqwest::Client,
    signer: TokenSigner,
    clock: Clock,
    shutdown: CancellationToken,
    router: JoinHandle<Result<(), RouterError>>,
    _store: TestDocuments,
    _folder: tempfile::TempDir,
}

fn owner() -> FileOwner {
    FileOwner {
        subject: Uuid::from_u128(1),
        by: UserId::from(USER),
    }
}

pub fn pdf(size: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend(
        (0_u32..)
            .take(size)
            .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8),
    );
    bytes.truncate(size);
    bytes
}

impl World {
    pub async fn new(keeper: Keeper) -> Self {
        Self::with(keeper, |_| {}).await
    }

    pub async fn with(keeper: Keeper, change: impl FnOnce(&mut RouterSettings)) -> Self {
        let clock = Clock::system();
        let key = SigningKey::generate("test");
        let revocations = Revocations::new(clock.clone());
        let verifier = TokenVerifier::new("issuer", "audience", revocations, clock.clone());
        verifier.publish(&json!({ "keys": [key.public_jwk()] })).unwrap();
        let verifier = Arc::new(verifier);
        let store = TestDocuments::new(DocumentEngine::Sqlite, Domain::Records);
        let ground = store.ground(vec![FileRow::declaration()]).await;
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap();
        let settings = FilesSettings {
            max_bytes: 6_000_000,
            ..FilesSettings::default()
        };
        let files = Files::new(&ground, blobs, &settings).unwrap();
        let shutdown = CancellationToken::new();
        let route = match keeper {
            Keeper::Here => FileRoute::Here(Arc::new(files.clone())),
            Keeper::Elsewhere => FileRoute::Elsewhere(host(&files, &verifier, &shutdown).await),
            Keeper::Away => FileRoute::Elsewhere("http://127.0.0.1:1".to_owned()),
        };
        let probe = Probe::default();
        let local = [
            ("accounts", schemas::accounts(&probe)),
            ("shop", schemas::shop(&probe)),
        ];
        let mut settings = RouterSettings {
            workers: Some(1),
            cors_origins: vec![ORIGIN.to_owned()],
            ..RouterSettings::default()
        };
        change(&mut settings);
        let (bound, address) = oneshot::channel();
        let options = RouterOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            supergraph: SUPERGRAPH.to_owned(),
            settings,
            local: local
                .into_iter()
                .map(|(name, schema)| LocalSubgraph {
                    name: name.to_owned(),
                    schema,
                })
                .collect(),
            remote: BTreeMap::new(),
            verifier: Some(verifier),
            limiter: None,
            probes: Probes::none(),
            shutdown: shutdown.clone(),
            on_bound: Some(bound),
        };
        let router = tokio::spawn(serve_with_files(options, route));
        Self {
            address: address.await.unwrap(),
            files,
            client: reqwest::Client::new(),
            signer: TokenSigner::new(&key, "issuer", "audience").unwrap(),
            clock,
            shutdown,
            router,
            _store: store,
            _folder: folder,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn begin(&self) -> (FileId, String) {
        let ticket = self.files.begin(owner(), "scan.pdf").await.unwrap();
        (ticket.id, self.url(&ticket.url))
    }

    pub async fn link(&self, id: FileId) -> String {
        let link = self.files.download_link(id, owner().by, Disposition::Inline);
        self.url(&link.await.unwrap().url)
    }

    pub async fn put(&self, url: &str, content: impl Into<reqwest::Body>) -> reqwest::Response {
        within(self.client.put(url).body(content).send()).await.unwrap()
    }

    /// The address of a file that is there.
    pub async fn stored(&self, content: &[u8]) -> String {
        let (id, url) = self.begin().await;
        let answer = self.put(&url, content.to_vec()).await;
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
        self.link(id).await
    }

    pub fn token(&self, user: Uuid) -> String {
        let now = self.clock.now();
        let session = SessionId::from(Uuid::from_u128(1));
        let until = (now, now + TimeDelta::minutes(15));
        self.signer
            .sign((UserId::from(user), session), &[], &[], until, Uuid::nil())
            .unwrap()
    }

    pub async fn stop(self) {
        self.shutdown.cancel();
        within(self.router).await.unwrap().unwrap();
    }
}

/// Another process that keeps the files. Gives its base URL.
async fn host(files: &Files, verifier: &Arc<TokenVerifier>, shutdown: &CancellationToken) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let settings = HostingSettings::default();
    let drain = settings.drain;
    let app = hosting::app(
        Vec::new(),
        Some(verifier.clone()),
        settings,
        Probes::none(),
        shutdown.clone(),
    )
    .merge(hosting::files::routes(
        Arc::new(files.clone()),
        Some(verifier.clone()),
    ));
    tokio::spawn(hosting::serve(listener, app, shutdown.clone(), drain));
    base
}

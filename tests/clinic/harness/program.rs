//! The program as a process, on stores of its own.

use super::Graph;
use caregraph_contracts::Domain;
use caregraph_contracts::events::StoreKind;
use caregraph_kit::database::Engine;
use caregraph_kit::documents::Location;
use caregraph_kit::testing::{DocumentEngine, OnEngine, TestDatabase, TestDocuments, keeps_documents};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

/// The program may take two times its drain of ten seconds, for WebSockets and for requests, and then five for its handlers.
const LAST_WORDS: Duration = Duration::from_mins(1);

/// Databases and data folder, which outlive the processes that use them.
pub struct Stores {
    pub engine: Engine,
    databases: BTreeMap<Domain, TestDatabase>,
    documents: BTreeMap<Domain, TestDocuments>,
    folder: tempfile::TempDir,
}

impl Stores {
    pub fn new(engine: Engine) -> Self {
        // On SQLite the program's own embedded default is what is tested.
        let databases = match engine {
            Engine::Sqlite => BTreeMap::new(),
            Engine::Postgres | Engine::MariaDb => Domain::ALL
                .iter()
                .filter(|domain| domain.store() == StoreKind::Relational)
                .map(|domain| (*domain, TestDatabase::new(engine)))
                .collect(),
        };
        // Servers for tables go with a server for documents, where there is one.
        let served = engine != Engine::Sqlite && keeps_documents(DocumentEngine::MongoDb);
        let documents = Domain::ALL
            .iter()
            .filter(|domain| served && domain.store() == StoreKind::Documents)
            .map(|domain| (*domain, TestDocuments::new(DocumentEngine::MongoDb, *domain)))
            .collect();
        Self {
            engine,
            databases,
            documents,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    /// Where a domain's store is, for tests that look into it behind the program's back.
    pub fn url(&self, domain: Domain) -> String {
        match self.databases.get(&domain) {
            Some(database) => database.url().to_owned(),
            None => format!("sqlite://{}/{domain}.db", self.folder.path().display()),
        }
    }

    /// Where a domain's documents are on a server, if they are.
    pub fn documents_url(&self, domain: Domain) -> Option<String> {
        match self.documents.get(&domain)?.location() {
            Location::MongoDb { url, .. } => Some(url.reveal().unwrap()),
            Location::Embedded { .. } => None,
        }
    }

    /// A command of the program on these stores.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_caregraph"));
        command.args(arguments);
        self.settle(&mut command);
        command
    }

    /// Tells a command about these stores.
    pub fn settle(&self, command: &mut Command) {
        command
            .current_dir(self.folder.path())
            .env("CAREGRAPH_DATA_DIR", self.folder.path())
            .env("CAREGRAPH_LOG__FILTER", "warn,router=error")
            .env("CAREGRAPH_DATABASE__POOL__MAX_CONNECTIONS", "4")
            // The smallest cost that Argon2 takes: tests sign in hundreds of times.
            .env("CAREGRAPH_IDENTITY__PASSWORD__MEMORY_KIB", "64")
            .env("CAREGRAPH_IDENTITY__PASSWORD__ITERATIONS", "1")
            // Two hundred clients at once on a busy machine and an unoptimised build: slow is no failure here.
            .env("CAREGRAPH_ROUTER__SUBGRAPHS__TIMEOUT_MS", "90000")
            .env("CAREGRAPH_ROUTER__SUBGRAPHS__REQUEST_TIMEOUT_MS", "90000")
            .env("CAREGRAPH_DATABASE__POOL__ACQUIRE_TIMEOUT_SECONDS", "90")
            // Everybody in a test comes from one address.
            .env("CAREGRAPH_IDENTITY__THROTTLE__ADDRESS_ATTEMPTS", "100000")
            .env("CAREGRAPH_ROUTER__RATE_LIMITS__ADDRESS", "{per_second=0,burst=1}")
            .env(
                "CAREGRAPH_ROUTER__RATE_LIMITS__PRINCIPAL",
                "{per_second=0,burst=1}",
            );
        for (domain, database) in &self.databases {
            let variable = format!("CAREGRAPH_DATABASE__DOMAINS__{}", domain.as_str().to_uppercase());
            command.env(variable, database.url());
        }
        for domain in self.documents.keys() {
            let variable = format!("CAREGRAPH_DOCUMENTS__DOMAINS__{}", domain.as_str().to_uppercase());
            if let Some(url) = self.documents_url(*domain) {
                command.env(variable, url);
            }
        }
    }

    /// Starts the program and waits until it is ready.
    pub async fn start(&self, extra: &[&str]) -> Program {
        self.start_with(extra, &[]).await
    }

    /// Starts the program with settings in its environment.
    pub async fn start_with(&self, extra: &[&str], settings: &[(&str, &str)]) -> Program {
        self.start_at("127.0.0.1:0", extra, settings).await
    }

    /// Starts the program at an address.
    pub async fn start_at(
        &self,
        address: &str,
        extra: &[&str],
        settings: &[(impl AsRef<str>, impl AsRef<str>)],
    ) -> Program {
        let mut arguments = vec!["serve", "--listen", address];
        arguments.extend_from_slice(extra);
        let mut command = self.command(&arguments);
        command.envs(
            settings
                .iter()
                .map(|(name, value)| (name.as_ref(), value.as_ref())),
        );
        Program::spawn(command).await
    }

    /// Makes an administrator by the command line, as a new installation does.
    pub fn create_administrator(&self, email: &str, password: &str) {
        let arguments = [
            "admin",
            "create",
            "--email",
            email,
            "--first-name",
            "Ada",
            "--last-name",
            "Admin",
        ];
        let mut child = self
            .command(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

impl OnEngine for Stores {
    async fn on(engine: Engine) -> Self {
        Self::new(engine)
    }
}

/// A running program; killed when dropped.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
}

impl Program {
    /// Starts a command that announces its address on standard output, and waits until it is ready.
    pub async fn spawn(command: Command) -> Self {
        Self::spawn_when(command, |_| true).await
    }

    /// Starts a command that announces several addresses, and waits for one of them.
    pub async fn spawn_until(command: Command, last: SocketAddr) -> Self {
        Self::spawn_when(command, move |address| *address == last).await
    }

    async fn spawn_when(mut command: Command, is_it: impl Fn(&SocketAddr) -> bool + Send + 'static) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (found, address) = mpsc::channel();
        // The thread goes on reading, so that the program never waits for a full pipe.
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some(address) = line.split_once("http://").map(|(_, rest)| rest) {
                    let address: String = address.chars().take_while(|c| !matches!(c, '/' | ' ')).collect();
                    if let Some(address) = address.parse().ok().filter(&is_it) {
                        let _ = found.send(address);
                    }
                }
            }
        });
        let announced = tokio::task::spawn_blocking(move || address.recv_timeout(Duration::from_mins(2)));
        let address = announced.await.unwrap();
        let Ok(address) = address else {
            panic!("the program did not start: {:?}", child.wait())
        };
        Self { child, address }
    }

    /// The graph, for somebody who is not signed in.
    pub fn graph(&self) -> Graph {
        Graph::new(self.address)
    }

    /// SIGTERM, without waiting for the end.
    pub fn ask_to_stop(&self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// `kill -9`, for good.
    pub fn kill(mut self) {
        self.kill_now();
    }

    /// `kill -9`.
    pub fn kill_now(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; the program must end by itself with success.
    pub async fn stop(mut self) {
        self.ask_to_stop();
        self.ends_well().await;
    }

    /// Waits until the program has ended by itself with success.
    pub async fn ends_well(&mut self) {
        let ended = async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let status = tokio::time::timeout(LAST_WORDS, ended)
            .await
            .expect("the program ends");
        assert!(status.success(), "{status}");
    }
}

impl From<&Program> for SocketAddr {
    fn from(program: &Program) -> Self {
        program.address
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

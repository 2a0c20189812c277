//! A process for each domain, two of scheduling where its store allows it, and two routers: as `scripts/cluster` starts them, with
//! Redis between them. Each can die and come back where it was.

use super::Soak;
use crate::bench::program::Program;
use crate::bench::report::say;
use crate::bench::stage::Stage;
use anyhow::{Context, Result, bail};
use caregraph_contracts::Domain;
use caregraph_kit::Clock;
use rand::Rng;
use std::fs::OpenOptions;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The composed graph, as committed.
const SUPERGRAPH: &str = include_str!("../../schema/supergraph.graphql");

/// One process.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) address: SocketAddr,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    log: PathBuf,
    program: Option<Program>,
}

/// All of them.
pub(super) struct Cluster {
    pub(super) members: Vec<Member>,
    /// The first asks the first process of scheduling, the second the last.
    pub(super) routers: [SocketAddr; 2],
    /// What all keys in Redis begin with.
    pub(super) prefix: String,
}

impl Cluster {
    /// Starts all of them, one after the other.
    pub(super) async fn start(stage: &Stage, arguments: &Soak) -> Result<Self> {
        let mut cluster = Self::plan(stage, arguments)?;
        for member in &mut cluster.members {
            member.start(stage).await?;
            say(&format!("{} at {}", member.name, member.address));
        }
        Ok(cluster)
    }

    fn plan(stage: &Stage, arguments: &Soak) -> Result<Self> {
        let mut keepers: Vec<(String, Domain)> = Domain::ALL
            .iter()
            .map(|domain| (domain.to_string(), *domain))
            .collect();
        // An SQLite file belongs to one process.
        if arguments.servers.database.is_some() {
            keepers.push(("scheduling-2".to_owned(), Domain::Scheduling));
        }
        let count = u16::try_from(keepers.len())? + 2;
        let ports = free_ports(count);
        let addresses: Vec<SocketAddr> = (ports..ports + count)
            .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            .collect();
        let logs = arguments
            .logs
            .clone()
            .unwrap_or_else(|| stage.folder().join("logs"));
        std::fs::create_dir_all(&logs).with_context(|| logs.display().to_string())?;
        let (keeping, routing) = addresses.split_at(keepers.len());
        let at = |domain: Domain| {
            let mut places = keepers
                .iter()
                .zip(keeping)
                .filter(move |((_, kept), _)| *kept == domain);
            let first = places.next().map(|(_, address)| *address);
            (first, places.next_back().map(|(_, address)| *address).or(first))
        };
        let (Some(identity), _) = at(Domain::Identity) else {
            bail!("nobody keeps accounts");
        };
        let id = Clock::system().new_id::<uuid::Uuid>().simple().to_string();
        let prefix = format!("caregraph-soak-{}", &id[20..]);
        say(&format!(
            "what the soak puts into Redis begins with {prefix}, and stays there"
        ));
        let mut shared = vec![
            ("CAREGRAPH_REDIS__URL".to_owned(), arguments.redis.clone()),
            ("CAREGRAPH_REDIS__PREFIX".to_owned(), prefix.clone()),
            (
                "CAREGRAPH_AUTH__JWKS_URL".to_owned(),
                format!("http://{identity}/.well-known/jwks.json"),
            ),
        ];
        if let Some(router) = routing.first() {
            let url = format!("http://{router}");
            shared.push(("CAREGRAPH_NOTIFICATIONS__PUBLIC_URL".to_owned(), url));
        }
        let mut members: Vec<Member> = Vec::with_capacity(addresses.len());
        for ((name, domain), address) in keepers.iter().zip(keeping) {
            let arguments = ["serve", "--only", domain.as_str()];
            members.push(Member::new(name, *address, &arguments, shared.clone(), &logs));
        }
        let supergraph = stage.folder().join("soak-supergraph.graphql");
        std::fs::write(&supergraph, SUPERGRAPH)?;
        let supergraph = supergraph.display().to_string();
        for (number, address) in routing.iter().enumerate() {
            let mut environment = shared.clone();
            for domain in Domain::ALL {
                let (first, last) = at(*domain);
                let place = if number == 0 { first } else { last };
                let variable = format!("CAREGRAPH_SUBGRAPHS__{}", domain.as_str().to_uppercase());
                environment.extend(place.map(|place| (variable, format!("http://{place}"))));
            }
            let name = format!("router-{}", number + 1);
            let arguments = ["router", "--supergraph", &supergraph];
            members.push(Member::new(&name, *address, &arguments, environment, &logs));
        }
        let [.., one, other] = addresses.as_slice() else {
            bail!("there are no routers");
        };
        Ok(Self {
            members,
            routers: [*one, *other],
            prefix,
        })
    }

    /// Where the domains are.
    pub(super) fn keepers(&self) -> Vec<SocketAddr> {
        let addresses = self.members.iter().map(|member| member.address);
        addresses
            .filter(|address| !self.routers.contains(address))
            .collect()
    }

    /// Ends all of them in peace, routers first.
    pub(super) async fn stop(mut self) -> Result<()> {
        while let Some(member) = self.members.pop() {
            if let Some(program) = member.program {
                program.stop().await?;
            }
        }
        Ok(())
    }
}

impl Member {
    fn new(
        name: &str,
        address: SocketAddr,
        arguments: &[&str],
        environment: Vec<(String, String)>,
        logs: &Path,
    ) -> Self {
        let mut arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        arguments.extend(["--listen".to_owned(), address.to_string()]);
        Self {
            name: name.to_owned(),
            address,
            arguments,
            environment,
            log: logs.join(format!("{name}.log")),
            program: None,
        }
    }

    async fn start(&mut self, stage: &Stage) -> Result<()> {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let log = OpenOptions::new().create(true).append(true).open(&self.log);
        let log = log.with_context(|| self.log.display().to_string())?;
        let mut command = stage.command(&arguments);
        let environment = self
            .environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        command.envs(environment).stderr(log);
        let program = Program::start(command).await;
        self.program = Some(program.with_context(|| self.name.clone())?);
        Ok(())
    }

    /// `kill -9`, and a new process in its place at once; gives how long it took until that was ready.
    pub(super) async fn die_and_come_back(&mut self, stage: &Stage) -> Result<Duration> {
        let died = Instant::now();
        // Whoever is dropped is killed.
        self.program = None;
        self.start(stage).await?;
        Ok(died.elapsed())
    }

    /// Memory that the process has in use now, in KiB; `None` when it has ended by itself.
    pub(super) fn resident_kib(&self) -> Option<u64> {
        self.program.as_ref()?.resident_kib().ok()
    }
}

/// So many ports in a row that nobody uses, below those that systems hand out: a process that is away for a moment must find its own
/// again.
fn free_ports(count: u16) -> u16 {
    let mut random = rand::rng();
    loop {
        let first = random.random_range(12_000..30_000);
        let is_free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        if (first..first + count).all(is_free) {
            return first;
        }
    }
}

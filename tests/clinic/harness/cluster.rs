//! A process for each domain and two routers, which share Redis: scheduling and notifications run twice where their stores allow it.

use super::{Program, Stores};
use caregraph_kit::database::Engine;
use caregraph_kit::testing::TestRedis;
use std::net::SocketAddr;

/// The composed graph, as committed.
const SUPERGRAPH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/supergraph.graphql");

/// A process that can be started again where it was.
pub struct Member {
    pub program: Program,
    domain: &'static str,
    settings: Vec<(String, String)>,
}

impl Member {
    async fn start(stores: &Stores, domain: &'static str, settings: &[(String, String)]) -> Self {
        let program = stores
            .start_at("127.0.0.1:0", &["--only", domain], settings)
            .await;
        Self {
            program,
            domain,
            settings: settings.to_vec(),
        }
    }

    /// `kill -9`, and a new process in its place.
    pub async fn die_and_come_back(&mut self, stores: &Stores) {
        self.program.kill_now();
        let address = self.program.address.to_string();
        self.program = stores
            .start_at(&address, &["--only", self.domain], &self.settings)
            .await;
    }
}

/// All of them.
pub struct Cluster {
    pub identity: Member,
    pub patients: Member,
    pub practitioners: Member,
    pub scheduling: Vec<Member>,
    pub notifications: Vec<Member>,
    pub records: Member,
    pub administration: Member,
    /// The first asks the first process of scheduling and of notifications, the second the last.
    pub routers: [Program; 2],
}

impl Cluster {
    pub async fn start(stores: &Stores, redis: &TestRedis) -> Self {
        Self::start_with(stores, redis, &[]).await
    }

    /// The same with some settings more in every process.
    pub async fn start_with(stores: &Stores, redis: &TestRedis, more: &[(&str, &str)]) -> Self {
        let url = TestRedis::url().unwrap();
        let mut settings = vec![
            ("CAREGRAPH_REDIS__URL".to_owned(), url),
            ("CAREGRAPH_REDIS__PREFIX".to_owned(), redis.prefix().to_owned()),
        ];
        let more = more.iter();
        settings.extend(more.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        // What a dead process was sending is taken over in moments.
        settings.push((
            "CAREGRAPH_NOTIFICATIONS__LEASE_SECONDS".to_owned(),
            "4".to_owned(),
        ));
        for provider in ["EMAIL", "SMS", "PUSH"] {
            settings.push((
                format!("CAREGRAPH_NOTIFICATIONS__{provider}__TIMEOUT_SECONDS"),
                "1".to_owned(),
            ));
        }
        let identity = Member::start(stores, "identity", &settings).await;
        let keys = format!("http://{}/.well-known/jwks.json", identity.program.address);
        settings.push(("CAREGRAPH_AUTH__JWKS_URL".to_owned(), keys));
        let patients = Member::start(stores, "patients", &settings).await;
        let practitioners = Member::start(stores, "practitioners", &settings).await;
        let mut scheduling = vec![Member::start(stores, "scheduling", &settings).await];
        let mut notifications = vec![Member::start(stores, "notifications", &settings).await];
        // On SQLite one process has a store to itself.
        if stores.engine != Engine::Sqlite {
            scheduling.push(Member::start(stores, "scheduling", &settings).await);
            notifications.push(Member::start(stores, "notifications", &settings).await);
        }
        let records = Member::start(stores, "records", &settings).await;
        let administration = Member::start(stores, "administration", &settings).await;
        let in_front_of = async |scheduling: &[Member],
                                 notifications: &[Member],
                                 which: fn(&[Member]) -> Option<&Member>| {
            let behind = [
                ("IDENTITY", Some(&identity)),
                ("PATIENTS", Some(&patients)),
                ("PRACTITIONERS", Some(&practitioners)),
                ("SCHEDULING", which(scheduling)),
                ("NOTIFICATIONS", which(notifications)),
                ("RECORDS", Some(&records)),
                ("ADMINISTRATION", Some(&administration)),
            ];
            let behind: Vec<_> = behind
                .into_iter()
                .map(|(name, member)| (name, &member.unwrap().program))
                .collect();
            router(stores, &settings, &behind).await
        };
        let routers = [
            in_front_of(&scheduling, &notifications, <[Member]>::first).await,
            in_front_of(&scheduling, &notifications, <[Member]>::last).await,
        ];
        Self {
            identity,
            patients,
            practitioners,
            scheduling,
            notifications,
            records,
            administration,
            routers,
        }
    }

    /// Ends all of them in peace.
    pub async fn stop(self) {
        for router in self.routers {
            router.stop().await;
        }
        let members = [
            self.identity,
            self.patients,
            self.practitioners,
            self.records,
            self.administration,
        ]
        .into_iter();
        for member in members.chain(self.scheduling).chain(self.notifications) {
            member.program.stop().await;
        }
    }
}

/// The router alone, in front of subgraphs.
pub async fn router(
    stores: &Stores,
    settings: &[(impl AsRef<str>, impl AsRef<str>)],
    subgraphs: &[(&str, impl Into<SocketAddr> + Copy)],
) -> Program {
    let mut command = stores.command(&["router", "--supergraph", SUPERGRAPH, "--listen", "127.0.0.1:0"]);
    command.envs(
        settings
            .iter()
            .map(|(name, value)| (name.as_ref(), value.as_ref())),
    );
    for (name, process) in subgraphs {
        let address: SocketAddr = (*process).into();
        command.env(
            format!("CAREGRAPH_SUBGRAPHS__{name}"),
            format!("http://{address}"),
        );
    }
    Program::spawn(command).await
}

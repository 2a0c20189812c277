//! Everything that can be configured, in one tree.

use anyhow::{Context, Result, bail};
use caregraph_contracts::Domain;
use caregraph_identity::IdentitySettings;
use caregraph_kit::config::{self, Secret};
use caregraph_kit::crypto::KeyRing;
use caregraph_kit::database::PoolSettings;
use caregraph_kit::documents::{DocumentsSettings, Location};
use caregraph_kit::erasure::Retention;
use caregraph_kit::files::FilesSettings;
use caregraph_kit::redis::Redis;
use caregraph_kit::telemetry::{LogFormat, TraceSettings};
use caregraph_notifications::NotificationSettings;
use caregraph_router::RouterSettings;
use caregraph_scheduling::SchedulingSettings;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

/// Settings of the program. Every key has a default; unknown keys are an error at start.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Folder of embedded databases, keys and outgoing messages.
    pub data_dir: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Logs.
    pub log: LogSettings,
    /// Traces.
    pub traces: TraceSettings,
    /// Stores.
    pub database: DatabaseSettings,
    /// Stores of domains that keep documents.
    pub documents: DocumentsSettings,
    /// Files that people upload.
    pub files: FilesSettings,
    /// What several processes share.
    pub redis: RedisSettings,
    /// What happened.
    pub events: EventSettings,
    /// Keys that seal what is sensitive.
    pub encryption: EncryptionSettings,
    /// What is erased on request, and what the law keeps.
    pub privacy: Retention,
    /// Who checks tokens when identity runs elsewhere.
    pub auth: AuthSettings,
    /// Where hosted subgraphs are, for `caregraph router`: name to base URL.
    pub subgraphs: BTreeMap<String, String>,
    /// Accounts and sessions.
    pub identity: IdentitySettings,
    /// Appointments.
    pub scheduling: SchedulingSettings,
    /// Messages to people.
    pub notifications: NotificationSettings,
    /// The router.
    pub router: RouterSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 4000)),
            log: LogSettings::default(),
            traces: TraceSettings::default(),
            database: DatabaseSettings::default(),
            documents: DocumentsSettings::default(),
            files: FilesSettings::default(),
            redis: RedisSettings::default(),
            events: EventSettings::default(),
            encryption: EncryptionSettings::default(),
            privacy: Retention::default(),
            auth: AuthSettings::default(),
            subgraphs: BTreeMap::new(),
            identity: IdentitySettings::default(),
            scheduling: SchedulingSettings::default(),
            notifications: NotificationSettings {
                // Links follow the address that the server listens on, until somebody says where people reach it.
                public_url: String::new(),
                ..NotificationSettings::default()
            },
            router: RouterSettings::default(),
        }
    }
}

/// What is logged, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// `text` or `json`.
    pub format: LogFormat,
    /// Filter in `tracing`'s syntax, for example `info,caregraph_scheduling=debug`.
    pub filter: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            filter: "info,router=error,router::tls=off,sea_orm_migration=warn,ntex=warn,ntex_server=warn,ntex_rt=warn,ntex_service=error,opentelemetry_sdk=warn".to_owned(),
        }
    }
}

/// Where domains keep their data.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSettings {
    /// Address of all domains' databases, with `{domain}` where the domain's name belongs, for example
    /// `postgres://clinic@db/caregraph_{domain}`. Empty: embedded files in `data_dir`. May hold a password, so it is
    /// never printed.
    pub url: Secret,
    /// Addresses of single domains, which override `url`.
    pub domains: BTreeMap<Domain, Secret>,
    /// Connections per domain.
    pub pool: PoolSettings,
    /// Whether `serve` migrates what it opens. Switch it off where `caregraph migrate` is a step of its own.
    pub migrate_on_start: bool,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            url: Secret::default(),
            domains: BTreeMap::new(),
            pool: PoolSettings::default(),
            migrate_on_start: true,
        }
    }
}

/// What several processes share: events on their way, ended sessions, counts of requests. Nothing in it is the only copy.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisSettings {
    /// Address, for example `redis://cache:6379` or `rediss://…` with TLS. Empty: the variable `REDIS_URL`, and without it events
    /// stay in this process. May hold a password, so it is never printed.
    pub url: Secret,
    /// What all keys begin with, so that installations can share a server.
    pub prefix: String,
}

impl Default for RedisSettings {
    fn default() -> Self {
        Self {
            url: Secret::default(),
            prefix: "caregraph".to_owned(),
        }
    }
}

/// How long is remembered what happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventSettings {
    /// Days for which each domain keeps its events. No process may be away for longer: a handler that misses events stops and says
    /// so. At least 1.
    pub keep_days: u32,
}

impl Default for EventSettings {
    fn default() -> Self {
        Self { keep_days: 30 }
    }
}

/// Keys that seal sensitive fields and events.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncryptionSettings {
    /// `name:base64 of 32 bytes` each; the first seals, all open. Empty: a key file in `data_dir`, made on first start.
    pub keys: Vec<Secret>,
    /// Base64 of 32 bytes for blind indexes and link tokens; does not rotate.
    pub index_key: Secret,
}

/// Who checks access tokens in a process without identity.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthSettings {
    /// Where identity publishes its keys, for example `http://identity:4000/.well-known/jwks.json`. Empty in a process
    /// without identity: nothing is checked by `caregraph router`, and nobody is let in by `serve --only`.
    pub jwks_url: String,
}

impl Settings {
    /// Reads the settings as the command line says.
    pub fn load(sources: &crate::cli::Sources) -> Result<Self> {
        let (file, explicit) = match &sources.config {
            Some(file) => (file.clone(), true),
            None => (PathBuf::from("caregraph.toml"), false),
        };
        Ok(config::load(&file, explicit)?)
    }

    /// Lets the command line have the last word on where the data is.
    pub fn apply(&mut self, storage: &crate::cli::Storage) {
        if let Some(folder) = &storage.data_dir {
            self.data_dir.clone_from(folder);
        }
    }

    /// The address of a domain's database.
    pub fn database_url(&self, domain: Domain) -> Result<String> {
        let secret = self.database.domains.get(&domain).unwrap_or(&self.database.url);
        let url = secret.reveal()?;
        if url.is_empty() {
            let path = self.data_dir.join(format!("{domain}.db"));
            return Ok(format!("sqlite://{}", path.display()));
        }
        if !self.database.domains.contains_key(&domain) && !url.contains("{domain}") {
            bail!("database.url must contain {{domain}}: every domain has a database of its own");
        }
        Ok(url.replace("{domain}", domain.as_str()))
    }

    /// Where a domain keeps its documents. Without a setting, `MONGODB_URL` says so.
    pub fn documents_location(&self, domain: Domain) -> Result<Location> {
        let mut documents = self.documents.clone();
        let url = std::env::var("MONGODB_URL").unwrap_or_default();
        if documents.url.reveal()?.is_empty() && !url.is_empty() {
            documents.url = Secret::new(url);
        }
        Ok(documents.location(domain, &self.data_dir, &self.database.pool)?)
    }

    /// The server that processes share, if there is one.
    pub fn redis(&self) -> Result<Option<Redis>> {
        let mut url = self.redis.url.reveal()?;
        if url.is_empty() {
            url = std::env::var("REDIS_URL").unwrap_or_default();
        }
        if url.is_empty() {
            return Ok(None);
        }
        let redis =
            Redis::new(&url, &self.redis.prefix).context("the address of Redis (redis.url or REDIS_URL)")?;
        Ok(Some(redis))
    }

    /// The keys: configured ones, or those in the data folder.
    pub fn key_ring(&self) -> Result<KeyRing> {
        if self.encryption.keys.is_empty() {
            if !self.encryption.index_key.reveal()?.is_empty() {
                bail!(
                    "encryption.index_key is set without encryption.keys: keys come from the settings or from the data folder"
                );
            }
            let path = self.data_dir.join("caregraph.keys");
            return KeyRing::open_or_create(&path).context("cannot read the encryption keys");
        }
        let keys: Vec<String> = self
            .encryption
            .keys
            .iter()
            .map(Secret::reveal)
            .collect::<Result<_, _>>()?;
        KeyRing::parse(&keys, &self.encryption.index_key.reveal()?).context("encryption keys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_domain_has_a_database_of_its_own() {
        let mut settings = Settings::default();
        assert_eq!(
            settings.database_url(Domain::Patients).unwrap(),
            "sqlite://data/patients.db"
        );
        settings.database.url = Secret::new("postgres://h/cg_{domain}");
        settings
            .database
            .domains
            .insert(Domain::Identity, Secret::new("mysql://h/people"));
        assert_eq!(
            settings.database_url(Domain::Patients).unwrap(),
            "postgres://h/cg_patients"
        );
        assert_eq!(
            settings.database_url(Domain::Identity).unwrap(),
            "mysql://h/people"
        );
        settings.database.url = Secret::new("postgres://h/shared");
        assert!(settings.database_url(Domain::Patients).is_err());
    }

    #[test]
    fn keys_come_from_one_place() {
        let mut settings = Settings::default();
        settings.encryption.index_key = Secret::new("abcd");
        assert!(
            settings.key_ring().is_err(),
            "an index key alone would be passed over in silence"
        );
    }

    #[test]
    fn the_commented_example_holds_the_defaults() {
        let example: Settings = toml::from_str(include_str!("../caregraph.example.toml")).unwrap();
        let (example, defaults) = (
            toml::to_string(&example).unwrap(),
            toml::to_string(&Settings::default()).unwrap(),
        );
        assert_eq!(example, defaults);
    }
}

//! A clinic filled once, on which programs are started one after the other.

use super::Servers;
use super::client::Connection;
use super::people::{self, People};
use super::program::{Program, bare_command};
use super::report::say;
use super::work::quiet;
use crate::demo;
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use caregraph_contracts::Domain;
use caregraph_contracts::events::StoreKind;
use caregraph_kit::Clock;
use caregraph_kit::config::Secret;
use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the event handlers may take to hear of everything that was simulated.
const CATCHING_UP: Duration = Duration::from_mins(30);

/// How long whatever is still under way gets in the end.
const REST: Duration = Duration::from_secs(5);

/// Data folder and databases; gone in the end.
pub struct Stage {
    folder: TempDir,
    program: PathBuf,
    servers: Servers,
    /// Who can ask.
    pub people: People,
}

impl Stage {
    /// Fills a clinic with the demo and `patients` more people who have accounts and `visits` visits each, and waits until everybody has
    /// heard of everything.
    pub async fn fill(servers: &Servers, patients: usize, visits: usize) -> Result<Self> {
        refuse_other_stores()?;
        let folder = tempfile::tempdir()?;
        let servers = fresh(servers)?;
        let mut settings = Settings {
            data_dir: folder.path().to_owned(),
            ..Settings::default()
        };
        settings.database.url = Secret::new(servers.database.clone().unwrap_or_default());
        settings.documents.url = Secret::new(servers.documents.clone().unwrap_or_default());
        // The smallest cost that Argon2 takes: nobody signs in here.
        settings.identity.password.memory_kib = 64;
        settings.identity.password.iterations = 1;
        say("filling a clinic");
        let people = async {
            Box::pin(demo::fill(&settings)).await?;
            Box::pin(people::arrive(&settings, patients, visits)).await
        };
        let people = match people.await {
            Ok(people) => people,
            Err(error) => {
                drop_databases(&servers).await;
                return Err(error);
            }
        };
        let stage = Self {
            folder,
            program: std::env::current_exe()?,
            servers,
            people,
        };
        if let Err(error) = stage.let_everybody_hear().await {
            stage.clear_away().await;
            return Err(error);
        }
        Ok(stage)
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A command of this program on these stores. Limits that protect a clinic from its clients are off; everything else is as it comes.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare_command(&self.program);
        command
            .args(arguments)
            .current_dir(self.folder())
            .env("CAREGRAPH_DATA_DIR", self.folder())
            .env("CAREGRAPH_LOG__FILTER", "warn,router=error")
            // Everybody comes from one address, and asks as fast as the answers come.
            .env("CAREGRAPH_ROUTER__RATE_LIMITS__ADDRESS", "{per_second=0,burst=1}")
            .env(
                "CAREGRAPH_ROUTER__RATE_LIMITS__PRINCIPAL",
                "{per_second=0,burst=1}",
            );
        if let Some(url) = &self.servers.database {
            command.env("CAREGRAPH_DATABASE__URL", url);
        }
        if let Some(url) = &self.servers.documents {
            command.env("CAREGRAPH_DOCUMENTS__URL", url);
        }
        command
    }

    /// Our program, everything in one process.
    pub async fn serve(&self) -> Result<Program> {
        Program::start(self.command(&["serve", "--listen", "127.0.0.1:0"])).await
    }

    /// Which engines keep the data.
    pub fn engines(&self) -> String {
        let scheme = |url: &Option<String>| {
            let scheme = url.as_deref().and_then(|url| url.split_once(':'));
            scheme.map_or("embedded", |(scheme, _)| scheme).to_owned()
        };
        format!(
            "tables {}, documents {}",
            scheme(&self.servers.database),
            scheme(&self.servers.documents)
        )
    }

    /// Notifications and the audit trail hear of eight weeks when the program starts for the first time. That must not be under way when
    /// something is measured.
    pub async fn let_everybody_hear(&self) -> Result<()> {
        say("letting everybody hear of it");
        let program = self.serve().await?;
        let mut connection = Connection::open(program.address).await?;
        let begun = Instant::now();
        while begun.elapsed() < CATCHING_UP {
            let (_, page) = connection.get("/metrics").await?;
            if work_left(&String::from_utf8_lossy(&page)) == Some(0) {
                tokio::time::sleep(REST).await;
                // Whoever stops waits for open connections.
                drop(connection);
                return program.stop().await;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        bail!("the event handlers and jobs did not catch up")
    }

    /// Drops what was made on servers.
    pub async fn clear_away(self) {
        drop_databases(&self.servers).await;
    }
}

/// How many events handlers have not dealt with, and jobs that are due; `None` when the page does not say both.
fn work_left(metrics: &str) -> Option<i64> {
    Some(quiet::sum(metrics, "caregraph_events_lag{")? + quiet::sum(metrics, "caregraph_jobs_due{")?)
}

/// Both variables say where a clinic's data are when no setting does; somebody's own clinic is not for measuring.
fn refuse_other_stores() -> Result<()> {
    for variable in ["REDIS_URL", "MONGODB_URL"] {
        if std::env::var_os(variable).is_some_and(|value| !value.is_empty()) {
            bail!("unset {variable}: `bench` brings stores of its own");
        }
    }
    Ok(())
}

/// Addresses of databases that are not there yet: `{domain}` gets a part that is this run's alone.
fn fresh(servers: &Servers) -> Result<Servers> {
    let id = Clock::system().new_id::<uuid::Uuid>().simple().to_string();
    let own = format!("{{domain}}_{}", &id[20..]);
    let at = |url: &String| {
        if !url.contains("{domain}") {
            bail!("the address of a server must contain {{domain}}");
        }
        Ok(url.replace("{domain}", &own))
    };
    Ok(Servers {
        database: servers.database.as_ref().map(at).transpose()?,
        documents: servers.documents.as_ref().map(at).transpose()?,
    })
}

async fn drop_databases(servers: &Servers) {
    if let Some(pattern) = &servers.database {
        for domain in Domain::ALL {
            if domain.store() == StoreKind::Relational
                && let Err(error) = drop_database(&pattern.replace("{domain}", domain.as_str())).await
            {
                say(&format!("a database of {domain} stays behind: {error:#}"));
            }
        }
    }
    if let Some(pattern) = &servers.documents {
        let name = pattern.split('?').next().unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default();
        say(&format!("databases on MongoDB stay behind: {name}"));
    }
}

async fn drop_database(url: &str) -> Result<()> {
    let address = url.split('?').next().unwrap_or(url);
    let (server, name) = address.rsplit_once('/').context("the address has no database")?;
    let (administrative, statement) = if address.starts_with("postgres") {
        let statement = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
        (format!("{server}/postgres"), statement)
    } else {
        let server = server.replacen("mariadb:", "mysql:", 1);
        (server, format!("DROP DATABASE IF EXISTS `{name}`"))
    };
    let mut options = ConnectOptions::new(administrative);
    options
        .max_connections(1)
        .sqlx_logging(false)
        .connect_timeout(Duration::from_secs(10));
    let connection = Database::connect(options).await?;
    connection.execute_unprepared(&statement).await?;
    Ok(connection.close().await?)
}

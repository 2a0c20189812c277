//! How connections are opened, and how many.

use super::Engine;
use super::embedded::Embedded;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection as _, MySqlConnection};
use sea_orm::{ConnectOptions, DbErr, RuntimeErr};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How many connections, and how long to wait for one.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct PoolSettings {
    /// Most connections per domain and process.
    pub max_connections: u32,
    /// Seconds to wait for a free connection before a request fails.
    pub acquire_timeout_seconds: u64,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            max_connections: 10,
            acquire_timeout_seconds: 10,
        }
    }
}

/// A connection that answered so lately is taken without asking whether it still does.
const TRUSTED: Duration = Duration::from_secs(1);

pub(super) fn options(url: &str, engine: Engine, pool: &PoolSettings) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.replacen("mariadb:", "mysql:", 1));
    options
        .max_connections(pool.max_connections)
        .acquire_timeout(Duration::from_secs(pool.acquire_timeout_seconds))
        .connect_timeout(Duration::from_secs(pool.acquire_timeout_seconds))
        .sqlx_logging(false);
    if engine == Engine::Sqlite {
        // There is no connection that could have been lost, and asking costs as much as many a query.
        options.test_before_acquire(false);
        options.map_sqlx_sqlite_opts(embedded);
    }
    if engine != Engine::Sqlite {
        options.test_before_acquire_if_idle_for(TRUSTED);
    }
    if engine == Engine::MariaDb {
        options.map_sqlx_mysql_pool_opts(|pool| {
            pool.after_release(|connection, _| Box::pin(answers_still(connection)))
        });
    }
    options
}

fn embedded(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A booking that was answered must survive a power cut, so every commit reaches the disk.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
}

/// Fewer connections than this, and a long search makes everybody wait.
const FEWEST_FOR_QUESTIONS: usize = 4;

/// Connections for questions. More of them than there are processors only wait for each other.
pub(super) fn questions(url: &str, pool: &PoolSettings) -> Result<Embedded, DbErr> {
    let options: SqliteConnectOptions = url
        .parse()
        .map_err(|error: sqlx::Error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))?;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let most = usize::try_from(pool.max_connections).unwrap_or(usize::MAX);
    Ok(Embedded::new(
        embedded(options),
        processors.max(FEWEST_FOR_QUESTIONS).min(most).max(1),
        Duration::from_secs(pool.acquire_timeout_seconds),
    ))
}

/// Whether a connection that is given back still answers.
///
/// Whoever is cut off in the middle of a question (a client went away) leaves its connection waiting for an answer that does not
/// come; without an end to that waiting, the driver never gets it back, and a pool runs dry of connections that sleep. Such a one
/// is closed, and the server rolls back what was begun on it.
async fn answers_still(connection: &mut MySqlConnection) -> Result<bool, sqlx::Error> {
    const PATIENCE: Duration = Duration::from_secs(2);
    match tokio::time::timeout(PATIENCE, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

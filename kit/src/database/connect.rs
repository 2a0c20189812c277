//! Opening a domain's database.

use super::{Transaction, is_retryable};
use crate::failure::{Failure, Fault};
use sea_orm::{
    ConnAcquireErr, ConnectOptions, ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr,
    IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use serde::{Deserialize, Serialize};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;

/// Why a database could not be opened. Addresses are shown without user and password.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL is not one of `sqlite:`, `postgres:`, `mysql:`.
    #[error("`{0}` is not a database address (sqlite:, postgres: or mysql:)")]
    UnknownEngine(String),
    /// The folder of an embedded database could not be made.
    #[error("folder for {0}")]
    Folder(String, #[source] std::io::Error),
    /// The engine did not let us in.
    #[error("cannot open {0}")]
    Open(String, #[source] DbErr),
    /// The schema could not be brought up to date.
    #[error("cannot migrate {0}")]
    Migrate(String, #[source] DbErr),
}

/// The engines we run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Embedded, one file per domain, write-ahead log.
    Sqlite,
    /// `PostgreSQL` 13 or newer.
    Postgres,
    /// `MariaDB` 10.6 or newer, `MySQL` 8 or newer.
    MariaDb,
}

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

/// One domain's database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    connection: DatabaseConnection,
    engine: Engine,
    label: Arc<str>,
    turn: Option<Arc<Semaphore>>,
    patience: Duration,
}

impl Database {
    /// Opens the database at `url`, making it first where it does not exist and we may.
    pub async fn open(url: &str, pool: &PoolSettings) -> Result<Self, DatabaseError> {
        let label = without_credentials(url);
        let engine = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Engine::Sqlite,
            Some("postgres" | "postgresql") => Engine::Postgres,
            Some("mysql" | "mariadb") => Engine::MariaDb,
            _ => return Err(DatabaseError::UnknownEngine(label)),
        };
        let open_error = |error| DatabaseError::Open(label.clone(), error);
        match engine {
            Engine::Sqlite => make_folder(url, &label)?,
            Engine::Postgres | Engine::MariaDb => create_if_missing(url, engine).await.map_err(open_error)?,
        }
        let connection = sea_orm::Database::connect(options(url, engine, pool))
            .await
            .map_err(open_error)?;
        let turn = (engine == Engine::Sqlite).then(|| Arc::new(Semaphore::new(1)));
        let patience = Duration::from_secs(pool.acquire_timeout_seconds);
        Ok(Self {
            connection,
            engine,
            label: label.into(),
            turn,
            patience,
        })
    }

    /// For reading outside a transaction.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The address without user and password, for logs.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Starts a transaction that means to write. `READ COMMITTED` on the servers: our guarantees come from constraints
    /// and row locks, which need no more and deadlock less. On SQLite the write lock is taken at once.
    ///
    /// A task must not begin a second transaction before its first has ended: on SQLite, and where the pool is used up, it
    /// waits for itself until the time for acquiring a connection is over, and fails.
    pub async fn begin(&self) -> Result<Transaction, DbErr> {
        let turn = self.turn().await?;
        let isolation_level = (self.engine != Engine::Sqlite).then_some(IsolationLevel::ReadCommitted);
        let sqlite_transaction_mode =
            (self.engine == Engine::Sqlite).then_some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions {
            isolation_level,
            access_mode: None,
            sqlite_transaction_mode,
        };
        let connection = self.connection.clone();
        // On a task of its own, because whoever waits here may be dropped at any moment, as when a client hangs up. The driver
        // does not count a transaction before the engine has confirmed it; dropped in between, it would hand the connection
        // back in the middle of a transaction that nobody ends. The task goes on, and rolls back what nobody takes.
        let opening = async move {
            connection
                .begin_with_options(options)
                .await
                .map(|inner| Transaction::new(inner, turn))
        };
        let begun = tokio::spawn(opening.in_current_span());
        match begun.await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is shutting down.
                Err(_) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
            },
        }
    }

    async fn turn(&self) -> Result<Option<OwnedSemaphorePermit>, DbErr> {
        let Some(turn) = &self.turn else { return Ok(None) };
        let taken = tokio::time::timeout(self.patience, Arc::clone(turn).acquire_owned())
            .await
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        Ok(Some(taken.expect("nobody closes the semaphore")))
    }

    /// Runs a whole transaction again when the engine sacrificed it to a deadlock, at most eight times.
    /// `attempt` must begin and commit the transaction itself and have no other effect.
    pub async fn retrying<T, E, F, Fut>(&self, mut attempt: F) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: Sacrificed,
    {
        let mut pause = Duration::from_millis(2);
        for _ in 0..7 {
            match attempt().await {
                Err(error) if error.was_sacrificed() => {
                    tracing::debug!(database = %self.label, "transaction sacrificed, trying again");
                    tokio::time::sleep(pause + jitter(pause)).await;
                    pause = (pause * 2).min(Duration::from_millis(100));
                }
                other => return other,
            }
        }
        attempt().await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.connection.ping().await
    }

    /// Closes all connections; on SQLite this also folds the write-ahead log into the file.
    pub async fn close(self) -> Result<(), DbErr> {
        self.connection.close().await
    }
}

/// Errors that may say "the engine gave this transaction up, try again".
pub trait Sacrificed {
    /// Whether trying the same transaction again makes sense.
    fn was_sacrificed(&self) -> bool;
}

impl Sacrificed for DbErr {
    fn was_sacrificed(&self) -> bool {
        is_retryable(self)
    }
}

impl<R> Sacrificed for Failure<R> {
    fn was_sacrificed(&self) -> bool {
        matches!(self, Self::Fault(fault) if fault.was_sacrificed())
    }
}

impl Sacrificed for Fault {
    fn was_sacrificed(&self) -> bool {
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<DbErr>() {
                return is_retryable(error);
            }
            cause = error.source();
        }
        false
    }
}

fn jitter(pause: Duration) -> Duration {
    pause.mul_f64(rand::random::<f64>())
}

/// A connection that answered so lately is taken without asking whether it still does.
const TRUSTED: Duration = Duration::from_secs(1);

fn options(url: &str, engine: Engine, pool: &PoolSettings) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.replacen("mariadb:", "mysql:", 1));
    options
        .max_connections(pool.max_connections)
        .acquire_timeout(Duration::from_secs(pool.acquire_timeout_seconds))
        .connect_timeout(Duration::from_secs(pool.acquire_timeout_seconds))
        .sqlx_logging(false);
    if engine == Engine::Sqlite {
        // There is no connection that could have been lost, and asking costs as much as many a query.
        options.test_before_acquire(false);
        options.map_sqlx_sqlite_opts(|sqlite| {
            use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
            sqlite
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                // A booking that was answered must survive a power cut, so every commit reaches the disk.
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
        });
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

/// Whether a connection that is given back still answers.
///
/// Whoever is cut off in the middle of a question (a client went away) leaves its connection waiting for an answer that does not
/// come; without an end to that waiting, the driver never gets it back, and a pool runs dry of connections that sleep. Such a one
/// is closed, and the server rolls back what was begun on it.
async fn answers_still(
    connection: &mut sea_orm::sqlx::MySqlConnection,
) -> Result<bool, sea_orm::sqlx::Error> {
    use sea_orm::sqlx::Connection as _;
    const PATIENCE: Duration = Duration::from_secs(2);
    match tokio::time::timeout(PATIENCE, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(_) => Err(sea_orm::sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

fn make_folder(url: &str, label: &str) -> Result<(), DatabaseError> {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let path = std::path::Path::new(path.split('?').next().unwrap_or(path));
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !path.starts_with(":memory:") => {
            crate::config::make_private_folder(folder)
                .map_err(|error| DatabaseError::Folder(label.to_owned(), error))
        }
        _ => Ok(()),
    }
}

/// Servers: a domain's database is made on first use. MariaDB's gets a binary collation, so that equality means
/// equality as on the other engines.
async fn create_if_missing(url: &str, engine: Engine) -> Result<(), DbErr> {
    let Some((server, name)) = split_database(url) else {
        return Ok(());
    };
    let sane = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if !sane {
        return Ok(());
    }
    let administrative = match engine {
        Engine::Postgres => format!("{server}/postgres"),
        Engine::MariaDb | Engine::Sqlite => server.replacen("mariadb:", "mysql:", 1),
    };
    let mut options = ConnectOptions::new(administrative);
    options
        .max_connections(1)
        .sqlx_logging(false)
        .connect_timeout(Duration::from_secs(10));
    // Without the right to look, the database must be there already; opening it will tell.
    let Ok(connection) = sea_orm::Database::connect(options).await else {
        return Ok(());
    };
    let statement = match engine {
        Engine::Postgres => {
            let known = connection
                .query_one_raw(sea_orm::Statement::from_sql_and_values(
                    DatabaseBackend::Postgres,
                    "SELECT 1 FROM pg_database WHERE datname = $1",
                    [name.into()],
                ))
                .await?;
            known.is_none().then(|| format!("CREATE DATABASE \"{name}\""))
        }
        Engine::MariaDb | Engine::Sqlite => Some(format!(
            "CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        )),
    };
    if let Some(statement) = statement
        && let Err(error) = connection.execute_unprepared(&statement).await
    {
        // Another process may have been faster, or we may not create; opening it will tell.
        tracing::debug!(%error, "database not created");
    }
    connection.close().await
}

fn split_database(url: &str) -> Option<(&str, &str)> {
    let address = url.split('?').next().unwrap_or(url);
    let start = address.find("://")? + 3;
    let slash = address[start..].find('/')? + start;
    Some((&address[..slash], &address[slash + 1..]))
}

fn without_credentials(url: &str) -> String {
    let url = url.split('?').next().unwrap_or(url);
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}{}", &url[..scheme + 3], &url[at + 1..]),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_hold_no_password() {
        assert_eq!(
            without_credentials("postgres://u:p@h:1/d?sslmode=require"),
            "postgres://h:1/d"
        );
        assert_eq!(without_credentials("sqlite://data/x.db"), "sqlite://data/x.db");
    }

    #[test]
    fn the_database_is_what_stands_behind_the_server() {
        assert_eq!(
            split_database("postgres://u@h:1/d?x=y"),
            Some(("postgres://u@h:1", "d"))
        );
        assert_eq!(split_database("mysql://h"), None);
    }
}

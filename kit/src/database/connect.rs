//! Opening a domain's database.

use super::address::{create_if_missing, make_folder, without_credentials};
use super::options::{options, questions};
use super::{PoolSettings, Reader, Transaction, is_retryable};
use crate::failure::{Failure, Fault};
use sea_orm::{
    ConnAcquireErr, DatabaseConnection, DbErr, IsolationLevel, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
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

/// One domain's database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    connection: DatabaseConnection,
    reader: Reader,
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
        let embedded = match engine {
            Engine::Sqlite => Some(questions(url, pool).map_err(open_error)?),
            Engine::Postgres | Engine::MariaDb => None,
        };
        Ok(Self {
            reader: Reader::new(connection.clone(), embedded),
            connection,
            engine,
            label: label.into(),
            turn,
            patience,
        })
    }

    /// For reading outside a transaction.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The driver's pool, for what takes nothing else, such as migrations.
    pub fn pool(&self) -> &DatabaseConnection {
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
        self.reader.close().await?;
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

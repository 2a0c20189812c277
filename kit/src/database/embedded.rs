//! Questions to an embedded database.

use futures::TryFutureExt;
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Error, query_with};
use sea_orm::{ConnAcquireErr, DbErr, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::field::{Empty, display};
use tracing::{Instrument, Span, info_span};

/// Rows that a connection may be ahead of whoever reads them, before it has to wait.
const AHEAD: usize = 1024;

/// Different statements that a connection keeps prepared. Lists of any length make many of them.
const PREPARED: usize = 300;

/// The span that SeaORM makes for a question, with the names of OpenTelemetry's conventions. Values are never in it.
macro_rules! span {
    ($name:literal, $statement:expr) => {{
        let span = info_span!(
            target: "sea_orm::embedded",
            $name,
            otel.kind = "client",
            db.system = "sqlite",
            db.operation = $statement.sql.split_whitespace().next().unwrap_or_default(),
            db.statement = Empty,
            otel.status_code = Empty,
            exception.message = Empty,
        );
        span.record("db.statement", $statement.sql.as_str());
        span
    }};
}

/// Connections that only answer questions.
///
/// The driver's pool asks a connection whether it still answers whenever it comes back, on a task of its own; a connection to a file cannot
/// be lost, and for the small questions of a clinic that asking was as dear as the question. Here the one that came back last is
/// lent next, at once. A question that is dropped half-way harms nobody: nothing but questions is allowed on these
/// connections (`query_only`), and the next one resets the statement.
#[derive(Clone, Debug)]
pub(super) struct Embedded(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    options: SqliteConnectOptions,
    idle: Mutex<Vec<SqliteConnection>>,
    seats: Semaphore,
    patience: Duration,
}

impl Embedded {
    /// At most `connections` of them, opened when they are needed; whoever waits for one longer than `patience` fails.
    pub(super) fn new(options: SqliteConnectOptions, connections: usize, patience: Duration) -> Self {
        Self(Arc::new(Shared {
            options: options
                .pragma("query_only", "ON")
                .row_buffer_size(AHEAD)
                .statement_cache_capacity(PREPARED)
                .disable_statement_logging(),
            idle: Mutex::default(),
            seats: Semaphore::new(connections),
            patience,
        }))
    }

    pub(super) async fn all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let span = span!("sea_orm.query_all", statement);
        let rows = self.0.lend().and_then(async |mut lent| {
            let rows = asking(statement).fetch_all(lent.connection()?).await;
            lent.heard(rows)
        });
        let rows = recorded(rows, span).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    pub(super) async fn one(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let span = span!("sea_orm.query_one", statement);
        let row = self.0.lend().and_then(async |mut lent| {
            let row = asking(statement).fetch_optional(lent.connection()?).await;
            lent.heard(row)
        });
        Ok(recorded(row, span).await?.map(Into::into))
    }

    /// Lends no more, and closes what is not lent; the rest is closed when it comes back.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        self.0.seats.close();
        let idle = std::mem::take(&mut *self.0.idle());
        for connection in idle {
            connection
                .close()
                .await
                .map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))?;
        }
        Ok(())
    }
}

impl Shared {
    async fn lend(&self) -> Result<Lent<'_>, DbErr> {
        let seat = match self.seats.try_acquire() {
            Ok(seat) => seat,
            Err(_) => self.seat().await?,
        };
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self
                .options
                .connect()
                .await
                .map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))?,
        };
        Ok(Lent {
            shared: self,
            connection: Some(connection),
            _seat: seat,
        })
    }

    async fn seat(&self) -> Result<SemaphorePermit<'_>, DbErr> {
        tokio::time::timeout(self.patience, self.seats.acquire())
            .await
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that comes back when this is dropped.
struct Lent<'a> {
    shared: &'a Shared,
    connection: Option<SqliteConnection>,
    // Declared last: the seat is free when the connection is back.
    _seat: SemaphorePermit<'a>,
}

impl Lent<'_> {
    fn connection(&mut self) -> Result<&mut SqliteConnection, DbErr> {
        self.connection
            .as_mut()
            .ok_or(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))
    }

    /// What the connection said. One that failed otherwise than by refusing a statement is not lent again.
    fn heard<T>(&mut self, answer: Result<T, Error>) -> Result<T, DbErr> {
        answer.map_err(|error| {
            if !matches!(error, Error::Database(_)) {
                self.connection = None;
            }
            DbErr::Query(RuntimeErr::SqlxError(error.into()))
        })
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if !self.shared.seats.is_closed() {
            self.shared.idle().extend(self.connection.take());
        }
    }
}

fn asking(statement: Statement) -> Query<'static, Sqlite, SqlxValues> {
    let values = statement.values.unwrap_or(sea_orm::Values(Vec::new()));
    query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

async fn recorded<T>(answer: impl Future<Output = Result<T, DbErr>>, span: Span) -> Result<T, DbErr> {
    let answer = answer.instrument(span.clone()).await;
    match &answer {
        Ok(_) => span.record("otel.status_code", "OK"),
        Err(error) => span
            .record("otel.status_code", "ERROR")
            .record("exception.message", display(error)),
    };
    answer
}

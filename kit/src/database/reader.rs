//! Reading outside of transactions.

use super::embedded::Embedded;
use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, ExecResult, QueryResult, Statement,
};

/// What questions outside of a transaction are asked of, and single statements given to. Cheap to clone.
///
/// On servers it is the pool. An embedded store has connections of its own for questions, which can only ask.
#[derive(Clone, Debug)]
pub struct Reader {
    connection: DatabaseConnection,
    embedded: Option<Embedded>,
}

impl Reader {
    pub(super) fn new(connection: DatabaseConnection, embedded: Option<Embedded>) -> Self {
        Self { connection, embedded }
    }

    /// Closes what is open for questions.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        match &self.embedded {
            Some(embedded) => embedded.close().await,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.connection.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.connection.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.embedded {
            Some(embedded) if is_question(&statement) => embedded.one(statement).await,
            _ => self.connection.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.embedded {
            Some(embedded) if is_question(&statement) => embedded.all(statement).await,
            _ => self.connection.query_all_raw(statement).await,
        }
    }
}

/// What changes something may answer as well (`RETURNING`), but not on a connection that only asks.
fn is_question(statement: &Statement) -> bool {
    let first = statement.sql.split_whitespace().next().unwrap_or_default();
    first.eq_ignore_ascii_case("SELECT")
}

//! A transaction that knows what to do once it is committed.

use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr};
use std::{ops::Deref, sync::Arc};
use tokio::sync::OwnedSemaphorePermit;

/// An open transaction; dropping it rolls it back.
///
/// Reads like a [`DatabaseTransaction`]. On SQLite it also holds the process-wide turn to write, so that writers queue up
/// here instead of polling a locked file.
pub struct Transaction {
    inner: DatabaseTransaction,
    after_commit: Vec<Arc<dyn Fn() + Send + Sync>>,
    // Declared after `inner`: the turn is given back only when the transaction is over.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Transaction {
    pub(super) fn new(inner: DatabaseTransaction, turn: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            inner,
            after_commit: Vec::new(),
            _turn: turn,
        }
    }

    /// Does `action` once this transaction is safely in the store, and never when it is not.
    pub fn after_commit(&mut self, action: Arc<dyn Fn() + Send + Sync>) {
        self.after_commit.push(action);
    }

    /// Whether nobody else can write until it ends, so that no row needs a lock: on SQLite.
    pub fn is_alone(&self) -> bool {
        self.inner.get_database_backend() == DatabaseBackend::Sqlite
    }

    /// Makes everything durable. Fails where a statement's error has ended the transaction, even if nobody looked at it.
    pub async fn commit(self) -> Result<(), DbErr> {
        let Self {
            inner,
            after_commit,
            _turn,
        } = self;
        if inner.get_database_backend() == DatabaseBackend::Postgres {
            // PostgreSQL answers the `COMMIT` of a transaction in which a statement failed by rolling it back, and the driver
            // calls that success. Such a transaction refuses every other statement.
            inner.execute_unprepared("SELECT 1").await?;
        }
        inner.commit().await?;
        for action in after_commit {
            action();
        }
        Ok(())
    }

    /// Undoes everything.
    pub async fn rollback(self) -> Result<(), DbErr> {
        self.inner.rollback().await
    }
}

impl Deref for Transaction {
    type Target = DatabaseTransaction;
    fn deref(&self) -> &DatabaseTransaction {
        &self.inner
    }
}

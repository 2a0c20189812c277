//! Documents in an SQLite file: a table per collection, a column per declared path.
//!
//! The columns are filled by us and not generated from the JSON by the engine, because its functions end a text at the first
//! NUL and know no lists. Paths with several values have a table of their own.

mod schema;
mod select;
mod write;

use super::DocumentError;
use super::declaration::Declaration;
use super::filter::Condition;
use super::query::Order;
use super::store::{Backend, Batch, Raw};
use crate::clock::Clock;
use crate::crypto::{FieldCipher, Renewal};
use crate::database::{Database, Engine, PoolSettings};
use crate::events::{DeadLetter, DeadLetters, EVENT_SEALS, EventLog, EventStore, Offsets};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::EventId;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use uuid::Uuid;

/// One domain's file.
pub(super) struct Sqlite {
    database: Database,
    events: EventStore,
    letters: DeadLetters,
    clock: Clock,
}

impl Sqlite {
    pub(super) async fn open(
        url: &str,
        pool: &PoolSettings,
        domain: Domain,
        cipher: &FieldCipher,
        clock: &Clock,
        declarations: &[Arc<Declaration>],
    ) -> Result<Self, DocumentError> {
        let database = Database::open(url, pool).await?;
        if database.engine() != Engine::Sqlite {
            return Err(DocumentError::Open(
                "documents are kept in SQLite or MongoDB".to_owned(),
            ));
        }
        schema::bring_up(&database, declarations).await?;
        Ok(Self {
            events: EventStore::new(domain, database.clone(), cipher.clone(), clock.clone()),
            letters: DeadLetters::new(database.clone(), cipher.clone()),
            clock: clock.clone(),
            database,
        })
    }
}

#[async_trait]
impl Backend for Sqlite {
    fn label(&self) -> String {
        self.database.label().to_owned()
    }

    async fn get(&self, of: &Declaration, ids: &[Uuid]) -> Result<Vec<Raw>, DocumentError> {
        select::get(self.database.reader(), of, ids).await
    }

    async fn select(
        &self,
        of: &Declaration,
        condition: &Condition,
        order: &Order,
        limit: u64,
    ) -> Result<Vec<Raw>, DocumentError> {
        select::select(self.database.reader(), of, condition, order, limit).await
    }

    async fn count(&self, of: &Declaration, condition: &Condition) -> Result<u64, DocumentError> {
        select::count(self.database.reader(), of, condition).await
    }

    async fn apply(&self, batch: &Batch) -> Result<bool, DocumentError> {
        write::apply(&self.database, &self.events, &self.clock, batch).await
    }

    fn log(&self) -> Arc<dyn EventLog> {
        Arc::new(self.events.clone())
    }

    fn offsets(&self) -> Arc<dyn Offsets> {
        Arc::new(self.database.clone())
    }

    async fn letters(&self, limit: u64) -> Result<Vec<DeadLetter>, DocumentError> {
        Ok(self.letters.list(limit).await?)
    }

    async fn sealed_letter(&self, handler: &str, event: EventId) -> Result<Option<String>, DocumentError> {
        Ok(self.letters.sealed(handler, event).await?)
    }

    async fn forget_handled(&self, before: DateTime<Utc>) -> Result<u64, DocumentError> {
        Ok(self.events.forget_handled(before).await?)
    }

    async fn renew_events(&self, cipher: &FieldCipher) -> Result<Renewal, DocumentError> {
        Ok(self.database.renew_seals(cipher, EVENT_SEALS).await?)
    }

    async fn ping(&self) -> Result<(), DocumentError> {
        Ok(self.database.ping().await?)
    }

    async fn close(&self) -> Result<(), DocumentError> {
        Ok(self.database.clone().close().await?)
    }
}

/// A collection's table.
fn table(of: &Declaration) -> String {
    format!("\"docs_{}\"", of.name)
}

/// The column or, for several values, the table of a declared path.
fn place(of: &Declaration, field: usize) -> String {
    let field = &of.fields[field];
    // The kind is part of the name, so that a path that changes its kind gets a new place.
    let kind = match field.kind {
        super::Kind::Text => 't',
        super::Kind::Integer => 'i',
        super::Kind::Boolean => 'b',
    };
    if field.many {
        format!("\"docs_{}__{kind}_{}\"", of.name, field.key)
    } else {
        format!("\"{kind}_{}\"", field.key)
    }
}

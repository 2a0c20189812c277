//! The ports on a relational database.

use super::dead_letters::{DeadLetters, Letter};
use super::tables::{inbox, offset};
use super::{
    Envelope, EventError, EventHandler, EventLog, EventStore, HandlerError, Offsets, Reaction, following,
};
use crate::clock::Clock;
use crate::crypto::FieldCipher;
use crate::database::{Database, Engine, Transaction, is_unique_violation};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::{EventId, Id};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

#[async_trait]
impl EventLog for EventStore {
    fn domain(&self) -> Domain {
        self.domain()
    }

    async fn assign_positions(&self, at_most: u64) -> Result<usize, EventError> {
        self.assign_positions(at_most).await
    }

    async fn read_after(&self, position: i64, at_most: u64) -> Result<Vec<Arc<Envelope>>, EventError> {
        self.read_after(position, at_most).await
    }

    async fn head(&self) -> Result<i64, EventError> {
        self.head().await
    }

    async fn pruned(&self) -> Result<i64, EventError> {
        self.pruned().await
    }

    async fn prune(&self, before: DateTime<Utc>, keep_after: i64) -> Result<u64, EventError> {
        self.prune(before, keep_after).await
    }

    async fn position_of(&self, id: EventId) -> Result<Option<i64>, EventError> {
        self.position_of(id).await
    }

    async fn published(&self) -> Result<i64, EventError> {
        self.published().await
    }

    async fn set_published(&self, position: i64) -> Result<(), EventError> {
        self.set_published(position).await
    }

    async fn woken(&self) {
        self.woken().await;
    }
}

#[async_trait]
impl Offsets for Database {
    async fn offset(&self, handler: &str, source: Domain) -> Result<i64, EventError> {
        let row = offset::Entity::find_by_id((handler.to_owned(), source.to_string()))
            .one(self.reader())
            .await?;
        Ok(row.map_or(0, |row| row.position))
    }

    async fn save_offset(&self, handler: &str, source: Domain, position: i64) -> Result<(), EventError> {
        let updated = offset::Entity::update_many()
            .col_expr(offset::Column::Position, Expr::value(position))
            .filter(offset::Column::Handler.eq(handler))
            .filter(offset::Column::Source.eq(source.as_str()))
            .filter(offset::Column::Position.lt(position))
            .exec(self.reader())
            .await?;
        if updated.rows_affected == 0 {
            let row = offset::ActiveModel {
                handler: Set(handler.to_owned()),
                source: Set(source.to_string()),
                position: Set(position),
            };
            let key = [offset::Column::Handler, offset::Column::Source];
            // `do_nothing_on` is what MariaDB understands of "insert unless there".
            let unless_there = OnConflict::columns(key).do_nothing_on(key).to_owned();
            offset::Entity::insert(row)
                .on_conflict(unless_there)
                .try_insert()
                .exec_without_returning(self.reader())
                .await?;
        }
        Ok(())
    }
}

/// A handler on the database it writes to.
pub(super) struct RelationalReaction {
    pub(super) handler: Arc<dyn EventHandler>,
    pub(super) database: Database,
    pub(super) cipher: FieldCipher,
    pub(super) clock: Clock,
}

impl RelationalReaction {
    async fn handle_together(&self, events: &[Arc<Envelope>]) -> Result<(), HandlerError> {
        let mut tx = self.database.begin().await?;
        let new = note_all_handled(&tx, self.name(), events, self.clock.now()).await?;
        if !new.is_empty() {
            self.handler.handle_all(&mut tx, &new).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

#[async_trait]
impl Reaction for RelationalReaction {
    fn name(&self) -> &'static str {
        self.handler.name()
    }

    fn sources(&self) -> &'static [Domain] {
        self.handler.sources()
    }

    fn hears(&self, name: &str) -> bool {
        self.handler.hears(name)
    }

    fn is_awaited(&self) -> bool {
        self.handler.is_awaited()
    }

    async fn react(&self, event: &Envelope) -> Result<(), HandlerError> {
        let reacting = async {
            let mut tx = self.database.begin().await?;
            if !note_handled(&tx, self.name(), event.id, self.clock.now()).await? {
                return Ok(());
            }
            self.handler.handle(&mut tx, event).await?;
            tx.commit().await?;
            Ok(())
        };
        Box::pin(following(self.name(), event, reacting)).await
    }

    async fn react_together(&self, events: &[Arc<Envelope>]) -> Result<usize, HandlerError> {
        let is_alone = self.database.engine() == Engine::Sqlite;
        if !self.handler.is_brief() || (self.handler.locks_rows() && !is_alone) {
            return Ok(0);
        }
        match self.handle_together(events).await {
            // Another process dealt with one of them between our look and our note; the next look knows.
            Err(HandlerError::Store(error)) if is_unique_violation(&error) => {
                self.handle_together(events).await
            }
            result => result,
        }
        .map(|()| events.len())
    }

    async fn park(&self, event: &Envelope, attempts: u32, error: &HandlerError) -> Result<(), EventError> {
        let now = self.clock.now();
        let letter = Letter::seal(&self.cipher, now, self.name(), event, attempts, error)?;
        let tx = self.database.begin().await?;
        if note_handled(&tx, self.name(), event.id, now).await? {
            letter.keep(&tx).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn replay(&self, event: EventId) -> Result<bool, HandlerError> {
        DeadLetters::new(self.database.clone(), self.cipher.clone())
            .replay(self.handler.as_ref(), event)
            .await
    }
}

/// Notes an event in a handler's inbox; `false` when it was there already, and then the transaction is of no more use.
pub(crate) async fn note_handled(
    tx: &Transaction,
    handler: &str,
    event: EventId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let row = inbox::ActiveModel {
        handler: Set(handler.to_owned()),
        event_id: Set(event.uuid()),
        handled_at: Set(now.into()),
    };
    match inbox::Entity::insert(row).exec_without_returning(&**tx).await {
        Ok(_) => Ok(true),
        Err(error) if is_unique_violation(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Notes events in a handler's inbox, and answers those that were not there. Fails when another process notes one meanwhile.
async fn note_all_handled<'a>(
    tx: &Transaction,
    handler: &str,
    events: &'a [Arc<Envelope>],
    now: DateTime<Utc>,
) -> Result<Vec<&'a Envelope>, DbErr> {
    let ids = events.iter().map(|event| event.id.uuid());
    let known: Vec<Uuid> = inbox::Entity::find()
        .select_only()
        .column(inbox::Column::EventId)
        .filter(inbox::Column::Handler.eq(handler))
        .filter(inbox::Column::EventId.is_in(ids))
        .into_tuple()
        .all(&**tx)
        .await?;
    // One may arrive twice at once.
    let mut known: HashSet<Uuid> = known.into_iter().collect();
    let new: Vec<&Envelope> = events
        .iter()
        .map(Arc::as_ref)
        .filter(|event| known.insert(event.id.uuid()))
        .collect();
    let rows = new.iter().map(|event| inbox::ActiveModel {
        handler: Set(handler.to_owned()),
        event_id: Set(event.id.uuid()),
        handled_at: Set(now.into()),
    });
    if !new.is_empty() {
        inbox::Entity::insert_many(rows)
            .exec_without_returning(&**tx)
            .await?;
    }
    Ok(new)
}

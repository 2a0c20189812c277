//! Events that a handler gave up on: kept, listed, and handled again when somebody has mended the cause.

use super::tables::dead_letter;
use super::{Envelope, EventError, EventHandler, HandlerError, following};
use crate::crypto::{FieldCipher, FieldRef};
use crate::database::{Database, Transaction};
use caregraph_contracts::Domain;
use caregraph_contracts::ids::{EventId, Id};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, DbErr, EntityTrait, QueryOrder, QuerySelect};
use uuid::Uuid;

/// One parked event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Which handler gave up.
    pub handler: String,
    /// Which event.
    pub event_id: EventId,
    /// Its name.
    pub name: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was parked.
    pub parked_at: DateTime<Utc>,
    /// What the last attempt said, with its sources.
    pub error: String,
}

/// The dead letters of one domain's handlers.
#[derive(Clone)]
pub struct DeadLetters {
    database: Database,
    cipher: FieldCipher,
}

impl DeadLetters {
    /// Dead letters kept in `database`.
    pub fn new(database: Database, cipher: FieldCipher) -> Self {
        Self { database, cipher }
    }

    /// The oldest first, at most `limit`.
    pub async fn list(&self, limit: u64) -> Result<Vec<DeadLetter>, EventError> {
        let rows = dead_letter::Entity::find()
            .order_by_asc(dead_letter::Column::ParkedAt)
            .limit(limit)
            .all(self.database.reader())
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| DeadLetter {
                handler: row.handler,
                event_id: row.event_id.into(),
                name: row.name,
                attempts: u32::try_from(row.attempts).unwrap_or_default(),
                parked_at: row.parked_at.into(),
                error: row.error,
            })
            .collect())
    }

    /// The sealed event of one letter; `None` when there is no such letter (any more).
    pub(crate) async fn sealed(&self, handler: &str, event: EventId) -> Result<Option<String>, DbErr> {
        let row = dead_letter::Entity::find_by_id((handler.to_owned(), event.uuid()))
            .one(self.database.reader())
            .await?;
        Ok(row.map(|row| row.envelope))
    }

    /// Hands a parked event to its handler once more; when that works, the letter is gone. `false` when there is no
    /// such letter (any more).
    pub async fn replay(&self, handler: &dyn EventHandler, event: EventId) -> Result<bool, HandlerError> {
        let mut tx = self.database.begin().await?;
        let id = (handler.name().to_owned(), event.uuid());
        let Some(row) = dead_letter::Entity::find_by_id(id).one(&*tx).await? else {
            return Ok(false);
        };
        // Removing first takes the row's lock, so two people who replay at once do not both take effect.
        if !remove_letter(&tx, handler.name(), event).await? {
            return Ok(false);
        }
        let envelope = open_envelope(&self.cipher, event, &row.envelope)?;
        following(handler.name(), &envelope, handler.handle(&mut tx, &envelope)).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// What a store keeps of an event that a handler gave up on.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) handler: String,
    pub(crate) event_id: EventId,
    pub(crate) domain: Domain,
    pub(crate) name: String,
    pub(crate) attempts: u32,
    pub(crate) parked_at: DateTime<Utc>,
    pub(crate) error: String,
    pub(crate) envelope: String,
}

impl Letter {
    /// Seals the event and writes down what the last attempt said.
    pub(crate) fn seal(
        cipher: &FieldCipher,
        now: DateTime<Utc>,
        handler: &str,
        event: &Envelope,
        attempts: u32,
        error: &HandlerError,
    ) -> Result<Self, EventError> {
        Ok(Self {
            handler: handler.to_owned(),
            event_id: event.id,
            domain: event.domain,
            name: event.name.clone(),
            attempts,
            parked_at: now,
            error: storable(&crate::telemetry::chain(error)),
            envelope: cipher.seal_json(envelope_place(event.id.uuid()), event)?,
        })
    }

    /// Puts it into a relational store.
    pub(crate) async fn keep(&self, tx: &Transaction) -> Result<(), DbErr> {
        let row = dead_letter::ActiveModel {
            handler: Set(self.handler.clone()),
            event_id: Set(self.event_id.uuid()),
            domain: Set(self.domain.to_string()),
            name: Set(self.name.clone()),
            attempts: Set(i32::try_from(self.attempts).unwrap_or(i32::MAX)),
            parked_at: Set(self.parked_at.into()),
            error: Set(self.error.clone()),
            envelope: Set(self.envelope.clone()),
        };
        dead_letter::Entity::insert(row)
            .exec_without_returning(&**tx)
            .await?;
        Ok(())
    }
}

/// PostgreSQL keeps no NUL in texts, and MariaDB no more than 64 KiB; an event whose error cannot be written down would be tried
/// for ever.
fn storable(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(4_000).collect()
}

/// Takes a letter out of a relational store; `false` when there is none (any more).
pub(crate) async fn remove_letter(tx: &Transaction, handler: &str, event: EventId) -> Result<bool, DbErr> {
    let removed = dead_letter::Entity::delete_by_id((handler.to_owned(), event.uuid()))
        .exec(&**tx)
        .await?;
    Ok(removed.rows_affected > 0)
}

/// The event in a sealed letter.
pub(crate) fn open_envelope(cipher: &FieldCipher, id: EventId, sealed: &str) -> Result<Envelope, EventError> {
    Ok(cipher.open_json(envelope_place(id.uuid()), sealed)?)
}

pub(crate) fn envelope_place(id: Uuid) -> FieldRef<'static> {
    FieldRef {
        table: "event_dead_letters",
        record: id,
        field: "envelope",
    }
}

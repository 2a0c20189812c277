//! Outbox and log.
//!
//! As on the relational side, events draw a sequence number when they are stored and get their position once they are
//! committed. The number is drawn outside the transaction, after its documents were written: a second transaction that
//! writes one of them waits for the first, so it draws later.

use super::super::DocumentError;
use super::number;
use super::transact::{Halt, Work, transact};
use crate::clock::Clock;
use crate::crypto::FieldCipher;
use crate::events::{Envelope, EventError, EventLog, Outgoing, payload_place};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::{EventId, Id};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Error;
use mongodb::options::ReturnDocument;
use mongodb::{Client, ClientSession, Collection, Database};
use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;

pub(super) const OUTBOX: &str = "event_outbox";
pub(super) const HEAD: &str = "event_head";
/// The head's document: positions.
pub(super) const POSITIONS: &str = "positions";
/// The document that sequence numbers are drawn from. Apart from the positions, which are held by transactions.
pub(super) const SEQUENCE: &str = "sequence";

/// One domain's events. Cheap to clone; clones share.
#[derive(Clone)]
pub(super) struct MongoLog(Arc<Shared>);

struct Shared {
    domain: Domain,
    client: Client,
    database: Database,
    cipher: FieldCipher,
    clock: Clock,
    wake: Notify,
}

impl MongoLog {
    pub(super) fn new(
        domain: Domain,
        client: Client,
        database: Database,
        cipher: FieldCipher,
        clock: Clock,
    ) -> Self {
        Self(Arc::new(Shared {
            domain,
            client,
            database,
            cipher,
            clock,
            wake: Notify::new(),
        }))
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    /// Tells the relay that something was committed.
    pub(super) fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// Stores events. Comes last in a transaction, when its documents are written.
    pub(super) async fn append(&self, session: &mut ClientSession, events: &[Outgoing]) -> Result<(), Halt> {
        if events.is_empty() {
            return Ok(());
        }
        let last = self.draw(events.len()).await?;
        let rows = (last + 1..).zip(events).map(|(number, event)| {
            doc! {
                "_id": event.id.to_string(),
                "waiting": number,
                "aggregate": event.aggregate.to_string(),
                "name": event.name,
                "version": i64::from(event.version),
                "occurred_at": event.occurred_at.timestamp_micros(),
                "traceparent": event.traceparent.clone(),
                "payload": &event.payload,
            }
        });
        self.outbox().insert_many(rows).session(session).await?;
        Ok(())
    }

    /// Takes so many sequence numbers; gives the one before the first.
    async fn draw(&self, count: usize) -> Result<i64, DocumentError> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let drawn = self
            .head_collection()
            .find_one_and_update(doc! { "_id": SEQUENCE }, doc! { "$inc": { "last": count } })
            .return_document(ReturnDocument::After)
            .await?;
        let last = drawn.and_then(|document| number(&document, "last"));
        Ok(last.ok_or(DocumentError::Damaged(HEAD, "the sequence is missing"))? - count)
    }

    fn outbox(&self) -> Collection<Document> {
        self.0.database.collection(OUTBOX)
    }

    fn head_collection(&self) -> Collection<Document> {
        self.0.database.collection(HEAD)
    }

    async fn head_value(&self, name: &str) -> Result<i64, EventError> {
        let head = self.head_collection().find_one(doc! { "_id": POSITIONS }).await;
        head.map_err(DocumentError::from)?
            .and_then(|document| number(&document, name))
            .ok_or(EventError::Damaged("the head document is missing"))
    }

    fn envelope(&self, row: &Document) -> Result<Envelope, EventError> {
        let damaged = EventError::Damaged;
        let text = |name| row.get_str(name).map_err(|_| damaged("a text is missing"));
        let id = Uuid::try_parse(text("_id")?).map_err(|_| damaged("the identifier is not one"))?;
        Ok(Envelope {
            payload: self.0.cipher.open_json(payload_place(id), text("payload")?)?,
            id: id.into(),
            domain: self.0.domain,
            position: number(row, "position").ok_or(damaged("no position"))?,
            aggregate: Uuid::try_parse(text("aggregate")?).map_err(|_| damaged("aggregate"))?,
            name: text("name")?.to_owned(),
            version: number(row, "version")
                .and_then(|version| u16::try_from(version).ok())
                .ok_or(damaged("version"))?,
            occurred_at: number(row, "occurred_at")
                .and_then(DateTime::from_timestamp_micros)
                .ok_or(damaged("time"))?,
            traceparent: row.get_str("traceparent").ok().map(str::to_owned),
        })
    }

    async fn somebody_waits(&self) -> Result<bool, Error> {
        let found = self
            .outbox()
            .find_one(doc! { "waiting": { "$gt": 0 } })
            .projection(doc! { "_id": 1 })
            .await?;
        Ok(found.is_some())
    }
}

#[async_trait]
impl EventLog for MongoLog {
    fn domain(&self) -> Domain {
        self.0.domain
    }

    async fn assign_positions(&self, at_most: u64) -> Result<usize, EventError> {
        // A look outside a transaction first: mostly there is nothing to do.
        if !self.somebody_waits().await.map_err(DocumentError::from)? {
            return Ok(0);
        }
        let at_most = i64::try_from(at_most).unwrap_or(i64::MAX);
        let work = Assign { log: self, at_most };
        let assigned = transact(&self.0.client, &work).await;
        assigned.map_err(|halt| halt.into_error().into())
    }

    async fn read_after(&self, position: i64, at_most: u64) -> Result<Vec<Arc<Envelope>>, EventError> {
        let read = async {
            self.outbox()
                .find(doc! { "position": { "$gt": position } })
                .sort(doc! { "position": 1 })
                .limit(i64::try_from(at_most).unwrap_or(i64::MAX))
                .await?
                .try_collect::<Vec<Document>>()
                .await
        };
        read.await
            .map_err(DocumentError::from)?
            .iter()
            .map(|row| self.envelope(row).map(Arc::new))
            .collect()
    }

    async fn head(&self) -> Result<i64, EventError> {
        self.head_value("position").await
    }

    async fn pruned(&self) -> Result<i64, EventError> {
        self.head_value("pruned").await
    }

    async fn prune(&self, before: DateTime<Utc>, keep_after: i64) -> Result<u64, EventError> {
        let last = self
            .outbox()
            .find_one(doc! {
                "position": { "$lte": keep_after },
                "occurred_at": { "$lt": before.timestamp_micros() },
            })
            .sort(doc! { "position": -1 })
            .await
            .map_err(DocumentError::from)?;
        let Some(last) = last.and_then(|row| number(&row, "position")) else {
            return Ok(0);
        };
        // Said first, so that nobody who reads meanwhile believes to have everything.
        self.head_collection()
            .update_one(
                doc! { "_id": POSITIONS, "pruned": { "$lt": last } },
                doc! { "$set": { "pruned": last } },
            )
            .await
            .map_err(DocumentError::from)?;
        let removed = self
            .outbox()
            .delete_many(doc! { "position": { "$lte": last } })
            .await
            .map_err(DocumentError::from)?;
        Ok(removed.deleted_count)
    }

    async fn position_of(&self, id: EventId) -> Result<Option<i64>, EventError> {
        let row = self
            .outbox()
            .find_one(doc! { "_id": id.uuid().to_string() })
            .await;
        Ok(row
            .map_err(DocumentError::from)?
            .and_then(|row| number(&row, "position")))
    }

    async fn published(&self) -> Result<i64, EventError> {
        self.head_value("published").await
    }

    async fn set_published(&self, position: i64) -> Result<(), EventError> {
        self.head_collection()
            .update_one(
                doc! { "_id": POSITIONS, "published": { "$lt": position } },
                doc! { "$set": { "published": position } },
            )
            .await
            .map_err(DocumentError::from)?;
        Ok(())
    }

    async fn woken(&self) {
        self.0.wake.notified().await;
    }
}

/// Gives positions to what is committed.
struct Assign<'a> {
    log: &'a MongoLog,
    at_most: i64,
}

#[async_trait]
impl Work for Assign<'_> {
    type Output = usize;

    async fn once(&self, session: &mut ClientSession) -> Result<usize, Halt> {
        let (head, outbox) = (self.log.head_collection(), self.log.outbox());
        // Writing comes first: of two relays, one is sent back to begin after the other.
        let taken = head
            .find_one_and_update(doc! { "_id": POSITIONS }, doc! { "$inc": { "turn": 1_i64 } })
            .session(&mut *session)
            .await?;
        let start = taken
            .and_then(|document| number(&document, "position"))
            .ok_or(DocumentError::Damaged(HEAD, "the positions are missing"))?;
        let mut waiting = outbox
            .find(doc! { "waiting": { "$gt": 0 } })
            .sort(doc! { "waiting": 1 })
            .limit(self.at_most)
            .projection(doc! { "_id": 1 })
            .session(&mut *session)
            .await?;
        let mut end = start;
        let mut updates = Vec::new();
        while let Some(row) = waiting.next(&mut *session).await {
            end += 1;
            let id = row?.get("_id").cloned().unwrap_or(Bson::Null);
            updates.push(doc! {
                "q": { "_id": id },
                "u": { "$set": { "position": end }, "$unset": { "waiting": "" } },
            });
        }
        if updates.is_empty() {
            return Ok(0);
        }
        let count = updates.len();
        // One round trip for all of them; the driver has no other way to say so.
        let command = doc! { "update": OUTBOX, "updates": updates };
        let answer = self
            .log
            .0
            .database
            .run_command(command)
            .session(&mut *session)
            .await?;
        let matched = number(&answer, "n").and_then(|n| usize::try_from(n).ok());
        if answer.contains_key("writeErrors") || matched != Some(count) {
            return Err(DocumentError::Damaged(OUTBOX, "positions were not taken").into());
        }
        head.update_one(doc! { "_id": POSITIONS }, doc! { "$set": { "position": end } })
            .session(session)
            .await?;
        Ok(count)
    }
}

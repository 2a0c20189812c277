//! Inbox, offsets and dead letters.

use super::super::DocumentError;
use super::{is_duplicate, number};
use crate::events::{DeadLetter, EventError, Letter, Offsets};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::{EventId, Id};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;
use mongodb::{ClientSession, Collection, Database};

pub(super) const INBOX: &str = "event_inbox";
pub(super) const OFFSETS: &str = "event_offsets";
pub(super) const LETTERS: &str = "event_dead_letters";

/// One handler's note or letter about one event.
fn key(handler: &str, event: EventId) -> String {
    format!("{handler}/{}", event.uuid())
}

/// Notes an event in a handler's inbox; `false` when it was there already.
pub(super) async fn note_handled(
    database: &Database,
    session: &mut ClientSession,
    handler: &str,
    event: EventId,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let inbox: Collection<Document> = database.collection(INBOX);
    let key = key(handler, event);
    let known = inbox
        .find_one(doc! { "_id": &key })
        .session(&mut *session)
        .await?;
    if known.is_some() {
        return Ok(false);
    }
    inbox
        .insert_one(doc! { "_id": key, "handled_at": now.timestamp_micros() })
        .session(session)
        .await?;
    Ok(true)
}

/// Forgets which events were dealt with before `before`.
pub(super) async fn forget_handled(database: &Database, before: DateTime<Utc>) -> Result<u64, Error> {
    let inbox: Collection<Document> = database.collection(INBOX);
    let old = inbox
        .delete_many(doc! { "handled_at": { "$lt": before.timestamp_micros() } })
        .await?;
    Ok(old.deleted_count)
}

/// Keeps a letter.
pub(super) async fn keep(
    database: &Database,
    session: &mut ClientSession,
    letter: &Letter,
) -> Result<(), Error> {
    let document = doc! {
        "_id": key(&letter.handler, letter.event_id),
        "handler": &letter.handler,
        "event_id": letter.event_id.to_string(),
        "domain": letter.domain.as_str(),
        "name": &letter.name,
        "attempts": i64::from(letter.attempts),
        "parked_at": letter.parked_at.timestamp_micros(),
        "error": &letter.error,
        "envelope": &letter.envelope,
    };
    let letters: Collection<Document> = database.collection(LETTERS);
    letters.insert_one(document).session(session).await?;
    Ok(())
}

/// Takes a letter out; `false` when there is none (any more).
pub(super) async fn remove_letter(
    database: &Database,
    session: &mut ClientSession,
    handler: &str,
    event: EventId,
) -> Result<bool, Error> {
    let letters: Collection<Document> = database.collection(LETTERS);
    let removed = letters
        .delete_one(doc! { "_id": key(handler, event) })
        .session(session)
        .await?;
    Ok(removed.deleted_count > 0)
}

/// The oldest letters first.
pub(super) async fn letters(database: &Database, limit: u64) -> Result<Vec<DeadLetter>, DocumentError> {
    let letters: Collection<Document> = database.collection(LETTERS);
    let found: Vec<Document> = letters
        .find(Document::new())
        .projection(doc! { "envelope": 0 })
        .sort(doc! { "parked_at": 1, "_id": 1 })
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .await?
        .try_collect()
        .await?;
    found
        .iter()
        .map(|document| {
            read_letter(document).ok_or(DocumentError::Damaged(LETTERS, "a letter cannot be read"))
        })
        .collect()
}

fn read_letter(document: &Document) -> Option<DeadLetter> {
    let text = |name| document.get_str(name).ok().map(str::to_owned);
    Some(DeadLetter {
        handler: text("handler")?,
        event_id: text("event_id")?.parse().ok()?,
        name: text("name")?,
        attempts: u32::try_from(number(document, "attempts")?).ok()?,
        parked_at: DateTime::from_timestamp_micros(number(document, "parked_at")?)?,
        error: text("error")?,
    })
}

/// The sealed event of one letter.
pub(super) async fn sealed_letter(
    database: &Database,
    handler: &str,
    event: EventId,
) -> Result<Option<String>, DocumentError> {
    let letters: Collection<Document> = database.collection(LETTERS);
    let found = letters.find_one(doc! { "_id": key(handler, event) }).await?;
    Ok(found.and_then(|document| document.get_str("envelope").ok().map(str::to_owned)))
}

/// How far handlers have read.
pub(super) struct MongoOffsets(Collection<Document>);

impl MongoOffsets {
    pub(super) fn new(database: Database) -> Self {
        Self(database.collection(OFFSETS))
    }
}

#[async_trait]
impl Offsets for MongoOffsets {
    async fn offset(&self, handler: &str, source: Domain) -> Result<i64, EventError> {
        let found = self
            .0
            .find_one(doc! { "_id": format!("{handler}/{source}") })
            .await;
        let found = found.map_err(DocumentError::from)?;
        Ok(found
            .and_then(|document| number(&document, "position"))
            .unwrap_or(0))
    }

    async fn save_offset(&self, handler: &str, source: Domain, position: i64) -> Result<(), EventError> {
        let key = format!("{handler}/{source}");
        let further = self
            .0
            .update_one(
                doc! { "_id": &key, "position": { "$lt": position } },
                doc! { "$set": { "position": position } },
            )
            .await
            .map_err(DocumentError::from)?;
        if further.matched_count == 0 {
            match self.0.insert_one(doc! { "_id": key, "position": position }).await {
                // It is there, and another process is further.
                Err(error) if is_duplicate(&error) => {}
                other => {
                    other.map_err(DocumentError::from)?;
                }
            }
        }
        Ok(())
    }
}

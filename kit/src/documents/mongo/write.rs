//! Batches, one transaction each.

use super::super::body::Key;
use super::super::store::{Batch, Note, Prepared, State, Step};
use super::super::{DocumentError, declaration::Declaration};
use super::body::{keys_to_bson, scalar, to_bson};
use super::log::MongoLog;
use super::query::key;
use super::transact::{Halt, Work, transact};
use super::{inbox, is_duplicate, number};
use async_trait::async_trait;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::{Client, ClientSession, Collection, Database};

/// How often to begin again because what stood in the way had gone before it could be named.
const ROUNDS: u32 = 20;

pub(super) async fn apply(
    client: &Client,
    database: &Database,
    log: &MongoLog,
    batch: &Batch,
) -> Result<bool, DocumentError> {
    let mut work = Apply {
        database,
        log,
        batch,
        stop_at: None,
    };
    for _ in 0..ROUNDS {
        work.stop_at = None;
        let at = match transact(client, &work).await {
            Err(Halt::Violation(at)) => at,
            Ok(done) => {
                if done && !batch.events.is_empty() {
                    log.wake();
                }
                return Ok(done);
            }
            Err(halt) => return Err(halt.into_error()),
        };
        // The server has ended the transaction and names the index it happened to look at. Once more up to there, to see for
        // ourselves what stands in the way; other writes of the same batch may be it.
        work.stop_at = Some(at);
        match transact(client, &work).await {
            Err(Halt::Free | Halt::Violation(_)) => {}
            Err(halt) => return Err(halt.into_error()),
            Ok(done) => return Ok(done),
        }
    }
    Err(Halt::Free.into_error())
}

struct Apply<'a> {
    database: &'a Database,
    log: &'a MongoLog,
    batch: &'a Batch,
    /// The write at which to look instead of going on.
    stop_at: Option<usize>,
}

#[async_trait]
impl Work for Apply<'_> {
    type Output = bool;

    async fn once(&self, session: &mut ClientSession) -> Result<bool, Halt> {
        if let Some(note) = &self.batch.note
            && !self.take_note(session, note).await?
        {
            return Ok(false);
        }
        for (at, write) in self.batch.writes.iter().enumerate() {
            if self.stop_at == Some(at) {
                return Err(match self.violated(session, write).await? {
                    Some(index) => write.duplicate(index).into(),
                    None => Halt::Free,
                });
            }
            self.take_step(session, at, write).await?;
        }
        self.log.append(session, &self.batch.events).await?;
        Ok(true)
    }
}

impl Apply<'_> {
    /// `false` when somebody was faster.
    async fn take_note(&self, session: &mut ClientSession, note: &Note) -> Result<bool, Halt> {
        match note {
            Note::Handled { handler, event } => {
                let now = self.log.now();
                Ok(inbox::note_handled(self.database, session, handler, *event, now).await?)
            }
            Note::Parked(letter) => {
                let (handler, event, at) = (&letter.handler, letter.event_id, letter.parked_at);
                let first = inbox::note_handled(self.database, session, handler, event, at).await?;
                if first {
                    inbox::keep(self.database, session, letter).await?;
                }
                Ok(first)
            }
            Note::Replayed { handler, event } => {
                Ok(inbox::remove_letter(self.database, session, handler, *event).await?)
            }
        }
    }

    async fn take_step(&self, session: &mut ClientSession, at: usize, write: &Prepared) -> Result<(), Halt> {
        let of = &write.declaration;
        let collection = self.collection(of);
        let id = write.id.to_string();
        let violation = |error: mongodb::error::Error| {
            if is_duplicate(&error) {
                Halt::Violation(at)
            } else {
                error.into()
            }
        };
        let (expected, matched) = match &write.step {
            Step::Insert(state) => {
                let mut document = doc! { "_id": id, "version": 1_i64 };
                document.extend(parts(of, state));
                collection
                    .insert_one(document)
                    .session(session)
                    .await
                    .map_err(violation)?;
                return Ok(());
            }
            Step::Replace(expected, state) => {
                let update = doc! { "$set": parts(of, state), "$inc": { "version": 1_i64 } };
                let updated = collection
                    .update_one(doc! { "_id": id, "version": *expected }, update)
                    .session(&mut *session)
                    .await
                    .map_err(violation)?;
                (*expected, updated.matched_count)
            }
            Step::Delete(expected) => {
                let deleted = collection
                    .delete_one(doc! { "_id": id, "version": *expected })
                    .session(&mut *session)
                    .await?;
                (*expected, deleted.deleted_count)
            }
            // Reading takes no lock; writing something new does.
            Step::Require(expected) => {
                let updated = collection
                    .update_one(
                        doc! { "_id": id, "version": *expected },
                        doc! { "$set": { "guard": ObjectId::new() } },
                    )
                    .session(&mut *session)
                    .await?;
                (*expected, updated.matched_count)
            }
        };
        if matched == 0 {
            let found = self.version(session, write).await?;
            return Err(write.conflict(expected, found).into());
        }
        Ok(())
    }

    async fn version(
        &self,
        session: &mut ClientSession,
        write: &Prepared,
    ) -> Result<Option<i64>, mongodb::error::Error> {
        let found = self
            .collection(&write.declaration)
            .find_one(doc! { "_id": write.id.to_string() })
            .projection(doc! { "version": 1 })
            .session(session)
            .await?;
        Ok(found.and_then(|document| number(&document, "version")))
    }

    /// Which index stands in the way: `id`, or the first one declared.
    async fn violated(
        &self,
        session: &mut ClientSession,
        write: &Prepared,
    ) -> Result<Option<&'static str>, mongodb::error::Error> {
        let state = match &write.step {
            Step::Insert(state) => {
                if self.version(session, write).await?.is_some() {
                    return Ok(Some("id"));
                }
                state
            }
            Step::Replace(_, state) => state,
            Step::Delete(_) | Step::Require(_) => return Ok(None),
        };
        let of = &write.declaration;
        for index in of.indexes.iter().filter(|index| index.unique) {
            let mut same = Document::new();
            for (at, _) in &index.columns {
                if let Key::One(value) = &state.keys[*at] {
                    same.insert(key(of, *at), scalar(value));
                }
            }
            if same.len() < index.columns.len() {
                continue;
            }
            same.insert("_id", doc! { "$ne": write.id.to_string() });
            let found = self.collection(of).find_one(same).session(&mut *session).await?;
            if found.is_some() {
                return Ok(Some(index.name));
            }
        }
        Ok(None)
    }

    fn collection(&self, of: &Declaration) -> Collection<Document> {
        self.database.collection(of.name)
    }
}

fn parts(of: &Declaration, state: &State) -> Document {
    doc! {
        "shape": of.shape(),
        "keys": keys_to_bson(of, &state.keys),
        "body": to_bson(&state.body),
    }
}

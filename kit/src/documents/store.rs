//! One domain's documents and events, and what a back end has to do for them.

use super::body::{self, Body, Keys};
use super::collection::{Collection, Document};
use super::commit::{Change, Commit, Write};
use super::declaration::Declaration;
use super::filter::Condition;
use super::query::Order;
use super::{DocumentError, DocumentHandler, Location, mongo, sqlite};
use crate::clock::Clock;
use crate::crypto::{FieldCipher, Renewal};
use crate::events::{DeadLetter, EventError, EventLog, Letter, Offsets, Outgoing, Reaction};
use crate::telemetry::trace::{SPANS, STORE};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::EventId;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::Arc;
use tracing::{Instrument, Span};
use uuid::Uuid;

/// One domain's documents, with its outbox, inbox and dead letters in the same store. Cheap to clone; clones share.
#[derive(Clone)]
pub struct Documents(Arc<Shared>);

struct Shared {
    domain: Domain,
    collections: HashMap<&'static str, Arc<Declaration>>,
    backend: Arc<dyn Backend>,
    cipher: FieldCipher,
    clock: Clock,
}

/// What a store needs besides its address.
#[derive(Clone)]
pub struct Foundation {
    /// Whose documents these are.
    pub domain: Domain,
    /// Seals events.
    pub cipher: FieldCipher,
    /// Time and identifiers.
    pub clock: Clock,
}

impl Documents {
    /// Opens a store and brings it to these declarations: collections, indexes, and what documents are found by.
    /// Processes that start together may all do so.
    pub async fn open(
        location: &Location,
        foundation: Foundation,
        declarations: Vec<Declaration>,
    ) -> Result<Self, DocumentError> {
        let mut collections = HashMap::new();
        for declaration in declarations {
            declaration.check()?;
            collections.insert(declaration.name, Arc::new(declaration));
        }
        let mut declared: Vec<_> = collections.values().cloned().collect();
        declared.sort_by_key(|declaration| declaration.name);
        let Foundation {
            domain,
            cipher,
            clock,
        } = foundation;
        let backend: Arc<dyn Backend> = match location {
            Location::Embedded { url, pool } => {
                let store = sqlite::Sqlite::open(url, pool, domain, &cipher, &clock, &declared).await?;
                Arc::new(store)
            }
            Location::MongoDb { url, connections } => {
                Arc::new(mongo::Mongo::open(url, *connections, domain, &cipher, &clock, &declared).await?)
            }
        };
        Ok(Self(Arc::new(Shared {
            domain,
            collections,
            backend,
            cipher,
            clock,
        })))
    }

    /// Whose documents these are.
    pub fn domain(&self) -> Domain {
        self.0.domain
    }

    /// The address without user and password, for logs.
    pub fn label(&self) -> String {
        self.0.backend.label()
    }

    /// The documents of one type. Fails when the store was opened without its declaration.
    pub fn collection<T: Document>(&self) -> Result<Collection<T>, DocumentError> {
        Collection::new(self.clone())
    }

    /// Does everything in `commit`, or nothing. Gives the events' identities, in their order.
    pub async fn commit(&self, commit: Commit) -> Result<Vec<EventId>, DocumentError> {
        let (ids, _) = self.apply(commit, None).await?;
        Ok(ids)
    }

    /// The domain's events, for [`EventBus::add_source`](crate::events::EventBus::add_source).
    pub fn events(&self) -> Arc<dyn EventLog> {
        self.0.backend.log()
    }

    /// A handler on this store, for [`EventBus::add_reaction`](crate::events::EventBus::add_reaction); the store itself is where
    /// it remembers how far it has read.
    pub fn reaction(&self, handler: Arc<dyn DocumentHandler>) -> Arc<dyn Reaction> {
        super::handler::reaction(self.clone(), handler)
    }

    /// Events that this domain's handlers gave up on: the oldest first, at most `limit`. They are handled again by
    /// [`Reaction::replay`].
    pub async fn dead_letters(&self, limit: u64) -> Result<Vec<DeadLetter>, EventError> {
        // No limit is not what nought means.
        if limit == 0 {
            return Ok(Vec::new());
        }
        Ok(self.0.backend.letters(limit).await?)
    }

    /// Forgets which events this domain's handlers dealt with before `before`. Events that may still come again must be kept in
    /// mind, so this reaches less far than [`EventLog::prune`] does in any log that they hear.
    pub async fn forget_handled(&self, before: DateTime<Utc>) -> Result<u64, DocumentError> {
        self.0.backend.forget_handled(before).await
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), DocumentError> {
        self.0.backend.ping().await
    }

    /// Closes the store's connections.
    pub async fn close(self) -> Result<(), DocumentError> {
        self.0.backend.close().await
    }

    pub(super) fn backend(&self) -> &dyn Backend {
        self.0.backend.as_ref()
    }

    pub(super) fn cipher(&self) -> &FieldCipher {
        &self.0.cipher
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(super) fn declaration(&self, collection: &'static str) -> Result<Arc<Declaration>, DocumentError> {
        self.0
            .collections
            .get(collection)
            .cloned()
            .ok_or(DocumentError::Undeclared(collection))
    }

    /// Does a commit together with what becomes of an incoming event; `false` when somebody has dealt with that before, and
    /// then nothing is done.
    pub(super) async fn apply(
        &self,
        commit: Commit,
        note: Option<Note>,
    ) -> Result<(Vec<EventId>, bool), DocumentError> {
        let mut batch = Batch {
            writes: Vec::with_capacity(commit.writes.len()),
            events: Vec::with_capacity(commit.events.len()),
            note,
        };
        for write in commit.writes {
            batch.writes.push(self.prepare(write)?);
        }
        for (domain, event) in &commit.events {
            debug_assert_eq!(*domain, self.0.domain, "a domain tells its own events only");
            batch
                .events
                .push(Outgoing::seal(event, &self.0.clock, &self.0.cipher)?);
        }
        let ids = batch.events.iter().map(|event| event.id).collect();
        if batch.writes.is_empty() && batch.events.is_empty() && batch.note.is_none() {
            return Ok((ids, true));
        }
        let span = span("commit", self.0.domain, None);
        let done = self.0.backend.apply(&batch).instrument(span).await?;
        Ok((ids, done))
    }

    fn prepare(&self, write: Write) -> Result<Prepared, DocumentError> {
        let declaration = self.declaration(write.collection)?;
        let state = |body: Body| {
            let keys = body::keys_of(&declaration, &body)?;
            Ok::<_, DocumentError>(State { body, keys })
        };
        let step = match write.change {
            Change::Insert(body) => Step::Insert(state(body)?),
            Change::Replace(expected, body) => Step::Replace(expected, state(body)?),
            Change::Delete(expected) => Step::Delete(expected),
            Change::Require(expected) => Step::Require(expected),
        };
        Ok(Prepared {
            declaration,
            id: write.id,
            step,
        })
    }
}

/// One thing that a store is asked to do.
pub(super) fn span(what: &'static str, domain: Domain, collection: Option<&'static str>) -> Span {
    tracing::info_span!(
        target: SPANS,
        STORE,
        otel.name = %format_args!("documents {what}"),
        otel.kind = "client",
        db.operation = what,
        db.namespace = domain.as_str(),
        db.collection.name = collection,
    )
}

/// Where this domain's handlers remember how far they have read.
#[async_trait]
impl Offsets for Documents {
    async fn offset(&self, handler: &str, source: Domain) -> Result<i64, EventError> {
        self.0.backend.offsets().offset(handler, source).await
    }

    async fn save_offset(&self, handler: &str, source: Domain, position: i64) -> Result<(), EventError> {
        self.0
            .backend
            .offsets()
            .save_offset(handler, source, position)
            .await
    }
}

/// A document as a back end gives it.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) id: Uuid,
    pub(super) version: i64,
    pub(super) body: Body,
}

/// Everything one transaction does. May be done several times, as long as it takes effect once.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) writes: Vec<Prepared>,
    pub(super) events: Vec<Outgoing>,
    pub(super) note: Option<Note>,
}

#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) declaration: Arc<Declaration>,
    pub(super) id: Uuid,
    pub(super) step: Step,
}

#[derive(Debug)]
pub(super) enum Step {
    Insert(State),
    Replace(i64, State),
    Delete(i64),
    Require(i64),
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) body: Body,
    pub(super) keys: Keys,
}

impl Prepared {
    pub(super) fn duplicate(&self, index: &'static str) -> DocumentError {
        DocumentError::Duplicate {
            collection: self.declaration.name,
            id: self.id,
            index,
        }
    }

    pub(super) fn conflict(&self, expected: i64, found: Option<i64>) -> DocumentError {
        DocumentError::Conflict {
            collection: self.declaration.name,
            id: self.id,
            expected,
            found,
        }
    }
}

/// What becomes of an event that came in.
#[derive(Debug)]
pub(super) enum Note {
    /// It was handled; unless that was noted before.
    Handled { handler: &'static str, event: EventId },
    /// It was given up; unless that, or that it was handled, was noted before.
    Parked(Letter),
    /// It was given up before and is handled now; unless its letter is gone.
    Replayed { handler: &'static str, event: EventId },
}

/// What a back end does.
#[async_trait]
pub(super) trait Backend: Send + Sync + 'static {
    fn label(&self) -> String;

    /// Those documents that are there.
    async fn get(&self, of: &Declaration, ids: &[Uuid]) -> Result<Vec<Raw>, DocumentError>;

    /// The first `limit` documents of a list.
    async fn select(
        &self,
        of: &Declaration,
        condition: &Condition,
        order: &Order,
        limit: u64,
    ) -> Result<Vec<Raw>, DocumentError>;

    async fn count(&self, of: &Declaration, condition: &Condition) -> Result<u64, DocumentError>;

    /// Does a batch in one transaction; `false`, and nothing is done, when its note says that somebody was faster.
    async fn apply(&self, batch: &Batch) -> Result<bool, DocumentError>;

    fn log(&self) -> Arc<dyn EventLog>;

    fn offsets(&self) -> Arc<dyn Offsets>;

    async fn letters(&self, limit: u64) -> Result<Vec<DeadLetter>, DocumentError>;

    /// The sealed event of one letter.
    async fn sealed_letter(&self, handler: &str, event: EventId) -> Result<Option<String>, DocumentError>;

    /// Forgets which events were dealt with before `before`.
    async fn forget_handled(&self, before: DateTime<Utc>) -> Result<u64, DocumentError>;

    /// Seals events and letters anew that older keys sealed.
    async fn renew_events(&self, cipher: &FieldCipher) -> Result<Renewal, DocumentError>;

    async fn ping(&self) -> Result<(), DocumentError>;

    async fn close(&self) -> Result<(), DocumentError>;
}

//! Reactions to events by domains that keep documents.

use super::store::{Documents, Note};
use super::{Commit, DocumentError};
use crate::events::{Envelope, EventError, HandlerError, Letter, Reaction, following, open_envelope};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::EventId;
use std::sync::Arc;

/// A reaction to events. It reads what it needs and answers what is to be written; the store writes that together with the
/// note that the event was handled, so an event that arrives twice takes effect once.
///
/// Whoever decides on what was read puts the document into the commit (with its version), so that a change in between is
/// noticed: then the handler is asked again.
#[async_trait]
pub trait DocumentHandler: Send + Sync + 'static {
    /// Stable name, `domain.reaction`. Renaming it makes it hear everything again.
    fn name(&self) -> &'static str;

    /// Whose events it hears.
    fn sources(&self) -> &'static [Domain];

    /// As [`EventHandler::is_awaited`](crate::events::EventHandler::is_awaited).
    fn is_awaited(&self) -> bool {
        true
    }

    /// As [`EventHandler::hears`](crate::events::EventHandler::hears).
    fn hears(&self, _name: &str) -> bool {
        true
    }

    /// What follows from one event. Nothing for events it does not care for.
    async fn handle(&self, event: &Envelope) -> Result<Commit, HandlerError>;
}

/// How often a handler is asked again at once when somebody changed what it had read.
const RACES: u32 = 10;

pub(super) fn reaction(store: Documents, handler: Arc<dyn DocumentHandler>) -> Arc<dyn Reaction> {
    Arc::new(DocumentReaction { store, handler })
}

struct DocumentReaction {
    store: Documents,
    handler: Arc<dyn DocumentHandler>,
}

impl DocumentReaction {
    async fn handle(&self, event: &Envelope, note: impl Fn() -> Note) -> Result<bool, HandlerError> {
        let mut races = 0;
        loop {
            let commit = self.handler.handle(event).await?;
            match self.store.apply(commit, Some(note())).await {
                Ok((_, done)) => return Ok(done),
                Err(error) if error.lost_a_race() && races < RACES => races += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[async_trait]
impl Reaction for DocumentReaction {
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
        let note = || Note::Handled {
            handler: self.name(),
            event: event.id,
        };
        let reacting = self.handle(event, note);
        following(self.name(), event, reacting).await.map(|_| ())
    }

    async fn park(&self, event: &Envelope, attempts: u32, error: &HandlerError) -> Result<(), EventError> {
        let (cipher, now) = (self.store.cipher(), self.store.clock().now());
        let letter = Letter::seal(cipher, now, self.name(), event, attempts, error)?;
        self.store
            .apply(Commit::new(), Some(Note::Parked(letter)))
            .await?;
        Ok(())
    }

    async fn replay(&self, event: EventId) -> Result<bool, HandlerError> {
        let sealed = self.store.backend().sealed_letter(self.name(), event).await?;
        let Some(sealed) = sealed else { return Ok(false) };
        let envelope = open_envelope(self.store.cipher(), event, &sealed)?;
        let note = || Note::Replayed {
            handler: self.name(),
            event,
        };
        following(self.name(), &envelope, self.handle(&envelope, note)).await
    }
}

impl From<DocumentError> for HandlerError {
    fn from(error: DocumentError) -> Self {
        Self::other(error)
    }
}

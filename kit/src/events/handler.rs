//! What reacts to events, and why it may fail.

use super::{Envelope, EventError, following};
use crate::database::{Transaction, is_outage, is_retryable};
use crate::documents::DocumentError;
use crate::failure::Fault;
use async_trait::async_trait;
use caregraph_contracts::Domain;
use sea_orm::DbErr;

/// Why a handler could not deal with an event.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The handler's store failed.
    #[error("the handler's store failed")]
    Store(#[from] DbErr),
    /// The event could not be read, or what follows from it not be written.
    #[error(transparent)]
    Event(#[from] EventError),
    /// What the event is about is not known here yet, because what tells of it has not arrived: waiting helps.
    #[error("not known yet: {0}")]
    NotYet(String),
    /// Something else; counts towards giving up.
    #[error("{0}")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl HandlerError {
    /// An error of another kind.
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }

    /// Whether waiting helps and the event is not to blame: the store was away or gave the transaction up, or other news come first.
    pub(super) fn will_pass(&self) -> bool {
        if matches!(self, Self::NotYet(_)) {
            return true;
        }
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            // Boxed sources show their box.
            let boxed = || error.downcast_ref::<Box<DocumentError>>().map(Box::as_ref);
            let documents = error.downcast_ref::<DocumentError>().or_else(boxed);
            let relational = error.downcast_ref::<DbErr>();
            if documents.is_some_and(DocumentError::is_outage)
                || relational.is_some_and(|error| is_outage(error) || is_retryable(error))
            {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

impl From<Fault> for HandlerError {
    /// Keeps the sources: a store that is away is waited for, whoever noticed it.
    fn from(fault: Fault) -> Self {
        Self::Other(Box::new(fault))
    }
}

/// A reaction to events. Everything it does must go through the transaction it is given: then an event that arrives
/// twice takes effect once.
#[async_trait]
pub trait EventHandler: Send + Sync + 'static {
    /// Stable name, `domain.reaction`. Renaming it makes it hear everything again.
    fn name(&self) -> &'static str;

    /// Whose events it hears.
    fn sources(&self) -> &'static [Domain];

    /// Whether the answer to a command waits a moment for it ([`Ground::settle`](crate::subgraph::Ground::settle)). `false` for what
    /// nobody asks for in the next breath: messages, the audit trail. Then a backlog there makes no command slow.
    fn is_awaited(&self) -> bool {
        true
    }

    /// Whether events of this name matter to it. What does not is passed over: it is neither opened nor noted, which saves a commit for
    /// each, and where everybody's looks are told of, that is most of what there is to hear.
    fn hears(&self, _name: &str) -> bool {
        true
    }

    /// Whether it deals with an event in a moment, so that several may share a transaction. `false` for what works long, or asks others:
    /// meanwhile nobody else writes to an embedded store.
    fn is_brief(&self) -> bool {
        true
    }

    /// Whether it locks rows that commands lock as well. On servers each event then has a transaction of its own: whoever locks several
    /// rows in the order in which events come, and whoever locks them in another, wait for each other.
    fn locks_rows(&self) -> bool {
        false
    }

    /// Deals with one event. Events it does not care for are `Ok`.
    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError>;

    /// Deals with several events in their order: one after the other, unless a handler knows a shorter way. That lets each be
    /// [`following()`] its event, too.
    async fn handle_all(&self, tx: &mut Transaction, events: &[&Envelope]) -> Result<(), HandlerError> {
        for event in events {
            following(self.name(), event, self.handle(&mut *tx, event)).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable_server() -> DocumentError {
        mongodb::error::Error::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset)).into()
    }

    /// However deep it lies: an event is not to blame for a store that is away.
    #[test]
    fn a_store_that_is_away_is_recognised_whoever_noticed_it() {
        let away = || DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout);
        for error in [
            HandlerError::from(away()),
            HandlerError::from(EventError::from(away())),
            HandlerError::from(Fault::from(away())),
            HandlerError::from(DocumentError::from(away())),
            HandlerError::from(unreachable_server()),
            HandlerError::from(EventError::from(unreachable_server())),
            HandlerError::from(DocumentError::from(EventError::from(unreachable_server()))),
            HandlerError::from(Fault::from(unreachable_server())),
            HandlerError::from(Fault::from(EventError::from(unreachable_server()))),
        ] {
            assert!(error.will_pass(), "{error:?}");
        }
        let conflict = DocumentError::Conflict {
            collection: "things",
            id: uuid::Uuid::nil(),
            expected: 1,
            found: None,
        };
        for error in [
            HandlerError::other("no"),
            conflict.into(),
            DocumentError::Cursor.into(),
        ] {
            assert!(!error.will_pass(), "{error:?}");
        }
    }
}

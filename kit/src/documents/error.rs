//! How a document store can refuse or fail.

use crate::database::{DatabaseError, is_outage, is_retryable};
use crate::events::EventError;
use crate::failure::{Failure, Fault, Rejection};
use sea_orm::DbErr;
use uuid::Uuid;

/// Why a document was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The document has not the expected version any more, or is not there.
    #[error(
        "{collection} {id} was changed by somebody else: version {expected} was expected, {found:?} found"
    )]
    Conflict {
        /// Which collection.
        collection: &'static str,
        /// Which document.
        id: Uuid,
        /// The version that the caller had read.
        expected: i64,
        /// The version that is there; `None` when there is no such document.
        found: Option<i64>,
    },
    /// Another document has the same identifier (`id`), or the same values in a unique index. When several are violated, it is
    /// `id` if that is among them, else the one declared first.
    #[error("{collection} {id} would be a duplicate by `{index}`")]
    Duplicate {
        /// Which collection.
        collection: &'static str,
        /// Which document.
        id: Uuid,
        /// The index's name, or `id`.
        index: &'static str,
    },
    /// The document holds something that not every back end can keep.
    #[error("a document of {collection} cannot be stored: {reason}")]
    Unstorable {
        /// Which collection.
        collection: &'static str,
        /// What is wrong, without the value.
        reason: String,
    },
    /// The question makes no sense for this collection; a mistake of the program.
    #[error("{collection} cannot be asked this: {reason}")]
    Query {
        /// Which collection.
        collection: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The key to go on behind is not one of this list.
    #[error("not a key of this list")]
    Cursor,
    /// A stored document cannot be read as its type.
    #[error("a stored document of {0} cannot be read")]
    Unreadable(&'static str, #[source] serde_json::Error),
    /// A stored document holds what this program never writes.
    #[error("a stored document of {0} is damaged: {1}")]
    Damaged(&'static str, &'static str),
    /// A collection is declared in a way that cannot be kept; a mistake of the program.
    #[error("collection {0} is declared wrongly: {1}")]
    Declaration(&'static str, String),
    /// The store was opened without this collection; a mistake of the program.
    #[error("the store was opened without collection {0}")]
    Undeclared(&'static str),
    /// The store could not be opened.
    #[error("the document store cannot be opened: {0}")]
    Open(String),
    /// The embedded store could not be opened.
    #[error(transparent)]
    OpenEmbedded(#[from] DatabaseError),
    /// An event could not be sealed or read.
    #[error(transparent)]
    Event(Box<EventError>),
    /// The embedded store failed.
    #[error("the document store failed")]
    Store(#[from] DbErr),
    /// MongoDB failed.
    #[error("the document store failed")]
    Mongo(#[source] Box<mongodb::error::Error>),
}

impl DocumentError {
    /// Whether somebody else was first: reading afresh and trying again may help.
    pub fn lost_a_race(&self) -> bool {
        matches!(self, Self::Conflict { .. } | Self::Duplicate { .. })
    }

    /// The violated index, where that is the reason.
    pub fn duplicate(&self) -> Option<&'static str> {
        match self {
            Self::Duplicate { index, .. } => Some(index),
            _ => None,
        }
    }

    /// Whether the store is away or was too busy, so that waiting may help.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Store(error) => is_outage(error) || is_retryable(error),
            Self::Mongo(error) => super::mongo::is_outage(error),
            _ => false,
        }
    }
}

impl From<EventError> for DocumentError {
    fn from(error: EventError) -> Self {
        Self::Event(Box::new(error))
    }
}

impl From<mongodb::error::Error> for DocumentError {
    fn from(error: mongodb::error::Error) -> Self {
        Self::Mongo(Box::new(error))
    }
}

impl From<DocumentError> for EventError {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Event(error) => *error,
            DocumentError::Store(error) => Self::Store(error),
            other => Self::Documents(Box::new(other)),
        }
    }
}

impl From<DocumentError> for Fault {
    fn from(error: DocumentError) -> Self {
        Self::new("the document store failed", error)
    }
}

impl<R: From<Rejection>> From<DocumentError> for Failure<R> {
    /// A lost race and a made-up cursor are the caller's to deal with; a duplicate is for the use case to name before.
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Conflict { .. } => {
                Rejection::conflict("", "somebody else changed this meanwhile").into()
            }
            DocumentError::Cursor => Rejection::invalid("after", "not a cursor of this list").into(),
            other => Self::Fault(other.into()),
        }
    }
}

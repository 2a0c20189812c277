//! Documents of one type.

use super::body::{self, Key, Keys};
use super::declaration::Declaration;
use super::store::{Documents, Raw, span};
use super::{Commit, DocumentError, Filter, PageKey, Query, filter, query};
use caregraph_contracts::ids::Id;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashSet;
use std::marker::PhantomData;
use std::sync::Arc;
use tracing::{Instrument, Span};

/// A type whose values are documents. It serialises to an object; numbers are whole (64 bits), decimals and dates are
/// texts, instants are microseconds ([`micros`](super::micros)).
pub trait Document: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What its documents are known by.
    type Id: Id;

    /// The collection's name.
    const COLLECTION: &'static str;

    /// What they are found and sorted by; begins with `Declaration::new(Self::COLLECTION)`.
    fn declaration() -> Declaration;
}

/// A document as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<I, T> {
    /// Which document.
    pub id: I,
    /// Its version at that time, to be handed back when it is written.
    pub version: i64,
    /// What it said.
    pub value: T,
}

/// Documents of one type in a store. Cheap to clone.
pub struct Collection<T> {
    store: Documents,
    declaration: Arc<Declaration>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Collection<T> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            declaration: Arc::clone(&self.declaration),
            of: PhantomData,
        }
    }
}

impl<T: Document> Collection<T> {
    pub(super) fn new(store: Documents) -> Result<Self, DocumentError> {
        let declaration = store.declaration(T::COLLECTION)?;
        Ok(Self {
            store,
            declaration,
            of: PhantomData,
        })
    }

    /// One document; `None` when there is none.
    pub async fn get(&self, id: T::Id) -> Result<Option<Versioned<T::Id, T>>, DocumentError> {
        Ok(self.get_many(&[id]).await?.pop())
    }

    /// Those documents of `ids` that are there, in no particular order.
    pub async fn get_many(&self, ids: &[T::Id]) -> Result<Vec<Versioned<T::Id, T>>, DocumentError> {
        let ids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(500) {
            let documents = self.store.backend().get(&self.declaration, ids);
            found.extend(documents.instrument(self.span("get")).await?);
        }
        found.into_iter().map(Self::read).collect()
    }

    /// A list, each document with its place in it.
    pub async fn find(&self, query: &Query) -> Result<Vec<(PageKey, Versioned<T::Id, T>)>, DocumentError> {
        let plan = query::plan(&self.declaration, query)?;
        let mut found: Vec<(PageKey, Versioned<T::Id, T>)> = Vec::new();
        // A document that moves while we look may stand in two segments.
        let mut seen = HashSet::new();
        for segment in &plan.segments {
            let left = plan.limit.saturating_sub(found.len() as u64);
            if left == 0 {
                break;
            }
            let rows = self
                .store
                .backend()
                .select(&self.declaration, segment, &plan.order, left);
            for raw in rows.instrument(self.span("find")).await? {
                if seen.insert(raw.id) {
                    let key = plan.order.key(raw.id, &self.keys(&raw));
                    found.push((key, Self::read(raw)?));
                }
            }
        }
        Ok(found)
    }

    /// The first document of a list.
    pub async fn first(&self, query: Query) -> Result<Option<Versioned<T::Id, T>>, DocumentError> {
        Ok(self
            .find(&query.limit(1))
            .await?
            .pop()
            .map(|(_, document)| document))
    }

    /// How many documents `filter` means.
    pub async fn count(&self, filter: &Filter) -> Result<u64, DocumentError> {
        let condition = filter::check(&self.declaration, filter)?;
        let counted = self.store.backend().count(&self.declaration, &condition);
        counted.instrument(self.span("count")).await
    }

    /// Writes a new document, and nothing else.
    pub async fn insert(&self, id: T::Id, value: &T) -> Result<(), DocumentError> {
        let mut commit = Commit::new();
        commit.insert(id, value)?;
        self.store.commit(commit).await.map(|_| ())
    }

    /// Writes another state of a document of which version `expected` was read, and nothing else.
    pub async fn replace(&self, id: T::Id, expected: i64, value: &T) -> Result<(), DocumentError> {
        let mut commit = Commit::new();
        commit.replace(id, expected, value)?;
        self.store.commit(commit).await.map(|_| ())
    }

    /// Ends a document of which version `expected` was read, and nothing else.
    pub async fn delete(&self, id: T::Id, expected: i64) -> Result<(), DocumentError> {
        let mut commit = Commit::new();
        commit.delete::<T>(id, expected);
        self.store.commit(commit).await.map(|_| ())
    }

    fn span(&self, what: &'static str) -> Span {
        span(what, self.store.domain(), Some(T::COLLECTION))
    }

    /// What the document is sorted by. One that was written under another declaration and does not fit this one is brought
    /// up to date when the store is opened, so here it counts as having no values.
    fn keys(&self, raw: &Raw) -> Keys {
        body::keys_of(&self.declaration, &raw.body)
            .unwrap_or_else(|_| vec![Key::Absent; self.declaration.fields.len()])
    }

    fn read(raw: Raw) -> Result<Versioned<T::Id, T>, DocumentError> {
        let value = serde_json::from_value(raw.body.into())
            .map_err(|error| DocumentError::Unreadable(T::COLLECTION, error))?;
        Ok(Versioned {
            id: raw.id.into(),
            version: raw.version,
            value,
        })
    }
}

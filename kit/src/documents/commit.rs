//! What is to be written, as a value: so that a store can try it again when it lost a race.

use super::DocumentError;
use super::body::{self, Body};
use super::collection::Document;
use crate::events::Told;
use caregraph_contracts::ids::Id;
use caregraph_contracts::{Domain, PublicEvent};
use uuid::Uuid;

/// Several writes and what is told about them: all of it takes effect, or nothing does.
///
/// Writes are done in order. A document's version is 1 when it is inserted and grows by one with each replacement; whoever
/// replaces or deletes says which version they have seen, and is refused with [`DocumentError::Conflict`] when it is not the
/// present one.
///
/// Events about one thing are told in the order of their commits if each of these commits writes (or requires) the thing's
/// document: that is what makes the commits wait for each other.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    pub(super) writes: Vec<Write>,
    pub(super) events: Vec<(Domain, Told)>,
}

#[derive(Debug, Clone)]
pub(super) struct Write {
    pub(super) collection: &'static str,
    pub(super) id: Uuid,
    pub(super) change: Change,
}

#[derive(Debug, Clone)]
pub(super) enum Change {
    Insert(Body),
    Replace(i64, Body),
    Delete(i64),
    Require(i64),
}

impl Commit {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.events.is_empty()
    }

    /// A new document.
    pub fn insert<T: Document>(&mut self, id: T::Id, value: &T) -> Result<(), DocumentError> {
        self.push::<T>(id, Change::Insert(body::body_of(T::COLLECTION, value)?));
        Ok(())
    }

    /// Another state of a document of which version `expected` was read.
    pub fn replace<T: Document>(&mut self, id: T::Id, expected: i64, value: &T) -> Result<(), DocumentError> {
        self.push::<T>(
            id,
            Change::Replace(expected, body::body_of(T::COLLECTION, value)?),
        );
        Ok(())
    }

    /// The end of a document of which version `expected` was read.
    pub fn delete<T: Document>(&mut self, id: T::Id, expected: i64) {
        self.push::<T>(id, Change::Delete(expected));
    }

    /// A document that must still have the version that was read, although it is not written: what is decided depends on it.
    pub fn require<T: Document>(&mut self, id: T::Id, expected: i64) {
        self.push::<T>(id, Change::Require(expected));
    }

    /// An event that becomes known if everything else takes effect.
    pub fn tell<E: PublicEvent>(&mut self, event: &E) -> Result<(), DocumentError> {
        self.events.push((E::DOMAIN, Told::of(event)?));
        Ok(())
    }

    /// Everything that another commit would do, behind what this one does.
    pub fn append(&mut self, other: Self) {
        self.writes.extend(other.writes);
        self.events.extend(other.events);
    }

    fn push<T: Document>(&mut self, id: T::Id, change: Change) {
        self.writes.push(Write {
            collection: T::COLLECTION,
            id: id.uuid(),
            change,
        });
    }
}

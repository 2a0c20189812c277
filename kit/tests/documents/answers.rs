//! What a store says, in a form that can be compared.

use crate::model::{List, Step, Write, place};
use crate::things::{Happened, Thing, ThingId, World};
use caregraph_contracts::ids::Id;
use caregraph_kit::documents::{Commit, DocumentError, PageKey, Query, Scalar};
use caregraph_kit::events::Envelope;
use serde_json::json;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Done,
    Things(Vec<(ThingId, i64, Thing)>),
    Count(u64),
    Refused(Refusal),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Which document, the version expected, the version found.
    Conflict(ThingId, i64, Option<i64>),
    /// Which document, by which index.
    Duplicate(ThingId, &'static str),
}

impl From<DocumentError> for Refusal {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Conflict {
                id, expected, found, ..
            } => Self::Conflict(id.into(), expected, found),
            DocumentError::Duplicate { id, index, .. } => Self::Duplicate(id.into(), index),
            other => panic!("{other:?}"),
        }
    }
}

/// A key as a client would hand it back.
pub fn page_key(values: &[Option<Scalar>], id: ThingId) -> PageKey {
    serde_json::from_value(json!([values, id.uuid()])).unwrap()
}

impl World {
    pub async fn answer(&self, step: &Step) -> Answer {
        match step {
            Step::Commit(writes, events) => match self.documents.commit(commit(writes, events)).await {
                Ok(ids) => {
                    assert_eq!(ids.len(), events.len());
                    Answer::Done
                }
                Err(error) => Answer::Refused(error.into()),
            },
            Step::Get(id) => {
                let found = self.things.get(*id).await.unwrap();
                Answer::Things(
                    found
                        .map(|found| (found.id, found.version, found.value))
                        .into_iter()
                        .collect(),
                )
            }
            Step::Find(list) => Answer::Things(self.find(list).await),
            Step::Count(filter) => Answer::Count(self.things.count(filter).await.unwrap()),
        }
    }

    pub async fn find(&self, list: &List) -> Vec<(ThingId, i64, Thing)> {
        let mut query = Query::of(list.filter.clone()).limit(list.limit);
        for (path, direction) in &list.sort {
            query = query.sorted_by(path, *direction);
        }
        let after = list.after.as_ref().map(|(values, id)| page_key(values, *id));
        let found = self.things.find(&query.after(after)).await.unwrap();
        let read = found.into_iter().map(|(key, found)| {
            assert_eq!(key, page_key(&place(&list.sort, &found.value), found.id));
            (found.id, found.version, found.value)
        });
        read.collect()
    }

    /// Everything told behind a position. Gives committed events their positions first.
    pub async fn told(&self, after: i64) -> Vec<Arc<Envelope>> {
        let log = self.documents.events();
        while log.assign_positions(100).await.unwrap() > 0 {}
        log.read_after(after, 10_000).await.unwrap()
    }
}

fn commit(writes: &[Write], events: &[Happened]) -> Commit {
    let mut commit = Commit::new();
    for write in writes {
        match write {
            Write::Insert(id, thing) => commit.insert(*id, thing).unwrap(),
            Write::Replace(id, expected, thing) => commit.replace(*id, *expected, thing).unwrap(),
            Write::Delete(id, expected) => commit.delete::<Thing>(*id, *expected),
            Write::Require(id, expected) => commit.require::<Thing>(*id, *expected),
        }
    }
    for event in events {
        commit.tell(event).unwrap();
    }
    commit
}

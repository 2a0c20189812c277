//! Questions in MongoDB's terms. Names come from declarations, values are BSON values and never operators.

use super::super::DocumentError;
use super::super::declaration::{Declaration, Direction};
use super::super::filter::Condition;
use super::super::query::Order;
use super::super::store::Raw;
use super::body::{from_bson, scalar};
use super::number;
use futures::TryStreamExt;
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};
use std::ops::Bound;
use uuid::Uuid;

pub(super) async fn get(
    database: &Database,
    of: &Declaration,
    ids: &[Uuid],
) -> Result<Vec<Raw>, DocumentError> {
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let found: Vec<Document> = database
        .collection::<Document>(of.name)
        .find(doc! { "_id": { "$in": ids } })
        .projection(parts())
        .await?
        .try_collect()
        .await?;
    found.into_iter().map(|document| read(of, document)).collect()
}

pub(super) async fn select(
    database: &Database,
    of: &Declaration,
    condition: &Condition,
    order: &Order,
    limit: u64,
) -> Result<Vec<Raw>, DocumentError> {
    let mut sort = Document::new();
    for (at, direction) in &order.columns {
        sort.insert(key(of, *at), sign(*direction));
    }
    sort.insert("_id", sign(order.id));
    let found: Vec<Document> = database
        .collection::<Document>(of.name)
        .find(filter(of, condition))
        .projection(parts())
        .sort(sort)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .await?
        .try_collect()
        .await?;
    found.into_iter().map(|document| read(of, document)).collect()
}

pub(super) async fn count(
    database: &Database,
    of: &Declaration,
    condition: &Condition,
) -> Result<u64, DocumentError> {
    let collection = database.collection::<Document>(of.name);
    Ok(collection.count_documents(filter(of, condition)).await?)
}

/// What is read of a document.
fn parts() -> Document {
    doc! { "version": 1, "body": 1 }
}

pub(super) fn read(of: &Declaration, mut document: Document) -> Result<Raw, DocumentError> {
    let damaged = |what| DocumentError::Damaged(of.name, what);
    let id = document
        .get_str("_id")
        .ok()
        .and_then(|id| Uuid::try_parse(id).ok());
    let Some(Bson::Document(body)) = document.remove("body") else {
        return Err(damaged("it has no body"));
    };
    Ok(Raw {
        id: id.ok_or_else(|| damaged("the identifier is not one"))?,
        version: number(&document, "version").ok_or_else(|| damaged("it has no version"))?,
        body: from_bson(of.name, body)?,
    })
}

/// Where a declared path is found.
pub(super) fn key(of: &Declaration, field: usize) -> String {
    format!("keys.{}", of.fields[field].key)
}

pub(super) fn sign(direction: Direction) -> i32 {
    match direction {
        Direction::Ascending => 1,
        Direction::Descending => -1,
    }
}

fn filter(of: &Declaration, condition: &Condition) -> Document {
    match condition {
        Condition::In(at, wanted) => match wanted.as_slice() {
            [one] => doc! { key(of, *at): scalar(one) },
            several => doc! { key(of, *at): { "$in": several.iter().map(scalar).collect::<Vec<_>>() } },
        },
        Condition::Between(at, from, to) => {
            let mut bounds = Document::new();
            for (bound, inclusive, exclusive) in [(from, "$gte", "$gt"), (to, "$lte", "$lt")] {
                match bound {
                    Bound::Unbounded => {}
                    Bound::Included(bound) => {
                        bounds.insert(inclusive, scalar(bound));
                    }
                    Bound::Excluded(bound) => {
                        bounds.insert(exclusive, scalar(bound));
                    }
                }
            }
            if bounds.is_empty() {
                bounds.insert("$exists", true);
            }
            doc! { key(of, *at): bounds }
        }
        Condition::Contains(at, wanted) => doc! { key(of, *at): scalar(wanted) },
        Condition::Present(at) => doc! { key(of, *at): { "$exists": true } },
        // Keys are never null, so this is what is not there; unlike `$exists`, an index answers it.
        Condition::Absent(at) => doc! { key(of, *at): Bson::Null },
        Condition::IdBehind(direction, id) => {
            let operator = match direction {
                Direction::Ascending => "$gt",
                Direction::Descending => "$lt",
            };
            doc! { "_id": { operator: id.to_string() } }
        }
        Condition::All(parts) if parts.is_empty() => Document::new(),
        Condition::Any(parts) if parts.is_empty() => doc! { "_id": { "$in": [] } },
        Condition::All(parts) => doc! { "$and": several(of, parts) },
        Condition::Any(parts) => doc! { "$or": several(of, parts) },
    }
}

fn several(of: &Declaration, parts: &[Condition]) -> Vec<Document> {
    parts.iter().map(|part| filter(of, part)).collect()
}

//! Collections and indexes as declared, and documents brought up to date.

use super::super::DocumentError;
use super::super::body;
use super::super::declaration::{Declaration, Direction};
use super::body::keys_to_bson;
use super::inbox::{INBOX, LETTERS, OFFSETS};
use super::is_duplicate;
use super::log::{HEAD, OUTBOX, POSITIONS, SEQUENCE};
use super::query::{key, read, sign};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::IndexOptions;
use mongodb::{Collection, Database, IndexModel};
use std::collections::HashMap;
use std::sync::Arc;

/// Safe to be done by several processes at once: every step may find that it was done already.
pub(super) async fn bring_up(
    database: &Database,
    declarations: &[Arc<Declaration>],
) -> Result<(), DocumentError> {
    let known = database.list_collection_names().await?;
    let events = [OUTBOX, HEAD, INBOX, OFFSETS, LETTERS];
    for name in events.into_iter().chain(declarations.iter().map(|of| of.name)) {
        // Made before the first transaction writes to it, because not every transaction may make one.
        if !known.iter().any(|known| known == name) {
            create(database, name).await?;
        }
    }
    event_log(database).await?;
    for of in declarations {
        let collection = database.collection::<Document>(of.name);
        let wanted = indexes(of);
        drop_stale_indexes(&collection, &wanted).await?;
        collection.create_index(shape_index()).await?;
        bring_documents_up(&collection, of).await?;
        if !wanted.is_empty() {
            collection.create_indexes(wanted).await?;
        }
    }
    Ok(())
}

async fn create(database: &Database, name: &str) -> Result<(), Error> {
    const NAMESPACE_EXISTS: i32 = 48;
    match database.create_collection(name).await {
        Err(error) if matches!(error.kind.as_ref(), ErrorKind::Command(error) if error.code == NAMESPACE_EXISTS) => {
            Ok(())
        }
        other => other,
    }
}

async fn event_log(database: &Database) -> Result<(), Error> {
    let outbox = database.collection::<Document>(OUTBOX);
    let sparse = |path: &str, unique: bool| {
        let options = IndexOptions::builder()
            .name(format!("ix_{path}"))
            .sparse(true)
            .unique(unique)
            .build();
        IndexModel::builder()
            .keys(doc! { path: 1 })
            .options(options)
            .build()
    };
    outbox
        .create_indexes([sparse("waiting", false), sparse("position", true)])
        .await?;
    // Every note has it; what was handled long ago is forgotten by it.
    let inbox = database.collection::<Document>(INBOX);
    inbox.create_index(sparse("handled_at", false)).await?;
    let head = database.collection::<Document>(HEAD);
    for first in [
        doc! { "_id": POSITIONS, "position": 0_i64, "published": 0_i64, "pruned": 0_i64, "turn": 0_i64 },
        doc! { "_id": SEQUENCE, "last": 0_i64 },
    ] {
        match head.insert_one(first).await {
            Err(error) if is_duplicate(&error) => {}
            other => {
                other?;
            }
        }
    }
    Ok(())
}

/// Documents of another shape are found without looking at all.
fn shape_index() -> IndexModel {
    let options = IndexOptions::builder().name("shape".to_owned()).build();
    IndexModel::builder()
        .keys(doc! { "shape": 1 })
        .options(options)
        .build()
}

fn indexes(of: &Declaration) -> Vec<IndexModel> {
    of.indexes
        .iter()
        .map(|index| {
            let mut keys = Document::new();
            let mut complete = Document::new();
            let mut last = Direction::Ascending;
            for (at, direction) in &index.columns {
                keys.insert(key(of, *at), sign(*direction));
                complete.insert(key(of, *at), doc! { "$exists": true });
                last = *direction;
            }
            if !index.unique {
                keys.insert("_id", sign(last));
            }
            let options = IndexOptions::builder()
                .name(format!("ix_{}", index.name))
                .unique(index.unique.then_some(true))
                .partial_filter_expression(index.unique.then_some(complete))
                .build();
            IndexModel::builder().keys(keys).options(options).build()
        })
        .collect()
}

/// An index that is not declared any more would cost, and a unique one would refuse what is allowed now.
async fn drop_stale_indexes(collection: &Collection<Document>, wanted: &[IndexModel]) -> Result<(), Error> {
    let name = |index: &IndexModel| index.options.as_ref().and_then(|options| options.name.clone());
    let wanted: HashMap<_, _> = wanted.iter().map(|index| (name(index), index)).collect();
    let present: Vec<IndexModel> = collection.list_indexes().await?.try_collect().await?;
    for index in present {
        let Some(found) = name(&index).filter(|name| name.starts_with("ix_")) else {
            continue;
        };
        let as_wanted = wanted
            .get(&Some(found.clone()))
            .is_some_and(|wanted| same(wanted, &index));
        if !as_wanted {
            collection.drop_index(found).await?;
        }
    }
    Ok(())
}

fn same(one: &IndexModel, other: &IndexModel) -> bool {
    let columns = |index: &IndexModel| -> Vec<(String, Option<i64>)> {
        let whole = |name: &str| {
            super::number(&index.keys, name).or_else(|| index.keys.get_f64(name).ok().map(rounded))
        };
        index
            .keys
            .keys()
            .map(|name| (name.clone(), whole(name)))
            .collect()
    };
    let unique = |index: &IndexModel| index.options.as_ref().and_then(|options| options.unique) == Some(true);
    columns(one) == columns(other) && unique(one) == unique(other)
}

/// Directions made by hand come back as fractions.
fn rounded(direction: f64) -> i64 {
    if direction < 0.0 { -1 } else { 1 }
}

/// Documents that were written under another declaration get what this one finds them by.
async fn bring_documents_up(
    collection: &Collection<Document>,
    of: &Declaration,
) -> Result<(), DocumentError> {
    let shape = of.shape();
    let other = doc! { "$or": [{ "shape": { "$lt": shape } }, { "shape": { "$gt": shape } }] };
    loop {
        let page: Vec<Document> = collection
            .find(other.clone())
            .limit(500)
            .await?
            .try_collect()
            .await?;
        if page.is_empty() {
            return Ok(());
        }
        for document in page {
            let raw = read(of, document)?;
            let keys = keys_to_bson(of, &body::keys_of(of, &raw.body)?);
            // Somebody who writes it meanwhile leaves it up to date, or for the next round.
            collection
                .update_one(
                    doc! { "_id": raw.id.to_string(), "version": raw.version },
                    doc! { "$set": { "shape": shape, "keys": keys } },
                )
                .await?;
        }
    }
}

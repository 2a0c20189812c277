//! Sealing fields of documents anew while others read and write.

use super::filter::Condition;
use super::query::Order;
use super::store::{Batch, Prepared, Raw, State, Step};
use super::{Direction, DocumentError, Documents, body};
use crate::crypto::{FieldCipher, FieldRef, Renewal};
use serde_json::Value;
use std::sync::Arc;

/// A field at the top of a collection's documents that holds a sealed value or none. Its seals name collection and field so.
#[derive(Debug, Clone, Copy)]
pub struct SealedPath {
    /// The collection.
    pub collection: &'static str,
    /// The field.
    pub field: &'static str,
}

const BATCH: u64 = 100;

impl Documents {
    /// Seals anew what older keys sealed, events included. Everybody goes on reading and writing meanwhile: a document is replaced
    /// only while it is what it was when it was read. May be cut off and begun again at any time.
    pub async fn renew_seals(&self, paths: &[SealedPath]) -> Result<Renewal, DocumentError> {
        let mut all = self.backend().renew_events(self.cipher()).await?;
        let mut collections: Vec<&'static str> = paths.iter().map(|path| path.collection).collect();
        collections.sort_unstable();
        collections.dedup();
        for collection in collections {
            let fields: Vec<&str> = paths
                .iter()
                .filter(|path| path.collection == collection)
                .map(|path| path.field)
                .collect();
            all += self.renew_collection(collection, &fields).await?;
        }
        Ok(all)
    }

    async fn renew_collection(
        &self,
        collection: &'static str,
        fields: &[&str],
    ) -> Result<Renewal, DocumentError> {
        let declaration = self.declaration(collection)?;
        let order = Order {
            columns: Vec::new(),
            id: Direction::Ascending,
        };
        let mut done = Renewal::default();
        let mut behind = Condition::All(Vec::new());
        loop {
            let page = self
                .backend()
                .select(&declaration, &behind, &order, BATCH)
                .await?;
            let Some(last) = page.last() else { return Ok(done) };
            behind = Condition::IdBehind(Direction::Ascending, last.id);
            for mut found in page {
                // Whoever was faster than we has sealed it with the newest key, or an older one that still runs will be looked for again.
                while let Some((renewal, step)) = renewed(self.cipher(), collection, fields, &found) {
                    done.unreadable += renewal.unreadable;
                    let Some(body) = step else { break };
                    let keys = body::keys_of(&declaration, &body)?;
                    let batch = Batch {
                        writes: vec![Prepared {
                            declaration: Arc::clone(&declaration),
                            id: found.id,
                            step: Step::Replace(found.version, State { body, keys }),
                        }],
                        events: Vec::new(),
                        note: None,
                    };
                    match self.backend().apply(&batch).await {
                        Ok(_) => {
                            done.renewed += renewal.renewed;
                            break;
                        }
                        Err(error) if error.lost_a_race() => {
                            let mut again = self.backend().get(&declaration, &[found.id]).await?;
                            let Some(now) = again.pop() else { break };
                            found = now;
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
        }
    }
}

/// The document with its fields sealed anew, `None` when there is nothing to be done; without a body when nothing can be done.
fn renewed(
    cipher: &FieldCipher,
    collection: &str,
    fields: &[&str],
    found: &Raw,
) -> Option<(Renewal, Option<body::Body>)> {
    let (mut renewal, mut body) = (Renewal::default(), found.body.clone());
    for field in fields {
        let Some(Value::String(sealed)) = body.get_mut(*field) else {
            continue;
        };
        let place = FieldRef {
            table: collection,
            record: found.id,
            field,
        };
        match cipher.renew(place, sealed) {
            Ok(Some(anew)) => {
                *sealed = anew;
                renewal.renewed += 1;
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(collection, field, id = %found.id, %error, "a sealed value cannot be opened");
                renewal.unreadable += 1;
            }
        }
    }
    (renewal != Renewal::default()).then(|| (renewal, (renewal.renewed > 0).then_some(body)))
}

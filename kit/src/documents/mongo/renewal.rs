//! Sealing events anew.

use super::{Mongo, inbox, log};
use crate::crypto::{FieldCipher, FieldRef, Renewal};
use crate::documents::DocumentError;
use crate::events::{envelope_place, payload_place};
use futures::TryStreamExt;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use uuid::Uuid;

impl Mongo {
    pub(super) async fn renew_sealed_events(&self, cipher: &FieldCipher) -> Result<Renewal, DocumentError> {
        let outbox = self.database.collection(log::OUTBOX);
        let letters = self.database.collection(inbox::LETTERS);
        let mut all = renew(&outbox, cipher, ("_id", "payload"), payload_place).await?;
        all += renew(&letters, cipher, ("event_id", "envelope"), envelope_place).await?;
        Ok(all)
    }
}

async fn renew(
    collection: &Collection<Document>,
    cipher: &FieldCipher,
    (record, field): (&str, &str),
    place: fn(Uuid) -> FieldRef<'static>,
) -> Result<Renewal, DocumentError> {
    let mut done = Renewal::default();
    let wanted = doc! { "_id": 1, record: 1, field: 1 };
    let mut found = collection
        .find(Document::new())
        .projection(wanted)
        .sort(doc! { "_id": 1 })
        .await?;
    while let Some(document) = found.try_next().await? {
        let text = |name| document.get_str(name).ok();
        let (Some(id), Some(of), Some(sealed)) = (
            document.get("_id"),
            text(record).and_then(|id| Uuid::try_parse(id).ok()),
            text(field),
        ) else {
            continue;
        };
        match cipher.renew(place(of), sealed) {
            Ok(Some(anew)) => {
                let as_it_was = doc! { "_id": id, field: sealed };
                let replaced = collection
                    .update_one(as_it_was, doc! { "$set": { field: anew } })
                    .await?;
                done.renewed += replaced.modified_count;
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(collection = collection.name(), %of, %error, "a sealed event cannot be opened");
                done.unreadable += 1;
            }
        }
    }
    Ok(done)
}

//! Writing entries down, in turn.

use super::chain::{Place, START};
use super::head::{Head, PURPOSE};
use super::store;
use super::written::Written;
use crate::entry::Entry;
use caregraph_kit::crypto::{FieldCipher, Signer};
use caregraph_kit::database::Transaction;
use caregraph_kit::{Clock, Fault};
use chrono::NaiveDate;

/// Appends to the trail. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    cipher: FieldCipher,
    signer: Signer,
    clock: Clock,
}

impl Recorder {
    /// A recorder that seals and signs with the keys of `cipher`.
    pub fn new(cipher: FieldCipher, clock: Clock) -> Self {
        let signer = Signer::new(cipher.ring(), PURPOSE);
        Self {
            cipher,
            signer,
            clock,
        }
    }

    /// Appends entries in their order, but for those that are there already. Whoever appends at the same time, in whatever process,
    /// waits until this transaction has ended.
    pub async fn record(&self, tx: &Transaction, mut entries: Vec<Entry>) -> Result<(), Fault> {
        store::take_turn(tx).await?;
        let mut known = store::recorded(tx, &entries).await?;
        entries.retain(|entry| known.insert(entry.id));
        if entries.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let today = now.date_naive();
        let mut head = match store::newest_day(&**tx).await? {
            Some(day) => self.going_on(tx, day, today).await?,
            None => Head::opened(today, None),
        };
        let is_new = head.count == 0;
        let mut rows = Vec::with_capacity(entries.len());
        for entry in entries {
            let place = Place(head.day, head.count + 1);
            let written = Written::down(entry, place, &head.last_hash, now, &self.cipher);
            head = head.with(written.hash.clone());
            rows.push(written);
        }
        store::append(tx, &rows).await?;
        store::keep_head(tx, &head.signed(&self.signer), is_new).await?;
        Ok(())
    }

    /// The head to append to, when `day` is the newest day of the trail.
    ///
    /// A head that somebody has tampered with is never signed anew, because that would vouch for the tampering: the trail goes on
    /// under the next date, and what was done to the day stays to be found.
    async fn going_on(&self, tx: &Transaction, day: NaiveDate, today: NaiveDate) -> Result<Head, Fault> {
        let head = store::head_of(&**tx, day).await?;
        let is_sound = match &head {
            Some(head) => {
                head.is_signed_by(&self.signer)
                    && store::hash_at(&**tx, Place(day, head.count + 1)).await?.is_none()
            }
            None => false,
        };
        match head {
            // The clocks of two processes differ; a day that another one has gone on from takes no more entries.
            Some(head) if is_sound && day >= today => Ok(head),
            Some(head) if is_sound => Ok(Head::opened(today, Some((day, head.last_hash)))),
            damaged => {
                tracing::error!(%day, "the audit trail was tampered with; it goes on under the next date");
                let last_hash = match damaged {
                    Some(head) => head.last_hash,
                    None => store::last_hash(&**tx, day)
                        .await?
                        .unwrap_or_else(|| START.to_owned()),
                };
                let next = day.succ_opt().unwrap_or(day);
                Ok(Head::opened(today.max(next), Some((day, last_hash))))
            }
        }
    }
}

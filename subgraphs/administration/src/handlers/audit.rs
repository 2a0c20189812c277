//! Every event of every domain becomes one entry of the trail.

use crate::entry::Entry;
use crate::trail::Recorder;
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{Envelope, EventHandler, HandlerError, following};
use caregraph_kit::subgraph::Ground;

/// All domains but this one, which tells nothing.
const SOURCES: &[Domain] = &[
    Domain::Identity,
    Domain::Patients,
    Domain::Practitioners,
    Domain::Scheduling,
    Domain::Records,
    Domain::Notifications,
];

/// Takes down what happens. Nothing changes anywhere without an event in the same transaction, so nothing is missed.
pub struct EventsBecomeEntries {
    recorder: Recorder,
    cipher: FieldCipher,
}

impl EventsBecomeEntries {
    /// The reaction on its ground.
    pub fn new(ground: Ground) -> Self {
        Self {
            recorder: Recorder::new(ground.cipher.clone(), ground.clock),
            cipher: ground.cipher,
        }
    }
}

#[async_trait]
impl EventHandler for EventsBecomeEntries {
    fn name(&self) -> &'static str {
        "administration.audit"
    }

    fn sources(&self) -> &'static [Domain] {
        SOURCES
    }

    // Everything of every domain passes here, so it is the first to fall behind.
    fn is_awaited(&self) -> bool {
        false
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        let entry = Entry::of(event, &self.cipher);
        self.recorder.record(tx, vec![entry]).await?;
        Ok(())
    }

    /// The end of the chain is looked up, and signed, once for all of them.
    async fn handle_all(&self, tx: &mut Transaction, events: &[&Envelope]) -> Result<(), HandlerError> {
        let mut entries = Vec::with_capacity(events.len());
        for event in events {
            let entry = async { Ok(Entry::of(event, &self.cipher)) };
            entries.push(following(self.name(), event, entry).await?);
        }
        self.recorder.record(tx, entries).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_domain_is_left_out() {
        let others: Vec<_> = Domain::ALL
            .iter()
            .copied()
            .filter(|domain| *domain != Domain::Administration)
            .collect();
        assert_eq!(SOURCES, others);
    }
}

//! Events that handlers gave up on, and handing them over once more.

use super::Clinic;
use anyhow::{Context, Result};
use caregraph_contracts::Domain;
use caregraph_kit::events::{DeadLetter, DeadLetters, HandlerError};
use std::sync::Arc;

/// Most of one domain that are looked at in one go.
const MOST: u64 = 10_000;

/// An event that a handler of a domain gave up on.
pub struct Parked {
    /// Whose handler it was.
    pub domain: Domain,
    /// The event, the handler, and what it said at last.
    pub letter: DeadLetter,
}

impl Clinic {
    /// What is parked in the hosted domains, the oldest of each first.
    pub async fn parked(&self) -> Result<Vec<Parked>> {
        let mut parked = Vec::new();
        for (domain, store) in self.foundations.stores() {
            let letters = store.parked(self.foundations.cipher(), MOST).await;
            let letters = letters.with_context(|| format!("cannot look into the store of {domain}"))?;
            parked.extend(letters.into_iter().map(|letter| Parked { domain, letter }));
        }
        Ok(parked)
    }

    /// Hands a parked event to its handler once more. When that works, it is parked no longer; otherwise everything stays as it was.
    /// `false` when somebody else was faster.
    pub async fn replay(&self, parked: &Parked) -> Result<bool, HandlerError> {
        let (name, event) = (parked.letter.handler.as_str(), parked.letter.event_id);
        let subgraphs = self.subgraphs.iter();
        for subgraph in subgraphs.filter(|subgraph| subgraph.name == parked.domain.as_str()) {
            if let Some(handler) = subgraph.handlers.iter().find(|handler| handler.name() == name) {
                let ground = self.foundations.ground(parked.domain).map_err(other)?;
                let letters = DeadLetters::new(ground.database, ground.cipher);
                return letters.replay(handler.as_ref(), event).await;
            }
            let mut handlers = subgraph.document_handlers.iter();
            if let Some(handler) = handlers.find(|handler| handler.name() == name) {
                let ground = self.foundations.document_ground(parked.domain).map_err(other)?;
                let reaction = ground.documents.reaction(Arc::clone(handler));
                return reaction.replay(event).await;
            }
        }
        Err(HandlerError::other("this version has no handler of that name"))
    }
}

fn other(error: anyhow::Error) -> HandlerError {
    HandlerError::Other(error.into())
}

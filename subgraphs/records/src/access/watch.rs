//! Noting who looked. Nothing is shown before it is written down that it was shown.

use caregraph_contracts::events::{RecordAccess, RecordsEvent};
use caregraph_kit::Fault;
use caregraph_kit::documents::{Commit, Documents};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Mutex as Turn, oneshot};

/// Writes accesses down. Those that come while others are being written go together in the next commit, so that many readers cost
/// few commits, and none waits longer than two. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Watch(Arc<Shared>);

struct Shared {
    documents: Documents,
    waiting: Mutex<Vec<Waiting>>,
    turn: Turn<()>,
}

struct Waiting {
    commit: Commit,
    done: oneshot::Sender<Result<(), Arc<Fault>>>,
}

impl Watch {
    pub fn new(documents: Documents) -> Self {
        Self(Arc::new(Shared {
            documents,
            waiting: Mutex::default(),
            turn: Turn::new(()),
        }))
    }

    /// Writes an access down, in the name of whoever the work at hand is done for.
    pub async fn note(&self, access: RecordAccess) -> Result<(), Fault> {
        let mut commit = Commit::new();
        commit.tell(&RecordsEvent::RecordAccessed { access })?;
        let (done, outcome) = oneshot::channel();
        self.queue().push(Waiting { commit, done });
        // A task of its own: when a caller gives up, those who wait with them do not.
        tokio::spawn(self.clone().write());
        match outcome.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(fault)) => Err(Fault::new("the access could not be written down", fault)),
            Err(gone) => Err(Fault::new("the access could not be written down", gone)),
        }
    }

    async fn write(self) {
        let _turn = self.0.turn.lock().await;
        let waiting = std::mem::take(&mut *self.queue());
        if waiting.is_empty() {
            // Whoever had the turn before has taken ours along.
            return;
        }
        let mut all = Commit::new();
        let mut done = Vec::with_capacity(waiting.len());
        for one in waiting {
            all.append(one.commit);
            done.push(one.done);
        }
        let outcome = self.0.documents.commit(all).await;
        let outcome = outcome.map(drop).map_err(|error| Arc::new(Fault::from(error)));
        for done in done {
            // Nobody listens any more where the caller has gone.
            let _ = done.send(outcome.clone());
        }
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

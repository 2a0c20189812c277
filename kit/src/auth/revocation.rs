//! Sessions that ended before their tokens did.

use crate::clock::Clock;
use caregraph_contracts::ids::SessionId;
use chrono::{DateTime, Utc};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};
use tokio::sync::watch;

/// Ended sessions, kept only until their last access token would have ended by itself. Cheap to clone; clones share.
#[derive(Clone)]
pub struct Revocations(Arc<Shared>);

struct Shared {
    ended: RwLock<HashMap<SessionId, DateTime<Utc>>>,
    changes: watch::Sender<u64>,
    clock: Clock,
}

impl Revocations {
    /// Nobody is locked out yet.
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Shared {
            ended: RwLock::default(),
            changes: watch::Sender::new(0),
            clock,
        }))
    }

    /// Ends a session here and now. `tokens_expire_at` says how long the entry must be remembered.
    pub fn revoke(&self, session: SessionId, tokens_expire_at: DateTime<Utc>) {
        let now = self.0.clock.now();
        {
            let mut ended = self.0.ended.write().unwrap_or_else(PoisonError::into_inner);
            ended.retain(|_, until| *until > now);
            // The same end may be told twice, and the second time with less to go.
            let until = ended.entry(session).or_insert(tokens_expire_at);
            *until = tokens_expire_at.max(*until);
        }
        self.0.changes.send_modify(|count| *count += 1);
    }

    /// Whether a session was ended.
    pub fn is_revoked(&self, session: &SessionId) -> bool {
        self.0
            .ended
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(session)
    }

    /// All ended sessions, with the time until which they are remembered.
    pub(super) fn all(&self) -> HashMap<SessionId, DateTime<Utc>> {
        self.0
            .ended
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Wakes whenever a session is ended, so that open connections can look whether it was theirs.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }
}

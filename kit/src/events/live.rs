//! The live log: all events of a domain from a position on, without gap or repeat. For the few in this process who need every
//! one; subscriptions are told what concerns them by the [`switchboard`](super::switchboard).

use super::{Envelope, EventError, EventLog};
use futures::Stream;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast::{self, error::RecvError};

/// Why a log cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The cursor is older than what is kept; some changes are gone. The client must read afresh.
    #[error("the cursor is too old, changes since then are not kept any more")]
    Expired,
    /// The cursor lies in the future or was never given out.
    #[error("the cursor was not given out by this system")]
    Unknown,
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] EventError),
}

/// How many events a slow reader may lag behind before it has to read from the store again.
const BUFFER: usize = 1024;
const PAGE: u64 = 200;

/// The tail of one domain's log in this process. Cheap to clone; clones share.
#[derive(Clone)]
pub struct LiveLog(Arc<Shared>);

struct Shared {
    store: Arc<dyn EventLog>,
    tail: broadcast::Sender<Arc<Envelope>>,
    /// Position up to which the tail has been sent.
    sent: Mutex<i64>,
}

impl LiveLog {
    /// Follows `log` from its present end on. The relay moves it.
    pub async fn start(log: impl EventLog) -> Result<Self, EventError> {
        let store: Arc<dyn EventLog> = Arc::new(log);
        let sent = Mutex::new(store.head().await?);
        Ok(Self(Arc::new(Shared {
            store,
            tail: broadcast::Sender::new(BUFFER),
            sent,
        })))
    }

    /// Where it ends now.
    pub(super) fn end(&self) -> i64 {
        *self.0.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it is the tail of.
    pub(super) fn log(&self) -> &dyn EventLog {
        self.0.store.as_ref()
    }

    /// Sends what is new in the store to all readers, and returns it.
    pub(super) async fn advance(&self, at_most: u64) -> Result<Vec<Arc<Envelope>>, EventError> {
        let from = self.end();
        let events = self.0.store.read_after(from, at_most).await?;
        let mut sent = self.0.sent.lock().unwrap_or_else(PoisonError::into_inner);
        for event in &events {
            // An error means that nobody listens.
            let _ = self.0.tail.send(Arc::clone(event));
            *sent = event.position;
        }
        Ok(events)
    }

    /// All events behind `after`, then live; from now on when `after` is `None`. Each exactly once, in order.
    pub async fn follow(
        &self,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<Arc<Envelope>, FollowError>> + Send + use<>, FollowError> {
        // Subscribing before reading closes the gap between the store and the tail; what comes twice is left out by
        // its position below.
        let (mut tail, now) = {
            let sent = self.0.sent.lock().unwrap_or_else(PoisonError::into_inner);
            (self.0.tail.subscribe(), *sent)
        };
        let mut seen = match after {
            None => now,
            Some(after) => {
                if after < 0 || after > self.0.store.head().await? {
                    return Err(FollowError::Unknown);
                }
                if after < self.0.store.pruned().await? {
                    return Err(FollowError::Expired);
                }
                after
            }
        };
        let store = Arc::clone(&self.0.store);
        Ok(async_stream::try_stream! {
            let mut behind = seen < now;
            loop {
                while behind {
                    let page = store.read_after(seen, PAGE).await?;
                    behind = !page.is_empty();
                    for event in page {
                        // What is missing here was removed before this reader came to it.
                        if event.position != seen + 1 {
                            Err(FollowError::Expired)?;
                        }
                        seen = event.position;
                        yield event;
                    }
                }
                match tail.recv().await {
                    Ok(event) if event.position <= seen => {}
                    Ok(event) => {
                        // Positions have no gaps, so a jump means that this reader missed something.
                        if event.position == seen + 1 {
                            seen = event.position;
                            yield event;
                        } else {
                            behind = true;
                        }
                    }
                    Err(RecvError::Lagged(_)) => behind = true,
                    Err(RecvError::Closed) => break,
                }
            }
        })
    }
}

//! The switchboard: what happens in a domain, told live to those whom it concerns, and to nobody else.
//!
//! Thousands of people listen, and most of what happens concerns few of them. So one task of this process follows the log, finds out
//! **once** what is news ([`Topic::decode`]) and whose ([`Topic::keys`]), and tells the listeners of these keys. Nobody else wakes up, and
//! nobody asks the store about what does not concern them.
//!
//! Whoever comes back with a cursor reads from memory what was told last, and from the store what lies further behind, both in pages that
//! all readers share. What of it is for them, a listener decides by what is so now ([`Listener::recall`]).
//!
//! **Invariant:** a listener hears everything that concerns it behind its cursor, once, in the order of positions, or an error and then
//! nothing more. Where one source ends and the next begins is a position, taken under one lock (`board.rs`): what was told up to there is in
//! the pages, what comes behind it comes by the listener's queue. Who is too slow for the queue loses the connection, not the news: it
//! hears what the queue still holds, and reads on behind that.

mod board;
mod history;
mod operator;
mod pages;
mod topic;

pub use topic::{Listener, News, Recall, Topic, What};

use super::{Envelope, EventBus, FollowError, LiveLog};
use board::{Board, Call};
use futures::Stream;
use history::History;
use pages::{Entry, Page, Unreadable};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use tokio::sync::RwLock;

/// How much is kept, for how many.
#[derive(Debug, Clone, Copy)]
pub struct Capacity {
    /// News that wait for one listener before it counts as too slow.
    pub queue: usize,
    /// Positions on one page.
    pub page: u32,
    /// Pages of the latest news in memory, and as many of older ones that somebody has read within a minute.
    pub pages: usize,
}

impl Default for Capacity {
    /// At most 2 × 16,384 news, which is 8 MB where one of them takes 250 bytes.
    fn default() -> Self {
        Self {
            queue: 64,
            page: 256,
            pages: 64,
        }
    }
}

/// Tells one domain's news in this process. Begins when somebody listens for the first time. Cheap to clone; clones share.
pub struct Switchboard<T: Topic>(Arc<Shared<T>>);

impl<T: Topic> Clone for Switchboard<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Shared<T: Topic> {
    topic: T,
    live: LiveLog,
    bus: EventBus,
    capacity: Capacity,
    begun: Once,
    board: Mutex<Board<T>>,
    /// Held while it is decided whom a batch concerns, and told.
    telling: RwLock<()>,
    history: History<T::What>,
}

impl<T: Topic> Switchboard<T> {
    /// Tells what `live` brings, until `bus` shuts down.
    pub fn new(topic: T, live: &LiveLog, bus: &EventBus) -> Self {
        Self::with_capacity(topic, live, bus, Capacity::default())
    }

    /// The same with other bounds; for tests that want to reach them.
    pub fn with_capacity(topic: T, live: &LiveLog, bus: &EventBus, capacity: Capacity) -> Self {
        Self(Arc::new(Shared {
            topic,
            live: live.clone(),
            bus: bus.clone(),
            capacity,
            begun: Once::new(),
            board: Mutex::new(Board::at(0, capacity)),
            telling: RwLock::default(),
            history: History::new(capacity),
        }))
    }

    /// What concerns a listener behind `after`, then live; from now on when `after` is `None`. Each exactly once, in order.
    pub async fn follow<L: Listener<Topic = T>>(
        &self,
        listener: L,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<L::Heard, L::Error>> + Send + use<L, T>, L::Error> {
        self.begin();
        let mut seen = match after {
            None => self.0.live.end(),
            Some(after) => {
                self.0.history.check(&self.0.live, after).await?;
                after
            }
        };
        let (board, listener) = (self.clone(), Arc::new(listener));
        // Connected before anything is read, so that nothing falls between what is read and what is told.
        let mut call = board.connect(&listener).await;
        Ok(async_stream::try_stream! {
            loop {
                if seen < call.from {
                    // Asked for once connected, so it is as new as what anything up to there was told by.
                    let recall = listener.recall().await?;
                    while seen < call.from {
                        let page = board.page(seen).await?;
                        for entry in page.between(seen, call.from) {
                            let news = entry.as_ref().map_err(|unreadable| FollowError::from(*unreadable))?;
                            if let Some(heard) = recall(news) {
                                yield heard;
                            }
                        }
                        seen = call.from.min(page.upto);
                    }
                }
                while let Some((position, heard)) = call.next().await {
                    if position <= seen {
                        continue;
                    }
                    seen = position;
                    yield heard.map_err(FollowError::from)?;
                }
                // Too slow: what did not fit stands on the pages.
                call = board.connect(&listener).await;
            }
        })
    }

    fn begin(&self) {
        self.0.begun.call_once(|| {
            *self.board() = Board::at(self.0.live.end(), self.0.capacity);
            self.0.bus.spawn(|stop| self.clone().operate(stop));
        });
    }

    /// Waits until it is told what is being decided on: what a listener hears was decided when it was there already, so whoever comes
    /// because they may hear something from now on does.
    async fn connect<L: Listener<Topic = T>>(&self, listener: &Arc<L>) -> Call<L> {
        let _turn = self.0.telling.read().await;
        Call::connect(self, listener, self.0.capacity.queue)
    }

    /// The page on which it goes on behind `seen`.
    async fn page(&self, seen: i64) -> Result<Arc<Page<T::What>>, FollowError> {
        let floor = {
            let board = self.board();
            match board.latest.page_behind(seen) {
                Some(page) => return Ok(page),
                None => board.latest.floor(),
            }
        };
        self.0.history.page(&self.0, (seen, floor)).await
    }

    fn board(&self) -> MutexGuard<'_, Board<T>> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Topic> Shared<T> {
    /// What an event is to listeners.
    fn read(&self, event: &Envelope) -> Option<Entry<T::What>> {
        match self.topic.decode(event) {
            Ok(what) => what.map(|what| {
                Ok(Arc::new(News {
                    position: event.position,
                    occurred_at: event.occurred_at,
                    what,
                }))
            }),
            Err(error) => {
                tracing::error!(event = %event.id, name = event.name, domain = %event.domain,
                    error = &error as &dyn std::error::Error, "an event cannot be told live");
                Some(Err(Unreadable {
                    position: event.position,
                }))
            }
        }
    }
}

//! What was told before the latest news: read from the store, by pages that all readers share.

use super::pages::{Page, end_behind};
use super::{Capacity, Shared, Topic};
use crate::events::{EventError, EventLog, FollowError, LiveLog};
use moka::future::Cache;
use moka::policy::EvictionPolicy;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;

/// For how long a page is kept after it was read: long enough for those who were cut off together.
const KEPT: Duration = Duration::from_mins(1);

/// Older news, and where the log begins and ends.
pub(super) struct History<N> {
    /// By the positions that they hold. Several who want one that is not here wait for the first of them to read it.
    pages: Cache<(i64, i64), Arc<Page<N>>>,
    bounds: Bounds,
    capacity: Capacity,
}

impl<N: Send + Sync + 'static> History<N> {
    pub fn new(capacity: Capacity) -> Self {
        let pages = Cache::builder()
            .max_capacity(capacity.pages as u64)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(KEPT)
            .build();
        Self {
            pages,
            bounds: Bounds::default(),
            capacity,
        }
    }

    /// Whether it is possible to go on behind a position.
    pub async fn check(&self, live: &LiveLog, after: i64) -> Result<(), FollowError> {
        let (pruned, head) = self.bounds.of(live.log()).await?;
        if after < 0 || after > head {
            return Err(FollowError::Unknown);
        }
        if after < pruned {
            return Err(FollowError::Expired);
        }
        Ok(())
    }

    /// The page on which it goes on behind `seen`. It ends before `floor`, where the latest news begin, so all that belongs on it is in
    /// the store.
    pub async fn page<T: Topic<What = N>>(
        &self,
        shared: &Shared<T>,
        (seen, floor): (i64, i64),
    ) -> Result<Arc<Page<N>>, FollowError> {
        let end = end_behind(seen, self.capacity);
        let range = (end - i64::from(self.capacity.page), end.min(floor));
        let page = self.pages.try_get_with(range, read(shared, range)).await;
        let page = page.map_err(|error| FollowError::Log(EventError::Shared(error)))?;
        // What is missing at its beginning was removed before this reader came to it.
        if seen < page.after {
            return Err(FollowError::Expired);
        }
        Ok(page)
    }
}

async fn read<T: Topic>(
    shared: &Shared<T>,
    (after, upto): (i64, i64),
) -> Result<Arc<Page<T::What>>, EventError> {
    let most = u64::try_from(upto - after).unwrap_or_default();
    let mut events = shared.live.log().read_after(after, most).await?;
    events.retain(|event| event.position <= upto);
    let kept = events.first().map_or(upto, |first| first.position - 1);
    if kept + i64::try_from(events.len()).unwrap_or(i64::MAX) != upto {
        return Err(EventError::Damaged("an event is missing in the log"));
    }
    let entries = events.iter().filter_map(|event| shared.read(event)).collect();
    Ok(Arc::new(Page::new((kept, upto), entries)))
}

/// Where the log begins and ends. Those who want to know at the same time ask the store once.
#[derive(Default)]
struct Bounds {
    asked: AtomicU64,
    answer: Mutex<Answer>,
}

#[derive(Default)]
struct Answer {
    number: u64,
    pruned: i64,
    head: i64,
}

impl Bounds {
    async fn of(&self, log: &dyn EventLog) -> Result<(i64, i64), EventError> {
        let before = self.asked.load(Ordering::SeqCst);
        let mut answer = self.answer.lock().await;
        // Good for whoever came before the store was asked; an older one may not know what the caller knows.
        if answer.number <= before {
            let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            let (head, pruned) = (log.head().await?, log.pruned().await?);
            *answer = Answer { number, pruned, head };
        }
        Ok((answer.pruned, answer.head))
    }
}

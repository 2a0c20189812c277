//! News by the page: the latest in memory, older ones as they are read.

use super::{Capacity, News};
use crate::events::{EventError, FollowError};
use std::collections::VecDeque;
use std::sync::Arc;

/// An event that this version of the program cannot read. Whose it is, nobody knows: nobody is led over it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unreadable {
    pub position: i64,
}

impl From<Unreadable> for FollowError {
    fn from(_: Unreadable) -> Self {
        Self::Log(EventError::Damaged("an event cannot be told live"))
    }
}

/// What stands at one position, where there is something to tell.
pub(super) type Entry<N> = Result<Arc<News<N>>, Unreadable>;

fn position<N>(entry: &Entry<N>) -> i64 {
    match entry {
        Ok(news) => news.position,
        Err(unreadable) => unreadable.position,
    }
}

/// All news of some positions.
#[derive(Debug)]
pub(super) struct Page<N> {
    /// Nothing up to here stands on this page.
    pub after: i64,
    /// Everything behind that and up to here does.
    pub upto: i64,
    entries: Vec<Entry<N>>,
}

impl<N> Page<N> {
    /// `entries` are in order, and behind `after`.
    pub fn new((after, upto): (i64, i64), entries: Vec<Entry<N>>) -> Self {
        Self { after, upto, entries }
    }

    /// What stands behind one position and not behind another.
    pub fn between(&self, after: i64, upto: i64) -> &[Entry<N>] {
        let from = self.entries.partition_point(|entry| position(entry) <= after);
        let to = self.entries.partition_point(|entry| position(entry) <= upto);
        &self.entries[from..to.max(from)]
    }
}

impl<N> Clone for Page<N> {
    fn clone(&self) -> Self {
        Self::new((self.after, self.upto), self.entries.clone())
    }
}

/// Where the page ends on which it goes on behind a position.
pub(super) fn end_behind(position: i64, capacity: Capacity) -> i64 {
    let size = i64::from(capacity.page);
    (position / size + 1) * size
}

/// The pages of the latest news, the last of them not full yet.
pub(super) struct Latest<N> {
    full: VecDeque<Arc<Page<N>>>,
    open: Arc<Page<N>>,
    capacity: Capacity,
}

impl<N> Latest<N> {
    /// None yet, behind a position.
    pub fn behind(position: i64, capacity: Capacity) -> Self {
        Self {
            full: VecDeque::new(),
            open: Arc::new(Page::new((position, position), Vec::new())),
            capacity,
        }
    }

    /// Up to which position everything was put here.
    pub fn upto(&self) -> i64 {
        self.open.upto
    }

    /// Behind which position everything is still here.
    pub fn floor(&self) -> i64 {
        self.full.front().unwrap_or(&self.open).after
    }

    /// Adds what stands behind everything else.
    pub fn push(&mut self, entry: Entry<N>) {
        self.advance(position(&entry));
        // Copied when somebody reads it just now.
        Arc::make_mut(&mut self.open).entries.push(entry);
    }

    /// Nothing more stands up to `position`.
    pub fn advance(&mut self, position: i64) {
        loop {
            let end = end_behind(self.open.after, self.capacity);
            Arc::make_mut(&mut self.open).upto = position.min(end);
            if position <= end {
                return;
            }
            let next = Arc::new(Page::new((end, end), Vec::new()));
            self.full.push_back(std::mem::replace(&mut self.open, next));
            if self.full.len() >= self.capacity.pages {
                self.full.pop_front();
            }
        }
    }

    /// The page on which it goes on behind a position; `None` when it is not here any more.
    pub fn page_behind(&self, position: i64) -> Option<Arc<Page<N>>> {
        if position < self.floor() {
            return None;
        }
        let number = |position: i64| position / i64::from(self.capacity.page);
        let index = usize::try_from(number(position) - number(self.floor())).ok()?;
        Some(Arc::clone(self.full.get(index).unwrap_or(&self.open)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn news(position: i64) -> Arc<News<()>> {
        Arc::new(News {
            position,
            occurred_at: chrono::DateTime::UNIX_EPOCH,
            what: (),
        })
    }

    proptest! {
        /// Whoever reads page after page finds everything that was put there behind the floor, once and in order.
        #[test]
        fn pages_hold_everything_behind_their_floor(
            start in 0_i64..50,
            is_news in prop::collection::vec(any::<bool>(), 0..200),
            page in 1_u32..20,
            pages in 1_usize..8,
        ) {
            let capacity = Capacity { queue: 1, page, pages };
            let mut latest = Latest::behind(start, capacity);
            let mut position = start;
            for is_news in &is_news {
                position += 1;
                if *is_news { latest.push(Ok(news(position))) } else { latest.advance(position) }
            }
            prop_assert_eq!(latest.upto(), position);
            prop_assert!(latest.full.len() < capacity.pages);
            let floor = latest.floor();
            prop_assert!(floor == start || floor % i64::from(page) == 0);
            for from in start..=position {
                if from < floor {
                    prop_assert!(latest.page_behind(from).is_none());
                    continue;
                }
                let (mut seen, mut found) = (from, Vec::new());
                while seen < position {
                    let page = latest.page_behind(seen).unwrap();
                    prop_assert!(page.after <= seen && seen < page.upto);
                    found.extend(page.between(seen, position).iter().map(super::position));
                    seen = page.upto;
                }
                let told = (from + 1..=position).filter(|p| is_news[usize::try_from(p - start - 1).unwrap()]);
                prop_assert_eq!(found, told.collect::<Vec<_>>());
            }
        }
    }
}

//! Everybody who follows, and what is known of them while they do.

use super::follower::Follower;
use anyhow::{Error, Result};
use caregraph_kit::Clock;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What followers share, and whoever watches them looks at.
pub struct Field {
    /// Where the program listens.
    pub server: SocketAddr,
    /// The machine's clock, by which the program goes as well.
    pub clock: Clock,
    topics: usize,
    /// The last position that each was told of; 0 before the first.
    told: Vec<AtomicI64>,
    /// How many are connected and acknowledged.
    present: AtomicUsize,
    /// How many connections ended although nobody cut them, or did not come about.
    ended: AtomicUsize,
    /// Why the first of them did.
    trouble: Mutex<Option<String>>,
}

impl Field {
    /// For so many followers of so many topics.
    pub fn new(server: SocketAddr, followers: usize, topics: usize) -> Self {
        Self {
            server,
            clock: Clock::system(),
            topics,
            told: (0..followers).map(|_| AtomicI64::new(0)).collect(),
            present: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            trouble: Mutex::default(),
        }
    }

    /// One more is there, as long as the guard lives.
    pub fn enter(&self) -> Present<'_> {
        self.present.fetch_add(1, Ordering::Relaxed);
        Present(&self.present)
    }

    /// Somebody was told of a change.
    pub fn tell(&self, follower: usize, position: i64) {
        self.told[follower].store(position, Ordering::Relaxed);
    }

    /// Somebody's connection ended although nobody cut it, or did not come about.
    pub fn note_end(&self, why: &Error) {
        self.ended.fetch_add(1, Ordering::Relaxed);
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.get_or_insert_with(|| format!("{why:#}"));
    }

    /// How many connections ended although nobody cut them, or did not come about, and why the first of them.
    pub fn troubles(&self) -> (usize, Option<String>) {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        (self.ended.load(Ordering::Relaxed), trouble.clone())
    }

    /// Whether everybody is there.
    pub fn is_full(&self) -> bool {
        self.present.load(Ordering::Relaxed) == self.told.len()
    }

    /// Topics of which somebody has not been told anything yet.
    pub fn silent_topics(&self) -> Vec<usize> {
        let numbered = self.told.iter().enumerate();
        let silent = numbered.filter(|(_, told)| told.load(Ordering::Relaxed) == 0);
        let topics: BTreeSet<usize> = silent.map(|(number, _)| number % self.topics).collect();
        topics.into_iter().collect()
    }

    /// Whether everybody was told of their topic up to the position that is owed to those who follow it.
    pub fn is_told(&self, owed: &[i64]) -> bool {
        let mut numbered = self.told.iter().enumerate();
        numbered.all(|(number, told)| told.load(Ordering::Relaxed) >= owed[number % self.topics])
    }
}

/// Somebody who is there.
pub struct Present<'a>(&'a AtomicUsize);

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Followers at work; gone when dropped.
pub struct Crowd {
    following: JoinSet<Follower>,
    cut: CancellationToken,
}

impl Crowd {
    /// Lets everybody come at once.
    pub fn gather(field: &Arc<Field>, followers: Vec<Follower>) -> Self {
        let cut = CancellationToken::new();
        let mut following = JoinSet::new();
        for follower in followers {
            following.spawn(follower.follow(Arc::clone(field), cut.clone()));
        }
        Self { following, cut }
    }

    /// Cuts everybody off at once: their sockets are gone, without a goodbye. Gives them in the order of their numbers.
    pub async fn cut(mut self) -> Result<Vec<Follower>> {
        self.cut.cancel();
        let mut followers = Vec::with_capacity(self.following.len());
        while let Some(follower) = self.following.join_next().await {
            followers.push(follower?);
        }
        followers.sort_unstable_by_key(|follower| follower.number);
        Ok(followers)
    }
}

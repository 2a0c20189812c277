//! A club whose members hear what is said in their groups, over a log in memory: fast, and it fails when a test wants it to.

use super::log::{Group, Log};
use async_trait::async_trait;
use caregraph_kit::crypto::{FieldCipher, KeyRing};
use caregraph_kit::events::switchboard::{Capacity, Listener, News, Recall, Switchboard, Topic};
use caregraph_kit::events::{Envelope, EventBus, EventError, FollowError};
use caregraph_kit::{Clock, Fault};
use futures::{Stream, StreamExt};
use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub type Member = u64;

/// Who is in which group, and what goes wrong. Cheap to clone; clones share.
#[derive(Clone, Default)]
pub struct Rules(Arc<Inner>);

#[derive(Default)]
struct Inner {
    groups: Mutex<HashMap<Group, HashSet<Member>>>,
    /// The store of groups is away.
    away: AtomicBool,
    /// Handlers never catch up.
    slow: AtomicBool,
    /// The next question panics.
    broken: AtomicBool,
    /// Held by a test so that nothing that is known already is told.
    gate: tokio::sync::Mutex<()>,
    /// How often it was asked whose news are.
    asked: AtomicUsize,
    /// How often handlers were waited for.
    waited: AtomicUsize,
}

impl Rules {
    pub fn join(&self, member: Member, group: Group) {
        self.0
            .groups
            .lock()
            .unwrap()
            .entry(group)
            .or_default()
            .insert(member);
    }

    pub fn leave(&self, member: Member, group: Group) {
        self.0
            .groups
            .lock()
            .unwrap()
            .entry(group)
            .or_default()
            .remove(&member);
    }

    pub fn set_away(&self, away: bool) {
        self.0.away.store(away, Relaxed);
    }

    /// Once.
    pub fn set_broken(&self) {
        self.0.broken.store(true, Relaxed);
    }

    /// What is known already is told when this is dropped.
    pub async fn hold(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.gate.lock().await
    }

    pub fn set_slow(&self) {
        self.0.slow.store(true, Relaxed);
    }

    pub fn asked(&self) -> usize {
        self.0.asked.load(Relaxed)
    }

    pub fn waited(&self) -> usize {
        self.0.waited.load(Relaxed)
    }

    fn check(&self) -> Result<(), Fault> {
        if self.0.away.load(Relaxed) {
            return Err(Fault::new("groups", "the store is away"));
        }
        Ok(())
    }
}

/// What is said in the club.
pub struct Talk(Rules);

const PATIENCE_OF_TESTS: Duration = Duration::from_secs(20);

/// For how long handlers are waited for.
pub const PATIENCE: Duration = Duration::from_millis(100);

#[async_trait]
impl Topic for Talk {
    type What = Group;
    type Key = Member;
    type Facts = HashMap<Group, HashSet<Member>>;

    fn decode(&self, event: &Envelope) -> Result<Option<Group>, EventError> {
        let group = event.payload.get("group").cloned();
        Ok(group.map(serde_json::from_value).transpose()?)
    }

    async fn settle(&self, _: &[Arc<News<Group>>]) -> bool {
        self.0.0.waited.fetch_add(1, Relaxed);
        if self.0.0.slow.load(Relaxed) {
            tokio::time::sleep(PATIENCE).await;
            return false;
        }
        true
    }

    async fn look_up(&self, _: &[Arc<News<Group>>]) -> Result<Self::Facts, Fault> {
        self.0.0.asked.fetch_add(1, Relaxed);
        tokio::task::yield_now().await;
        self.0.check()?;
        assert!(!self.0.0.broken.swap(false, Relaxed), "as the test wants");
        let groups = self.0.0.groups.lock().unwrap().clone();
        drop(self.0.0.gate.lock().await);
        Ok(groups)
    }

    fn keys(&self, news: &News<Group>, facts: &Self::Facts) -> HashSet<Member> {
        facts.get(&news.what).cloned().unwrap_or_default()
    }
}

/// Somebody who listens to what is said in their groups.
struct Ear {
    member: Member,
    rules: Rules,
}

/// Why somebody hears nothing more.
#[derive(Debug, thiserror::Error)]
pub enum Deaf {
    #[error(transparent)]
    Follow(#[from] FollowError),
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Where something was said, and in which group.
pub type Heard = (i64, Group);

#[async_trait]
impl Listener for Ear {
    type Topic = Talk;
    type Heard = Heard;
    type Error = Deaf;

    fn key(&self) -> Member {
        self.member
    }

    fn hear(&self, news: &News<Group>, facts: &HashMap<Group, HashSet<Member>>) -> Option<Heard> {
        assert!(facts[&news.what].contains(&self.member), "nobody else is told");
        Some((news.position, news.what))
    }

    async fn recall(&self) -> Result<Recall<Self>, Deaf> {
        tokio::task::yield_now().await;
        self.rules.check()?;
        let groups = self.rules.0.groups.lock().unwrap();
        let theirs = groups
            .iter()
            .filter(|(_, members)| members.contains(&self.member));
        let theirs: HashSet<Group> = theirs.map(|(group, _)| *group).collect();
        Ok(Box::new(move |news| {
            theirs.contains(&news.what).then_some((news.position, news.what))
        }))
    }
}

/// The club in one process.
pub struct Club {
    pub log: Log,
    pub rules: Rules,
    pub bus: EventBus,
    switchboard: Switchboard<Talk>,
}

/// What somebody hears.
pub type Ears = Pin<Box<dyn Stream<Item = Result<Heard, Deaf>> + Send>>;

impl Club {
    pub async fn open(log: Log, capacity: Capacity) -> Self {
        let (seal, index) = KeyRing::generate();
        let cipher = FieldCipher::new(KeyRing::parse(&[seal], &index).unwrap());
        let bus = EventBus::in_process(cipher, Clock::system());
        let live = bus.add_source(&log).await.unwrap();
        let rules = Rules::default();
        Self {
            switchboard: Switchboard::with_capacity(Talk(rules.clone()), &live, &bus, capacity),
            log,
            rules,
            bus,
        }
    }

    pub async fn listen(&self, member: Member, after: Option<i64>) -> Result<Ears, Deaf> {
        let ear = Ear {
            member,
            rules: self.rules.clone(),
        };
        let ears = tokio::time::timeout(PATIENCE_OF_TESTS, self.switchboard.follow(ear, after)).await;
        Ok(Box::pin(ears.expect("connected in time")?))
    }
}

/// The next news in time.
pub async fn next(ears: &mut Ears) -> Result<Heard, Deaf> {
    let heard = tokio::time::timeout(PATIENCE_OF_TESTS, ears.next()).await;
    heard.expect("something in time").expect("the stream goes on")
}

/// The positions of the next few.
pub async fn positions(ears: &mut Ears, count: usize) -> Vec<i64> {
    let mut heard = Vec::new();
    while heard.len() < count {
        heard.push(next(ears).await.unwrap().0);
    }
    heard
}

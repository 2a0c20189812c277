//! A log in memory.

use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::EventId;
use caregraph_kit::events::{Envelope, EventError, EventLog};
use chrono::{DateTime, Utc};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

pub type Group = u64;

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Something is said in a group.
    Said(Group),
    /// Something that nobody listens for.
    Silence,
    /// Something that this version of the program cannot read.
    Noise,
}

/// A log in memory. Cheap to clone; clones share.
#[derive(Clone, Default)]
pub struct Log(Arc<Shared>);

#[derive(Default)]
struct Shared {
    events: Mutex<Vec<Arc<Envelope>>>,
    /// How many have a position.
    numbered: AtomicUsize,
    pruned: AtomicUsize,
    wake: Notify,
    reads: Mutex<Vec<(i64, u64)>>,
    looks: AtomicUsize,
}

impl Log {
    pub fn tell(&self, events: impl IntoIterator<Item = Event>) {
        let mut log = self.0.events.lock().unwrap();
        for event in events {
            let position = i64::try_from(log.len()).unwrap() + 1;
            let payload = match event {
                Event::Said(group) => json!({ "group": group }),
                Event::Silence => json!({}),
                Event::Noise => json!({ "group": "noise" }),
            };
            log.push(Arc::new(Envelope {
                id: Uuid::from_u128(position.unsigned_abs().into()).into(),
                domain: Domain::Scheduling,
                position,
                aggregate: Uuid::nil(),
                name: "Said".into(),
                version: 1,
                occurred_at: DateTime::UNIX_EPOCH,
                traceparent: None,
                payload,
            }));
        }
        drop(log);
        self.0.wake.notify_one();
    }

    /// How much was told.
    pub fn told(&self) -> i64 {
        i64::try_from(self.0.events.lock().unwrap().len()).unwrap()
    }

    /// Forgets everything up to a position.
    pub fn forget(&self, upto: i64) {
        self.0.pruned.store(usize::try_from(upto).unwrap(), Relaxed);
    }

    /// What the store was asked for since the last time: behind which position, and how much.
    pub fn reads(&self) -> Vec<(i64, u64)> {
        std::mem::take(&mut self.0.reads.lock().unwrap())
    }

    /// How often the store was asked where the log ends, since the last time.
    pub fn looks(&self) -> usize {
        self.0.looks.swap(0, Relaxed)
    }
}

#[async_trait]
impl EventLog for Log {
    fn domain(&self) -> Domain {
        Domain::Scheduling
    }

    async fn assign_positions(&self, at_most: u64) -> Result<usize, EventError> {
        let before = self.0.numbered.load(Relaxed);
        let all = self.0.events.lock().unwrap().len();
        let now = all.min(before.saturating_add(usize::try_from(at_most).unwrap()));
        self.0.numbered.store(now, Relaxed);
        Ok(now - before)
    }

    async fn read_after(&self, position: i64, at_most: u64) -> Result<Vec<Arc<Envelope>>, EventError> {
        self.0.reads.lock().unwrap().push((position, at_most));
        // A store takes its time, and others get their turn.
        tokio::time::sleep(Duration::from_micros(200)).await;
        let from = usize::try_from(position)
            .unwrap()
            .max(self.0.pruned.load(Relaxed));
        let upto = self
            .0
            .numbered
            .load(Relaxed)
            .min(from + usize::try_from(at_most).unwrap());
        let events = self.0.events.lock().unwrap();
        Ok(events.get(from..upto).unwrap_or_default().to_vec())
    }

    async fn head(&self) -> Result<i64, EventError> {
        self.0.looks.fetch_add(1, Relaxed);
        tokio::task::yield_now().await;
        Ok(i64::try_from(self.0.numbered.load(Relaxed)).unwrap())
    }

    async fn pruned(&self) -> Result<i64, EventError> {
        Ok(i64::try_from(self.0.pruned.load(Relaxed)).unwrap())
    }

    async fn prune(&self, _: DateTime<Utc>, _: i64) -> Result<u64, EventError> {
        Ok(0)
    }

    async fn position_of(&self, _: EventId) -> Result<Option<i64>, EventError> {
        Ok(None)
    }

    async fn published(&self) -> Result<i64, EventError> {
        Ok(0)
    }

    async fn set_published(&self, _: i64) -> Result<(), EventError> {
        Ok(())
    }

    async fn woken(&self) {
        self.0.wake.notified().await;
    }
}

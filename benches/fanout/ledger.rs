//! What happened, out of the outbox itself, and what was told of it.

use super::families::{self, Topic};
use crate::bench::stage::Stage;
use anyhow::{Result, ensure};
use caregraph_contracts::Domain;
use caregraph_contracts::ids::Id;
use caregraph_kit::Clock;
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::database::Database;
use caregraph_kit::events::EventStore;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How many events are read at once.
const PAGE: u64 = 1_000;

/// How long an event that is committed may stay without a position.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often the log is looked at while somebody waits for it.
const GLANCE: Duration = Duration::from_millis(20);

/// The log of a program that runs, read beside it.
pub struct Ledger {
    database: Database,
    events: EventStore,
    /// Topics by their visit.
    topics: HashMap<Uuid, usize>,
    /// Up to which position it was read.
    reached: i64,
    /// Positions of the changes of each topic, in order.
    changes: Vec<Vec<i64>>,
    count: usize,
}

impl Ledger {
    /// Begins behind everything that has happened.
    pub async fn open(stage: &Stage, topics: &[Topic]) -> Result<Self> {
        let settings = families::settings(stage);
        let url = settings.database_url(Domain::Scheduling)?;
        let database = Database::open(&url, &settings.database.pool).await?;
        let cipher = FieldCipher::new(settings.key_ring()?);
        let events = EventStore::new(Domain::Scheduling, database.clone(), cipher, Clock::system());
        let visits = topics.iter().map(|topic| topic.visit.uuid());
        Ok(Self {
            reached: events.head().await?,
            database,
            events,
            topics: visits.zip(0..).collect(),
            changes: vec![Vec::new(); topics.len()],
            count: 0,
        })
    }

    /// Reads what is new.
    pub async fn read_on(&mut self) -> Result<()> {
        loop {
            let page = self.events.read_after(self.reached, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            self.reached = last.position;
            for event in &page {
                if let Some(topic) = self.topics.get(&event.aggregate) {
                    self.changes[*topic].push(event.position);
                    self.count += 1;
                }
            }
        }
    }

    /// Reads on until so many changes are there.
    pub async fn wait_for(&mut self, count: usize) -> Result<()> {
        let begun = Instant::now();
        loop {
            self.read_on().await?;
            if self.count >= count {
                return Ok(());
            }
            let seen = self.count;
            ensure!(
                begun.elapsed() < PATIENCE,
                "{count} changes were answered, and the log has {seen}"
            );
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Up to which position it was read.
    pub fn reached(&self) -> i64 {
        self.reached
    }

    /// The last position of each topic; 0 where nothing has happened.
    pub fn last(&self) -> Vec<i64> {
        let last = |changes: &Vec<i64>| changes.last().copied().unwrap_or_default();
        self.changes.iter().map(last).collect()
    }

    /// How many changes of a topic lie behind a position.
    pub fn behind(&self, topic: usize, position: i64) -> usize {
        let changes = &self.changes[topic];
        changes.len() - changes.partition_point(|change| *change <= position)
    }

    /// What is wrong with what a follower of a topic was told, in the order in which it came.
    pub fn judge(&self, topic: usize, told: &[i64]) -> Faults {
        Faults::of(&self.changes[topic], told)
    }

    /// Lets go of the log.
    pub async fn close(self) -> Result<()> {
        drop(self.events);
        Ok(self.database.close().await?)
    }
}

/// What is wrong with what was told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Changes that were not told.
    pub gaps: usize,
    /// Changes that were told again.
    pub doubles: usize,
    /// Changes that were told to somebody whom they do not concern.
    pub strays: usize,
    /// Changes that were told behind a later one.
    pub disorder: usize,
}

impl Faults {
    /// `happened` is in order; following began with the first change that was told.
    fn of(happened: &[i64], told: &[i64]) -> Self {
        let distinct: BTreeSet<i64> = told.iter().copied().collect();
        let begun = distinct.first().copied().unwrap_or_default();
        let expected = happened.iter().filter(|position| **position >= begun);
        let is_stray = |position: &&i64| happened.binary_search(position).is_err();
        Self {
            gaps: expected.filter(|position| !distinct.contains(*position)).count(),
            doubles: told.len() - distinct.len(),
            strays: distinct.iter().filter(is_stray).count(),
            disorder: told.windows(2).filter(|pair| pair[1] < pair[0]).count(),
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            gaps: self.gaps + other.gaps,
            doubles: self.doubles + other.doubles,
            strays: self.strays + other.strays,
            disorder: self.disorder + other.disorder,
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            gaps,
            doubles,
            strays,
            disorder,
        } = self;
        write!(
            f,
            "{gaps} changes were not told, {doubles} twice, {strays} to strangers, {disorder} out of order"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Faults;

    const HAPPENED: [i64; 4] = [3, 5, 8, 9];

    fn faults(told: &[i64]) -> [usize; 4] {
        let Faults {
            gaps,
            doubles,
            strays,
            disorder,
        } = Faults::of(&HAPPENED, told);
        [gaps, doubles, strays, disorder]
    }

    #[test]
    fn everything_from_the_first_change_on_is_without_fault() {
        assert_eq!(faults(&[3, 5, 8, 9]), [0, 0, 0, 0]);
        assert_eq!(faults(&[8, 9]), [0, 0, 0, 0]);
    }

    #[test]
    fn each_fault_is_seen() {
        assert_eq!(faults(&[]), [4, 0, 0, 0]);
        assert_eq!(faults(&[3, 5, 9]), [1, 0, 0, 0]);
        assert_eq!(faults(&[3, 5, 8]), [1, 0, 0, 0]);
        assert_eq!(faults(&[3, 5, 5, 8, 9]), [0, 1, 0, 0]);
        assert_eq!(faults(&[3, 4, 5, 8, 9]), [0, 0, 1, 0]);
        assert_eq!(faults(&[3, 8, 5, 9]), [0, 0, 0, 1]);
    }
}

//! Changes: real ones, through the graph, by those who may make them.

use super::families::Topic;
use crate::bench::client::{Connection, request};
use anyhow::{Error, Result, bail};
use hyper::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How many changes can be under way at once. Whoever is to begin one and finds nobody free begins it later.
const WRITERS: usize = 32;

/// After so many failures a writer gives up: something is broken.
const MOST_FAILURES: usize = 20;

const CHANGE: &str = "mutation ($input: UpdateAppointmentNotesInput!) {
    updateAppointmentNotes(input: $input) { appointment { id } errors { __typename } } }";

/// Makes changes at a steady rate, of one topic after the other.
pub struct Driver {
    server: SocketAddr,
    topics: Arc<[Topic]>,
    /// Between the beginnings of two changes.
    pause: Duration,
    round: u32,
    /// Whose turn it is.
    turn: AtomicUsize,
    /// Makes every text another one: a text that is there already changes nothing.
    texts: AtomicUsize,
    answered: AtomicUsize,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Made {
    /// How many changes were answered as made.
    pub answered: usize,
    /// How many were not.
    pub failures: usize,
    /// Why the first of those was not.
    pub first_failure: Option<String>,
    /// How long all of it took.
    pub elapsed: Duration,
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Payloads>,
    errors: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Payloads {
    #[serde(rename = "updateAppointmentNotes")]
    update: Payload,
}

#[derive(Deserialize)]
struct Payload {
    appointment: Option<IgnoredAny>,
    errors: Vec<IgnoredAny>,
}

/// Which changes begin when.
struct Schedule {
    /// One change of each of these; without them, of all topics in turn and without end.
    only: Option<Vec<usize>>,
    begun: Instant,
    next: AtomicU32,
}

impl Made {
    fn fail(&mut self, error: &Error) {
        self.failures += 1;
        self.first_failure.get_or_insert_with(|| format!("{error:#}"));
    }

    fn absorb(&mut self, other: Self) {
        self.answered += other.answered;
        self.failures += other.failures;
        self.first_failure = self.first_failure.take().or(other.first_failure);
    }
}

impl Driver {
    /// So many changes a second. The round's number tells its texts from those of others.
    pub fn new(server: SocketAddr, topics: Arc<[Topic]>, (rate, round): (u32, u32)) -> Self {
        Self {
            server,
            topics,
            pause: Duration::from_secs(1) / rate,
            round,
            turn: AtomicUsize::new(0),
            texts: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
        }
    }

    /// How many changes were answered as made, in all.
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// One change of each of some topics.
    pub async fn once(self: &Arc<Self>, topics: Vec<usize>) -> Result<Made> {
        self.make(Some(topics), CancellationToken::new()).await
    }

    /// Changes for so long.
    pub async fn for_a_while(self: &Arc<Self>, patience: Duration) -> Result<Made> {
        let stop = CancellationToken::new();
        let ending = async {
            tokio::time::sleep(patience).await;
            stop.cancel();
        };
        let (made, ()) = tokio::join!(self.make(None, stop.clone()), ending);
        made
    }

    /// Changes until told to stop.
    pub async fn until(self: Arc<Self>, stop: CancellationToken) -> Result<Made> {
        self.make(None, stop).await
    }

    async fn make(self: &Arc<Self>, only: Option<Vec<usize>>, stop: CancellationToken) -> Result<Made> {
        let mut connections = Vec::with_capacity(WRITERS);
        for _ in 0..WRITERS {
            connections.push(Connection::open(self.server).await?);
        }
        let schedule = Arc::new(Schedule {
            only,
            begun: Instant::now(),
            next: AtomicU32::new(0),
        });
        let mut writing = JoinSet::new();
        for connection in connections {
            let writer = Arc::clone(self);
            writing.spawn(writer.write(connection, Arc::clone(&schedule), stop.clone()));
        }
        let mut made = Made::default();
        while let Some(part) = writing.join_next().await {
            made.absorb(part?);
        }
        made.elapsed = schedule.begun.elapsed();
        Ok(made)
    }

    async fn write(
        self: Arc<Self>,
        mut connection: Connection,
        schedule: Arc<Schedule>,
        stop: CancellationToken,
    ) -> Made {
        let mut made = Made::default();
        while made.failures < MOST_FAILURES {
            let Some((due, topic)) = self.next(&schedule) else {
                break;
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = tokio::time::sleep_until(due) => {}
            }
            let Err(error) = self.change(&mut connection, topic).await else {
                made.answered += 1;
                self.answered.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            made.fail(&error);
            match Connection::open(self.server).await {
                Ok(fresh) => connection = fresh,
                Err(_) => break,
            }
        }
        made
    }

    /// When the next change begins, and of which topic.
    fn next(&self, schedule: &Schedule) -> Option<(Instant, usize)> {
        let number = schedule.next.fetch_add(1, Ordering::Relaxed);
        let topic = match &schedule.only {
            Some(topics) => *topics.get(usize::try_from(number).ok()?)?,
            None => self.turn.fetch_add(1, Ordering::Relaxed) % self.topics.len(),
        };
        Some((schedule.begun + self.pause * number, topic))
    }

    async fn change(&self, connection: &mut Connection, topic: usize) -> Result<()> {
        let topic = &self.topics[topic];
        let text = format!("{}-{}", self.round, self.texts.fetch_add(1, Ordering::Relaxed));
        let input = json!({ "id": topic.visit.to_string(), "noteForDoctor": text });
        let body = request(CHANGE, &json!({ "input": input }));
        let (status, body) = connection.post(&topic.practitioner, body).await?;
        if status != StatusCode::OK || !is_made(&body) {
            bail!("status {status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(())
    }
}

fn is_made(body: &[u8]) -> bool {
    match serde_json::from_slice(body) {
        Ok(Answer {
            data: Some(Payloads { update }),
            errors: None,
        }) => update.appointment.is_some() && update.errors.is_empty(),
        Ok(_) | Err(_) => false,
    }
}

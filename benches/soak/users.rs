//! People who go on working whoever dies: whoever gets no answer asks again, the other router, with the same key, until there is one.

use crate::bench::client::Connection;
use crate::bench::work::{Cast, Trouble, Worker, kinds, lock};
use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long one answer may take: longer than a router gives it.
const LONGEST: Duration = Duration::from_secs(40);

/// Before somebody asks again.
const PAUSE: Duration = Duration::from_millis(100);

/// After so long somebody gives up. MongoDB holds what a dead process was changing for a minute.
const PATIENCE: Duration = Duration::from_mins(5);

/// What came of it.
pub(super) struct Tally {
    /// Requests, those that were sent again included.
    pub(super) requests: u64,
    /// How many of them failed: no answer, another status than 200, or errors in it.
    pub(super) failed: u64,
    pub(super) first_failure: Option<String>,
    /// Refusals that nobody should get.
    pub(super) refused: u64,
    pub(super) first_refusal: Option<String>,
    /// How often somebody else was faster.
    pub(super) taken: u64,
    /// How often somebody gave up.
    pub(super) given_up: u64,
    /// Of requests that were answered, without the attempts before, in microseconds.
    pub(super) latency: Histogram<u64>,
    /// From the first attempt to the answer, of the request that had to be sent again for the longest time.
    pub(super) longest_outage: Duration,
    /// The longest time in which nobody was answered.
    pub(super) longest_silence: Duration,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            requests: 0,
            failed: 0,
            first_failure: None,
            refused: 0,
            first_refusal: None,
            taken: 0,
            given_up: 0,
            latency: Histogram::new(3).expect("three significant figures are allowed"),
            longest_outage: Duration::ZERO,
            longest_silence: Duration::ZERO,
        }
    }
}

impl Tally {
    fn absorb(&mut self, other: Self) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.first_failure = self.first_failure.take().or(other.first_failure);
        self.refused += other.refused;
        self.first_refusal = self.first_refusal.take().or(other.first_refusal);
        self.taken += other.taken;
        self.given_up += other.given_up;
        self.latency
            .add(&other.latency)
            .expect("a histogram without bounds takes every value");
        self.longest_outage = self.longest_outage.max(other.longest_outage);
    }
}

/// When somebody was answered last, and the longest time between two answers.
struct Pulse(Mutex<(Instant, Duration)>);

impl Pulse {
    fn beat(&self) -> Duration {
        let mut pulse = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, longest) = *pulse;
        let longest = longest.max(last.elapsed());
        *pulse = (Instant::now(), longest);
        longest
    }
}

/// Lets everybody work until `end`, each with pauses of `pause` on average between an answer and the next request.
pub(super) async fn work(
    cast: &Cast,
    routers: [SocketAddr; 2],
    (end, pause): (Instant, Duration),
) -> Result<Tally> {
    let pulse = Arc::new(Pulse(Mutex::new((Instant::now(), Duration::ZERO))));
    let mut working = JoinSet::new();
    for (number, worker) in cast.crew.iter().enumerate() {
        let user = User {
            worker: Arc::clone(worker),
            authorization: lock(worker).authorization(),
            routers,
            at: number % routers.len(),
            connection: None,
            random: StdRng::seed_from_u64(u64::try_from(number)?),
            pulse: Arc::clone(&pulse),
            tally: Tally::default(),
        };
        working.spawn(user.work(end, pause));
    }
    let mut tally = Tally::default();
    while let Some(one) = working.join_next().await {
        tally.absorb(one?);
    }
    tally.longest_silence = pulse.beat();
    Ok(tally)
}

struct User {
    worker: Arc<Mutex<Worker>>,
    authorization: HeaderValue,
    routers: [SocketAddr; 2],
    /// Which of them is asked.
    at: usize,
    connection: Option<Connection>,
    random: StdRng,
    pulse: Arc<Pulse>,
    tally: Tally,
}

impl User {
    async fn work(mut self, end: Instant, pause: Duration) -> Tally {
        while Instant::now() < end {
            lock(&self.worker).next_request();
            self.ask_until_answered().await;
            let part = 2.0 * self.random.random::<f64>();
            tokio::time::sleep(pause.mul_f64(part)).await;
        }
        self.tally
    }

    async fn ask_until_answered(&mut self) {
        let begun = Instant::now();
        let mut again = false;
        loop {
            match self.ask(again).await {
                Ok(kind) => {
                    self.tally.taken += u64::from(kind == kinds::SLOT_TAKEN);
                    self.pulse.beat();
                    if again {
                        self.tally.longest_outage = self.tally.longest_outage.max(begun.elapsed());
                    }
                    return;
                }
                Err(Trouble::Refused(why)) => {
                    self.tally.refused += 1;
                    self.tally.first_refusal.get_or_insert(why);
                    return;
                }
                Err(Trouble::Fault(why)) => {
                    self.tally.failed += 1;
                    self.tally.first_failure.get_or_insert(why);
                }
            }
            if begun.elapsed() > PATIENCE {
                self.tally.given_up += 1;
                return;
            }
            again = true;
            self.connection = None;
            self.at = (self.at + 1) % self.routers.len();
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn ask(&mut self, again: bool) -> Result<&'static str, Trouble> {
        self.tally.requests += 1;
        let request = lock(&self.worker).same_request();
        let sent = Instant::now();
        let (status, body) = self
            .post(request)
            .await
            .map_err(|error| Trouble::Fault(format!("no answer, {error:#}")))?;
        if status != StatusCode::OK {
            let text = String::from_utf8_lossy(&body);
            return Err(Trouble::Fault(format!("status {status}: {text}")));
        }
        let kind = lock(&self.worker).judge(&body, again)?;
        let micros = u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.tally
            .latency
            .record(micros)
            .expect("a histogram without bounds takes every value");
        Ok(kind)
    }

    async fn post(&mut self, request: Bytes) -> Result<(StatusCode, Bytes)> {
        if self.connection.is_none() {
            self.connection = Some(Connection::open(self.routers[self.at]).await?);
        }
        let connection = self.connection.as_mut().context("a connection was opened")?;
        let answer = connection.post(&self.authorization, request);
        tokio::time::timeout(LONGEST, answer).await?
    }
}

//! Virtual users: each asks, waits for the answer, asks again.

use super::client::Connection;
use anyhow::Result;
use hdrhistogram::Histogram;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// After so many failures a user gives up: something is broken, and its speed is of no interest.
const MOST_FAILURES: u64 = 20;

/// Most bytes of an answer that are shown.
const SHOWN: usize = 600;

/// What a user asks, and what an answer is called.
pub trait Script: Send {
    /// The next request; `None` when there is nothing left to ask.
    fn next(&mut self) -> Option<Bytes>;

    /// What kind of answer the body of a response with status 200 is, or why it is a failure.
    fn judge(&mut self, body: &[u8]) -> Result<Cow<'static, str>, String>;
}

/// Somebody who asks.
pub struct User {
    /// Their token, as it is sent.
    pub authorization: HeaderValue,
    /// What they do.
    pub script: Box<dyn Script>,
}

/// Answers of one kind.
pub struct Answers {
    /// From sending the request to having all of the answer, in microseconds.
    pub latency: Histogram<u64>,
    /// When the last one came, counted from the beginning.
    pub last: Duration,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            latency: Histogram::new(3).expect("three significant figures are allowed"),
            last: Duration::ZERO,
        }
    }
}

impl Answers {
    fn absorb(&mut self, other: &Self) {
        self.latency
            .add(&other.latency)
            .expect("a histogram without bounds takes every value");
        self.last = self.last.max(other.last);
    }
}

/// What came of it.
#[derive(Default)]
pub struct Outcome {
    /// Answers by kind.
    pub answers: BTreeMap<Cow<'static, str>, Answers>,
    /// How many requests failed: no answer, another status than 200, or an answer that the script refused.
    pub failures: u64,
    /// The first of them, with the body.
    pub first_failure: Option<String>,
    /// How long all of it took.
    pub elapsed: Duration,
}

impl Outcome {
    /// Answers of all kinds together.
    pub fn all(&self) -> Answers {
        let mut all = Answers::default();
        for answers in self.answers.values() {
            all.absorb(answers);
        }
        all
    }

    /// How many answers of a kind there were.
    pub fn count(&self, kind: &str) -> u64 {
        self.answers.get(kind).map_or(0, |answers| answers.latency.len())
    }

    fn note(&mut self, kind: Cow<'static, str>, took: Duration, at: Duration) {
        let answers = self.answers.entry(kind).or_default();
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        // Not `saturating_record`, which never grows.
        answers
            .latency
            .record(micros)
            .expect("a histogram without bounds takes every value");
        answers.last = at;
    }

    fn fail(&mut self, why: &str, body: &[u8]) {
        self.failures += 1;
        self.first_failure.get_or_insert_with(|| {
            let shown = body.get(..SHOWN).unwrap_or(body);
            format!("{why}: {}", String::from_utf8_lossy(shown))
        });
    }

    fn absorb(&mut self, other: Self) {
        for (kind, answers) in other.answers {
            self.answers.entry(kind).or_default().absorb(&answers);
        }
        self.failures += other.failures;
        self.first_failure = self.first_failure.take().or(other.first_failure);
    }
}

/// Lets all users ask at once, until `patience` is over (whoever waits for an answer then still gets it) or none has anything left to
/// ask.
pub async fn run(address: SocketAddr, users: Vec<User>, patience: Option<Duration>) -> Result<Outcome> {
    let mut ready = Vec::with_capacity(users.len());
    for user in users {
        ready.push((user, Connection::open(address).await?));
    }
    let begun = Instant::now();
    let end = patience.map(|patience| begun + patience);
    let mut asking = JoinSet::new();
    for (user, connection) in ready {
        asking.spawn(ask(user, connection, address, (begun, end)));
    }
    let mut outcome = Outcome::default();
    while let Some(asked) = asking.join_next().await {
        outcome.absorb(asked?);
    }
    outcome.elapsed = begun.elapsed();
    Ok(outcome)
}

async fn ask(
    mut user: User,
    mut connection: Connection,
    address: SocketAddr,
    (begun, end): (Instant, Option<Instant>),
) -> Outcome {
    let mut outcome = Outcome::default();
    while outcome.failures < MOST_FAILURES && end.is_none_or(|end| Instant::now() < end) {
        let Some(body) = user.script.next() else { break };
        let asked = Instant::now();
        let answer = connection.post(&user.authorization, body).await;
        let took = asked.elapsed();
        match answer {
            Ok((StatusCode::OK, body)) => match user.script.judge(&body) {
                Ok(kind) => outcome.note(kind, took, begun.elapsed()),
                Err(why) => outcome.fail(&why, &body),
            },
            Ok((status, body)) => outcome.fail(&format!("status {status}"), &body),
            Err(error) => {
                outcome.fail(&format!("no answer, {error:#}"), b"");
                match Connection::open(address).await {
                    Ok(fresh) => connection = fresh,
                    Err(_) => break,
                }
            }
        }
    }
    outcome
}

/// The same query again and again.
pub struct Repeat(
    /// The request.
    pub Bytes,
);

/// The outside of an answer. Its inside is passed over: reading all of it would cost the servers' processors.
#[derive(Deserialize)]
struct Envelope {
    data: Option<IgnoredAny>,
    errors: Option<IgnoredAny>,
}

impl Script for Repeat {
    fn next(&mut self) -> Option<Bytes> {
        Some(self.0.clone())
    }

    fn judge(&mut self, body: &[u8]) -> Result<Cow<'static, str>, String> {
        match serde_json::from_slice::<Envelope>(body) {
            Ok(Envelope {
                data: Some(_),
                errors: None,
            }) => Ok(Cow::Borrowed("answered")),
            Ok(_) => Err("errors in the answer".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The first place at which two answers differ, with what stands there in each.
pub fn difference(one: &Value, other: &Value, at: &str) -> Option<String> {
    match (one, other) {
        (Value::Object(left), Value::Object(right)) if left.len() == right.len() => {
            let differ =
                |(key, value): (&String, &Value)| difference(value, right.get(key)?, &format!("{at}.{key}"));
            match left.keys().find(|key| !right.contains_key(*key)) {
                Some(missing) => Some(format!("{at}.{missing} is in one answer only")),
                None => left.iter().find_map(differ),
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs.find_map(|(place, (one, other))| difference(one, other, &format!("{at}[{place}]")))
        }
        _ => (one != other).then(|| format!("{at}: {one} and {other}")),
    }
}

//! Asking a question and waiting for the answer, again and again: what counts is how long one answer takes, so nobody else asks
//! meanwhile.

use crate::bench::client::{Connection, request};
use crate::bench::load::{self, Answers, Outcome, Repeat, Script, User};
use crate::bench::people::Person;
use crate::bench::warm_up;
use anyhow::{Result, ensure};
use hdrhistogram::Histogram;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use serde_json::Value;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

/// A question.
pub struct Question {
    /// What it is called.
    pub name: &'static str,
    /// Where the list stands in an answer's data, and how long it is at least.
    list: (&'static str, usize),
    askers: Vec<Asker>,
}

/// Somebody who asks it.
pub struct Asker {
    authorization: HeaderValue,
    query: &'static str,
    variables: Vec<Value>,
}

impl Asker {
    /// Somebody who asks a query with each of these variables in turn.
    pub fn of(person: &Person, query: &'static str, variables: impl IntoIterator<Item = Value>) -> Self {
        Self {
            authorization: person.authorization.clone(),
            query,
            variables: variables.into_iter().collect(),
        }
    }

    fn user(&self) -> User {
        let requests = self.variables.iter();
        User {
            authorization: self.authorization.clone(),
            script: Box::new(Turns {
                bodies: requests.map(|variables| request(self.query, variables)).collect(),
                next: 0,
            }),
        }
    }
}

/// What was measured of one question in one round.
pub struct Measured {
    /// What it is called.
    pub name: &'static str,
    /// From sending a request to having all of the answer, in microseconds.
    pub latency: Histogram<u64>,
    /// Requests that failed.
    pub failures: u64,
    /// The first of them.
    pub first_failure: Option<String>,
}

impl Measured {
    /// Nothing yet.
    pub fn of(name: &'static str) -> Self {
        Self {
            name,
            latency: Answers::default().latency,
            failures: 0,
            first_failure: None,
        }
    }

    /// Answers that came.
    pub fn add(&mut self, answers: &Answers) {
        self.latency
            .add(&answers.latency)
            .expect("a histogram without bounds takes every value");
    }

    /// Requests that failed.
    pub fn note_failures(&mut self, outcome: &Outcome) {
        self.failures += outcome.failures;
        if self.first_failure.is_none() {
            self.first_failure.clone_from(&outcome.first_failure);
        }
    }
}

impl Question {
    /// A question whose answers hold a list of some length: its place in the data, and the least length.
    pub fn new(name: &'static str, list: (&'static str, usize), askers: Vec<Asker>) -> Self {
        Self { name, list, askers }
    }

    /// Makes sure that everybody gets an answer worth measuring: an empty list is quickly found.
    pub async fn check(&self, connection: &mut Connection) -> Result<()> {
        let (place, least) = self.list;
        for asker in &self.askers {
            for variables in &asker.variables {
                let data = connection
                    .data(&asker.authorization, asker.query, variables)
                    .await?;
                let found = data.pointer(place).and_then(Value::as_array).map_or(0, Vec::len);
                ensure!(
                    found >= least,
                    "`{}` finds {found} instead of {least}: {data}",
                    self.name
                );
            }
        }
        Ok(())
    }

    /// Lets everybody ask for an equal part of some seconds, after a warm-up.
    pub async fn measure(&self, address: SocketAddr, seconds: u64) -> Result<Measured> {
        let patience = Duration::from_secs(seconds);
        let mut measured = Measured::of(self.name);
        for asker in &self.askers {
            load::run(address, vec![asker.user()], Some(self.share(warm_up(patience)))).await?;
        }
        for asker in &self.askers {
            let outcome = load::run(address, vec![asker.user()], Some(self.share(patience))).await?;
            measured.add(&outcome.all());
            measured.note_failures(&outcome);
        }
        Ok(measured)
    }

    fn share(&self, of: Duration) -> Duration {
        of / u32::try_from(self.askers.len()).unwrap_or(u32::MAX).max(1)
    }
}

/// Some requests in turn.
struct Turns {
    bodies: Vec<Bytes>,
    next: usize,
}

impl Script for Turns {
    fn next(&mut self) -> Option<Bytes> {
        let body = self.bodies.get(self.next)?.clone();
        self.next = (self.next + 1) % self.bodies.len();
        Some(body)
    }

    fn judge(&mut self, body: &[u8]) -> Result<Cow<'static, str>, String> {
        Repeat(Bytes::new()).judge(body)
    }
}

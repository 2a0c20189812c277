//! One person who uses the clinic: knows what the last answers showed, and asks what follows from it.

use super::answers::Request;
use super::asking::Asked;
use super::directory::Directory;
use super::ledger::{Entry, Ledger};
use super::tasks::Trade;
use crate::bench::load::Script;
use crate::bench::people::Person;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use rand::{SeedableRng, rngs::StdRng};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why a request came to nothing.
#[derive(Debug)]
pub enum Trouble {
    /// Refused; asking again gets the same answer.
    Refused(String),
    /// Nobody knows whether it was done.
    Fault(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::Fault(why) => f.write_str(why),
        }
    }
}

impl From<String> for Trouble {
    fn from(why: String) -> Self {
        Self::Fault(why)
    }
}

/// Somebody at work.
pub struct Worker {
    pub(super) person: Person,
    pub(super) trade: Trade,
    /// Whose records they write and read: their own, or of those in their care.
    pub(super) panel: Vec<String>,
    pub(super) directory: Arc<Directory>,
    pub(super) random: StdRng,
    pub(super) memory: Memory,
    pub(super) ledger: Ledger,
    number: usize,
    tag: String,
    count: u32,
    asked: Asked,
    body: Bytes,
}

/// What the last answers showed.
#[derive(Default)]
pub(super) struct Memory {
    /// With whom the times below are free.
    pub(super) practitioner: String,
    /// Some free times.
    pub(super) starts: Vec<String>,
    /// When this patient is busy.
    pub(super) taken: HashSet<String>,
    /// Visits that wait for confirmation.
    pub(super) requests: Vec<Request>,
    /// Messages that were not read.
    pub(super) unread: Vec<String>,
    /// The encounter that is being written.
    pub(super) encounter: Option<Open>,
}

/// An encounter that is not signed.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) entry: Entry,
    pub(super) version: i64,
}

impl Worker {
    /// Somebody who starts to work. What they choose follows from `seed` and their number alone.
    pub fn new(
        (person, trade): (Person, Trade),
        panel: Vec<String>,
        directory: Arc<Directory>,
        (seed, number): (u64, usize),
    ) -> Self {
        let own = u64::try_from(number).unwrap_or_default();
        Self {
            person,
            trade,
            panel,
            directory,
            random: StdRng::seed_from_u64(seed.wrapping_mul(1_000).wrapping_add(own)),
            memory: Memory::default(),
            ledger: Ledger::default(),
            number,
            tag: String::new(),
            count: 0,
            asked: Asked::Nothing,
            body: Bytes::new(),
        }
    }

    /// From now on, names of what is new begin with `tag`.
    pub fn begin(&mut self, tag: &str) {
        tag.clone_into(&mut self.tag);
        self.count = 0;
    }

    /// Who it is.
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// What they are in the clinic.
    pub fn trade(&self) -> Trade {
        self.trade
    }

    /// Their token, as it is sent.
    pub fn authorization(&self) -> HeaderValue {
        self.person.authorization.clone()
    }

    /// The next request.
    pub fn next_request(&mut self) -> Bytes {
        let task = self.trade.choose(&mut self.random);
        (self.asked, self.body) = self.ask(task);
        self.body.clone()
    }

    /// The same request once more, because nobody knows what became of it.
    pub fn same_request(&self) -> Bytes {
        self.body.clone()
    }

    /// What kind of answer the body of a response with status 200 is. `again` says that the request was sent before: what it wants may
    /// have been done by then.
    pub fn judge(&mut self, body: &[u8], again: bool) -> Result<&'static str, Trouble> {
        let asked = std::mem::take(&mut self.asked);
        let heard = self.hear(&asked, body, again);
        if matches!(heard, Err(Trouble::Fault(_))) {
            // It may be asked again.
            self.asked = asked;
        }
        heard
    }

    /// What was answered since this was asked last.
    pub fn take_ledger(&mut self) -> Ledger {
        std::mem::take(&mut self.ledger)
    }

    /// A name that nothing else has.
    pub(super) fn new_name(&mut self) -> String {
        self.count += 1;
        format!("{}-{}-{}", self.tag, self.number, self.count)
    }
}

/// Whoever works goes on where they were when the next measurement begins.
pub(super) struct Turn(pub(super) Arc<Mutex<Worker>>);

impl Script for Turn {
    fn next(&mut self) -> Option<Bytes> {
        Some(lock(&self.0).next_request())
    }

    fn judge(&mut self, body: &[u8]) -> Result<Cow<'static, str>, String> {
        let heard = lock(&self.0).judge(body, false);
        heard.map(Cow::Borrowed).map_err(|trouble| trouble.to_string())
    }
}

/// Nobody waits here: each worker is asked by one task at a time.
pub fn lock(worker: &Mutex<Worker>) -> MutexGuard<'_, Worker> {
    worker.lock().unwrap_or_else(PoisonError::into_inner)
}

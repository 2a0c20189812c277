//! Due work that survives restarts: reminders, deliveries, and attempts that come again later.
//!
//! A job is a document beside those it is about. It is planned in the [`Commit`] that makes it necessary, and what follows from
//! doing it is committed together with its end: so in the store, work happens once. What it does to the outside (a message handed
//! to a mail server) happens at least once, because nobody can make another system's acceptance part of a transaction of ours.
//!
//! **Invariant:** a job is done by whoever moved its due time last. Taking it moves the due time behind a lease and raises its
//! version; of several processes that try, one succeeds. Who dies with a job leaves it due again when the lease is over.
//!
//! Why not a job library: see `docs/decisions.md`.

mod runner;

pub use runner::{JobSettings, JobWorker, Next, run};

use crate::documents::{
    Collection, Commit, Declaration, Direction, Document, DocumentError, Documents, Filter, Kind, Query,
    Versioned, micros,
};
use crate::subgraph::DocumentGround;
use crate::telemetry::trace::{self, SPANS, TraceParent};
use crate::vitals::{Vital, VitalsProbe};
use caregraph_contracts::ids::JobId;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::watch;
use tracing::Span;
use tracing::field::Empty;
use uuid::Uuid;

/// Work that waits for its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// What it is called; one job at a time has this name.
    pub name: String,
    /// Who does it: a [`JobWorker::kind`].
    pub kind: String,
    /// What it is about.
    pub subject: Uuid,
    /// A word more, for the worker.
    pub detail: String,
    /// When it was meant to be done.
    #[serde(with = "micros")]
    pub planned_for: DateTime<Utc>,
    /// From when on somebody may take it: `planned_for`, the next attempt, or the end of a lease.
    #[serde(with = "micros")]
    pub due: DateTime<Utc>,
    /// How often it has been taken.
    pub attempts: u32,
    /// When it was planned, and the place in a trace of whatever planned it.
    #[serde(default)]
    pub cause: Option<Cause>,
}

/// Why there is a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    #[serde(with = "micros")]
    planned_at: DateTime<Utc>,
    traceparent: String,
}

/// Work that waits longer than this begins a trace of its own, which says what it follows from: a trace that lasts for days
/// cannot be looked at, and collectors give up on it.
const SAME_TRACE: TimeDelta = TimeDelta::minutes(1);

impl Job {
    /// The span of doing it, and the place it belongs under.
    fn span(&self) -> (Span, Option<TraceParent>) {
        let span = tracing::info_span!(
            target: SPANS,
            "job",
            otel.name = %format_args!("job {}", self.kind),
            otel.kind = "consumer",
            otel.status_code = Empty,
            caregraph.job.attempt = self.attempts,
        );
        let Some(cause) = &self.cause else {
            return (span, None);
        };
        let place = TraceParent::read(&cause.traceparent);
        if self.planned_for - cause.planned_at <= SAME_TRACE {
            return (span, place);
        }
        trace::link(&span, place.as_ref());
        (span, None)
    }
}

impl Document for Job {
    type Id = JobId;

    const COLLECTION: &'static str = "jobs";

    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
            .field("due", Kind::Integer)
            .field("kind", Kind::Text)
            .index("by_due", &[("due", Direction::Ascending)])
            .index(
                "by_kind",
                &[("kind", Direction::Ascending), ("due", Direction::Ascending)],
            )
    }
}

/// A job to be planned.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// What it is called: planning another job of the same name takes its place.
    pub name: &'a str,
    /// Who does it.
    pub kind: &'static str,
    /// What it is about.
    pub subject: Uuid,
    /// A word more, for the worker.
    pub detail: &'a str,
    /// When.
    pub due: DateTime<Utc>,
}

/// The jobs of one domain. Cheap to clone; clones share.
#[derive(Clone)]
pub struct Jobs {
    documents: Documents,
    collection: Collection<Job>,
    planned: Arc<watch::Sender<u64>>,
}

impl Jobs {
    /// The jobs in a store that was opened with [`Job::declaration`].
    pub fn new(documents: &Documents) -> Result<Self, DocumentError> {
        Ok(Self {
            documents: documents.clone(),
            collection: documents.collection()?,
            planned: Arc::new(watch::Sender::new(0)),
        })
    }

    /// Plans a job as part of a commit; one of the same name that still waits is replaced. Call [`Jobs::look`] when the commit
    /// has taken effect.
    pub async fn plan(&self, commit: &mut Commit, plan: &Plan<'_>) -> Result<(), DocumentError> {
        let id = id_of(plan.name);
        let job = Job {
            name: plan.name.to_owned(),
            kind: plan.kind.to_owned(),
            subject: plan.subject,
            detail: plan.detail.to_owned(),
            planned_for: plan.due,
            due: plan.due,
            attempts: 0,
            cause: trace::current().map(|place| Cause {
                planned_at: self.documents.clock().now(),
                traceparent: place.to_string(),
            }),
        };
        match self.collection.get(id).await? {
            Some(waiting) => commit.replace(id, waiting.version, &job),
            None => commit.insert(id, &job),
        }
    }

    /// Takes a job back as part of a commit, if there is one. A worker that has begun with it loses the race and leaves no trace
    /// in the store.
    pub async fn take_back(&self, commit: &mut Commit, name: &str) -> Result<(), DocumentError> {
        let id = id_of(name);
        if let Some(waiting) = self.collection.get(id).await? {
            commit.delete::<Job>(id, waiting.version);
        }
        Ok(())
    }

    /// Lets the runner in this process look at once instead of at its next round.
    pub fn look(&self) {
        self.planned.send_modify(|times| *times += 1);
    }

    /// A job that waits.
    pub async fn waiting(&self, name: &str) -> Result<Option<Job>, DocumentError> {
        Ok(self.collection.get(id_of(name)).await?.map(|job| job.value))
    }

    /// How many jobs wait, and how many of them are due: for metrics.
    pub async fn backlog(&self, now: DateTime<Utc>) -> Result<(u64, u64), DocumentError> {
        let all = self.collection.count(&Filter::everything()).await?;
        let due = self.collection.count(&Filter::less_than("due", now)).await?;
        Ok((all, due))
    }

    /// [`Jobs::backlog`] as numbers for `/metrics`.
    pub fn vitals(&self, ground: &DocumentGround) -> VitalsProbe {
        let (jobs, clock) = (self.clone(), ground.clock.clone());
        let domain = ground.documents.domain();
        Arc::new(move || {
            let (jobs, now) = (jobs.clone(), clock.now());
            Box::pin(async move {
                let Ok((waiting, due)) = jobs.backlog(now).await else {
                    return Vec::new();
                };
                let vital = |name, help, value| Vital {
                    name,
                    help,
                    labels: vec![("domain", domain.to_string())],
                    value: i64::try_from(value).unwrap_or(i64::MAX),
                };
                vec![
                    vital(
                        "caregraph_jobs_waiting",
                        "Jobs that wait for their time or are being done.",
                        waiting,
                    ),
                    vital("caregraph_jobs_due", "Jobs that should have begun.", due),
                ]
            })
        })
    }

    /// Jobs of one kind that are due, the longest waiting first.
    async fn due(
        &self,
        kind: &str,
        now: DateTime<Utc>,
        limit: u64,
    ) -> Result<Vec<Versioned<JobId, Job>>, DocumentError> {
        // A microsecond later than now: what is due now is due.
        let filter = Filter::less_than("due", now + TimeDelta::microseconds(1));
        let query = Query::of(Filter::is("kind", kind).and(filter))
            .sorted_by("due", Direction::Ascending)
            .limit(limit);
        Ok(self
            .collection
            .find(&query)
            .await?
            .into_iter()
            .map(|(_, job)| job)
            .collect())
    }
}

/// A job is found by its name without a list.
fn id_of(name: &str) -> JobId {
    const JOBS: Uuid = Uuid::from_u128(0x6f1c_62a4_30d5_5e0b_9a31_7d3f_5b7c_2e90);
    JobId::from(Uuid::new_v5(&JOBS, name.as_bytes()))
}

//! Doing what is due.

use super::{Job, Jobs};
use crate::clock::Clock;
use crate::documents::{Commit, DocumentError, Documents, Versioned};
use crate::failure::Fault;
use crate::subgraph::Background;
use crate::telemetry::{chain, panic_message, trace};
use async_trait::async_trait;
use caregraph_contracts::ids::JobId;
use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use futures::future::join_all;
use rand::Rng;
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// Does the jobs of one kind.
#[async_trait]
pub trait JobWorker: Send + Sync + 'static {
    /// Which jobs.
    fn kind(&self) -> &'static str;

    /// Does one. What is to be written comes back as a commit, which takes effect together with the job's end; when the job has
    /// been taken back or planned anew meanwhile, nothing is written. Faults let the job wait for its next attempt.
    async fn work(&self, job: &Job) -> Result<Next, Fault>;
}

/// What becomes of a job.
#[derive(Debug)]
pub enum Next {
    /// It is done.
    Done(Commit),
    /// It is to be tried again then.
    Again(DateTime<Utc>, Commit),
}

/// How jobs are looked for.
#[derive(Debug, Clone)]
pub struct JobSettings {
    /// How often each process looks for what is due.
    pub period: Duration,
    /// How long a job belongs to whoever took it. Nothing that a worker does may take longer; it is cut off at half of it.
    pub lease: Duration,
    /// How many of each kind a process does at the same time.
    pub concurrent: usize,
}

impl Default for JobSettings {
    fn default() -> Self {
        Self {
            period: Duration::from_millis(500),
            lease: Duration::from_mins(2),
            concurrent: 8,
        }
    }
}

/// After a fault: a few seconds, then twice as long each time, up to an hour.
fn pause(attempts: u32) -> TimeDelta {
    let seconds = 5_i64 << attempts.saturating_sub(1).min(10);
    let seconds = seconds.min(3600);
    // Spread, so that what failed together does not come back together.
    TimeDelta::milliseconds(rand::rng().random_range(seconds * 500..=seconds * 1000))
}

/// Does the jobs of `workers` until told to stop. Every process may do so.
pub fn run(
    documents: Documents,
    jobs: Jobs,
    clock: Clock,
    settings: JobSettings,
    workers: Vec<Arc<dyn JobWorker>>,
) -> Background {
    let runner = Arc::new(Runner {
        documents,
        jobs,
        clock,
        settings,
        workers,
    });
    Box::new(move |stop| Box::pin(async move { runner.run(stop).await }))
}

struct Runner {
    documents: Documents,
    jobs: Jobs,
    clock: Clock,
    settings: JobSettings,
    workers: Vec<Arc<dyn JobWorker>>,
}

impl Runner {
    /// Every kind by itself: whoever waits for a provider holds up nobody else, and what no worker here knows is not in the way.
    async fn run(self: &Arc<Self>, stop: CancellationToken) {
        join_all(self.workers.iter().map(|worker| self.see_to(worker, &stop))).await;
    }

    async fn see_to(self: &Arc<Self>, worker: &Arc<dyn JobWorker>, stop: &CancellationToken) {
        let mut planned = self.jobs.planned.subscribe();
        // Tasks of their own: they go on while we look for more.
        let mut under_way = JoinSet::new();
        let mut ids = HashSet::new();
        loop {
            // What has begun is finished; what has not waits for the next process.
            if !stop.is_cancelled() && under_way.len() < self.settings.concurrent {
                match self.due(worker.kind()).await {
                    Ok(due) => {
                        for job in due {
                            // One that is under way stands in the list until it has been taken.
                            if under_way.len() < self.settings.concurrent && ids.insert(job.id) {
                                let (runner, worker) = (Arc::clone(self), Arc::clone(worker));
                                under_way.spawn(async move {
                                    (job.id, runner.take_and_do(worker.as_ref(), job).await)
                                });
                            }
                        }
                    }
                    Err(error) => tracing::warn!(error = chain(&error), "jobs could not be looked for"),
                }
            }
            if under_way.is_empty() && stop.is_cancelled() {
                return;
            }
            tokio::select! {
                Some(ended) = under_way.join_next() => match ended {
                    Ok((id, was_done)) => {
                        ids.remove(&id);
                        if !was_done {
                            // Somebody else has it, or the store is away: no reason to look again at once.
                            tokio::time::sleep(LOST).await;
                        }
                    }
                    // Panics are caught inside, so the runtime is shutting down.
                    Err(_) => return,
                },
                () = stop.cancelled(), if !stop.is_cancelled() => {}
                Ok(()) = planned.changed() => {}
                () = tokio::time::sleep(self.settings.period) => {}
            }
        }
    }

    async fn due(&self, kind: &str) -> Result<Vec<Versioned<JobId, Job>>, DocumentError> {
        let limit = self.settings.concurrent as u64;
        self.jobs.due(kind, self.clock.now(), limit).await
    }

    /// `false` when somebody else has the job.
    async fn take_and_do(&self, worker: &dyn JobWorker, found: Versioned<JobId, Job>) -> bool {
        let lease = TimeDelta::from_std(self.settings.lease).unwrap_or(TimeDelta::MAX);
        let mut job = found.value;
        job.due = self.clock.now() + lease;
        job.attempts += 1;
        match self.jobs.collection.replace(found.id, found.version, &job).await {
            Ok(()) => {}
            Err(error) if error.lost_a_race() => return false,
            Err(error) => {
                tracing::warn!(job = job.name, error = chain(&error), "a job could not be taken");
                return false;
            }
        }
        let version = found.version + 1;
        // A worker that panics costs one attempt, not the process's other jobs.
        let (span, place) = job.span();
        let work = AssertUnwindSafe(worker.work(&job)).catch_unwind();
        let work = trace::under(span.clone(), place.as_ref(), work);
        let result = tokio::time::timeout(self.settings.lease / 2, work).await;
        if !matches!(result, Ok(Ok(Ok(_)))) {
            span.record("otel.status_code", "ERROR");
        }
        let next = match result {
            Ok(Ok(Ok(next))) => next,
            Ok(Err(panic)) => {
                tracing::error!(job = job.name, panic = panic_message(&*panic), "a job panicked");
                Next::Again(self.clock.now() + pause(job.attempts), Commit::new())
            }
            Ok(Ok(Err(fault))) => {
                tracing::warn!(
                    job = job.name,
                    attempts = job.attempts,
                    error = chain(&fault),
                    "a job failed"
                );
                Next::Again(self.clock.now() + pause(job.attempts), Commit::new())
            }
            Err(_) => {
                tracing::warn!(job = job.name, attempts = job.attempts, "a job took too long");
                Next::Again(self.clock.now() + pause(job.attempts), Commit::new())
            }
        };
        let finish = self.finish(found.id, version, job, next);
        if let Err(error) = finish.instrument(span).await {
            // It is due again when the lease is over.
            tracing::warn!(error = chain(&error), "what a job came to could not be written");
        }
        true
    }

    async fn finish(&self, id: JobId, version: i64, mut job: Job, next: Next) -> Result<(), DocumentError> {
        let lease_ends = job.due;
        let commit = match next {
            Next::Done(mut commit) => {
                commit.delete::<Job>(id, version);
                commit
            }
            Next::Again(due, mut commit) => {
                job.due = due;
                commit.replace(id, version, &job)?;
                commit
            }
        };
        // What was done to the outside cannot be undone: as long as the job is ours, a store that is away is waited for.
        loop {
            match self.documents.commit(commit.clone()).await {
                Err(error) if error.is_outage() && self.clock.now() < lease_ends => {
                    tokio::time::sleep(LOST).await;
                }
                other => return other.map(drop),
            }
        }
    }
}

/// How long to wait after something that somebody else must see to first.
const LOST: Duration = Duration::from_millis(100);

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
use futures::{FutureExt, StreamExt};
use rand::Rng;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
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
    /// How many a process does at the same time.
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
    let workers = workers
        .into_iter()
        .map(|worker| (worker.kind(), worker))
        .collect();
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
    workers: HashMap<&'static str, Arc<dyn JobWorker>>,
}

impl Runner {
    async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.round(&stop).await {
                // There may be more.
                Ok(done) if done > 0 => continue,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(error = chain(&error), "jobs could not be looked for");
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.jobs.planned.notified() => {}
                () = tokio::time::sleep(self.settings.period) => {}
            }
        }
    }

    /// Does what is due now. How many jobs this process got hold of.
    async fn round(&self, stop: &CancellationToken) -> Result<usize, DocumentError> {
        let limit = 4 * self.settings.concurrent as u64;
        let due = self.jobs.due(self.clock.now(), limit).await?;
        let done = futures::stream::iter(due)
            .map(async |job| {
                // What has begun is finished; what has not waits for the next process.
                !stop.is_cancelled() && self.take_and_do(job).await
            })
            .buffer_unordered(self.settings.concurrent);
        let done: Vec<bool> = done.collect().await;
        Ok(done.into_iter().filter(|done| *done).count())
    }

    /// `false` when somebody else has the job, or nobody here can do it.
    async fn take_and_do(&self, found: Versioned<JobId, Job>) -> bool {
        let Some(worker) = self.workers.get(found.value.kind.as_str()) else {
            return false;
        };
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
        self.documents.commit(commit).await.map(drop)
    }
}

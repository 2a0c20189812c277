//! What notifications does when somebody wants everything about a person erased.
//!
//! Messages to the person's accounts go, and what they prefer, and the visits that they would be reminded of. Messages about the person to
//! others (guardians, practitioners) are those others' and stay. How an account is reached, and that it is not reached any more, is for
//! identity to say: whoever works here keeps the account, and the contact with it. [`Contact::is_erased`](crate::contact::Contact) knows
//! what identity says; from then on nothing is written down for the account or sent to it.
//!
//! Other domains erase at the same time, and some of it is news: a visit is called off. What was written down between our erasing and
//! identity's word is swept up afterwards.

use crate::notification::Post;
use crate::notification::store::to;
use crate::reminder::{Lead, VisitRow, Visits};
use async_trait::async_trait;
use caregraph_contracts::events::{DataCategory, ErasureStep, Holdings};
use caregraph_contracts::ids::{Id, PatientId, UserId};
use caregraph_kit::Fault;
use caregraph_kit::documents::{Commit, Documents};
use caregraph_kit::erasure::DocumentEraser;
use caregraph_kit::events::HandlerError;
use caregraph_kit::jobs::{Job, JobWorker, Next, Plan};
use chrono::TimeDelta;

/// The kind of job that sweeps up.
const SWEEP: &str = "notifications.sweep";
/// How long after erasing: when everybody has told what follows from it, and once more when somebody was away.
const AFTERWARDS: [TimeDelta; 2] = [TimeDelta::minutes(1), TimeDelta::hours(6)];
/// About how many documents go in one commit.
const BATCH: u64 = 200;
/// How often in a row a commit is tried when somebody changes the same.
const RACES: usize = 10;

/// Erases messages, preferences and visits. Cheap to clone.
#[derive(Clone)]
pub(crate) struct MessageEraser {
    pub(crate) documents: Documents,
    pub(crate) visits: Visits,
    pub(crate) post: Post,
}

#[async_trait]
impl DocumentEraser for MessageEraser {
    async fn holdings(&self, step: &ErasureStep) -> Result<Holdings, HandlerError> {
        let accounts: Vec<UserId> = step.accounts().collect();
        let messages = self.post.notifications.count(&to(&accounts)).await?;
        let preferences = self.post.preferences.count(&accounts).await?;
        let mut holdings = Holdings::default();
        holdings.go(DataCategory::Messages, messages + preferences);
        Ok(holdings)
    }

    async fn erase(&self, step: &ErasureStep) -> Result<Commit, HandlerError> {
        let accounts: Vec<UserId> = step.accounts().collect();
        let mut commit = self.erase_all(&step.records, &accounts).await?;
        let records: Vec<_> = step.records.iter().map(ToString::to_string).collect();
        let records = records.join(",");
        for (times, later) in AFTERWARDS.into_iter().enumerate() {
            let name = format!("sweep/{}/{}/{times}", step.erasure_id, step.round);
            let plan = Plan {
                name: &name,
                kind: SWEEP,
                subject: step.erasure_id.uuid(),
                detail: &records,
                due: self.post.clock.now() + later,
            };
            self.post.jobs.plan(&mut commit, &plan).await?;
        }
        Ok(commit)
    }
}

/// Sweeps up.
#[async_trait]
impl JobWorker for MessageEraser {
    fn kind(&self) -> &'static str {
        SWEEP
    }

    async fn work(&self, job: &Job) -> Result<Next, Fault> {
        let records = job.detail.split(',');
        let records: Vec<PatientId> = records.filter_map(|id| id.parse().ok()).collect();
        let mut accounts = Vec::new();
        for account in records.iter().map(|record| record.as_user()) {
            let contact = self.post.people.contact(account).await?;
            // Whoever works here goes on being told things.
            if contact.is_some_and(|found| found.value.is_erased()) {
                accounts.push(account);
            }
        }
        Ok(Next::Done(self.erase_all(&records, &accounts).await?))
    }
}

impl MessageEraser {
    /// Everything that goes, in commits of bounded size; the last one is left to the caller.
    async fn erase_all(&self, records: &[PatientId], accounts: &[UserId]) -> Result<Commit, Fault> {
        let mut races = 0;
        loop {
            let mut commit = Commit::new();
            if self.fill(&mut commit, records, accounts).await? < BATCH {
                return Ok(commit);
            }
            match self.documents.commit(commit).await {
                Ok(_) => races = 0,
                // A message was just being sent: it is found again, as it is now.
                Err(error) if error.lost_a_race() && races < RACES => races += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Puts what is found next into a commit; how many documents. Fewer than [`BATCH`] when that is all.
    async fn fill(
        &self,
        commit: &mut Commit,
        records: &[PatientId],
        accounts: &[UserId],
    ) -> Result<u64, Fault> {
        // Jobs that were to send them find nothing and end.
        let mut count = self.post.notifications.end(commit, accounts, BATCH).await?;
        if count < BATCH {
            for (visit, version) in self.visits.of_patients(records, BATCH).await? {
                commit.delete::<VisitRow>(visit, version);
                for lead in Lead::ALL {
                    self.post.jobs.take_back(commit, &lead.job(visit)).await?;
                }
                count += 1;
            }
        }
        if count < BATCH {
            self.post.preferences.end(commit, accounts).await?;
        }
        Ok(count)
    }
}

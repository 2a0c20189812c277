//! What notifications does when somebody wants everything about a person erased.
//!
//! Messages to the person's accounts go, and what they prefer, and the visits that they would be reminded of. Messages about the person to
//! others (guardians, practitioners) are those others' and stay. Whoever works here keeps the account, and with it what it is told about
//! work and about itself: of such an account only goes what is told to a patient, or to somebody who acts for one. Where the roles of an
//! account are not known here, the same goes at first, and the rest as soon as identity has said that there is nobody behind it any more.
//!
//! How an account is reached, and that it is not reached any more, is for identity to say.
//! [`Contact::is_erased`](crate::contact::Contact) knows what it says; from then on nothing is written down for the account or sent to it.
//!
//! Other domains erase at the same time, and some of it is news: a visit is called off. What was written down between our erasing and
//! identity's word is swept up afterwards. What came after the wish is none of its business: who stays goes on being told things, and is
//! reminded of visits that are booked then.

use crate::contact::Fate;
use crate::notification::Post;
use crate::reminder::{Lead, VisitRow, Visits};
use async_trait::async_trait;
use caregraph_contracts::events::{DataCategory, ErasureStep, Holdings, RetentionBasis};
use caregraph_contracts::ids::{Id, PatientId, UserId};
use caregraph_kit::Fault;
use caregraph_kit::documents::{Commit, Documents};
use caregraph_kit::erasure::DocumentEraser;
use caregraph_kit::events::HandlerError;
use caregraph_kit::jobs::{Job, JobWorker, Next, Plan};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

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

/// A person's accounts, by what becomes of them.
#[derive(Debug, Default)]
struct Accounts {
    end: Vec<UserId>,
    stay: Vec<UserId>,
    unknown: Vec<UserId>,
}

/// What goes.
#[derive(Debug)]
struct Going<'a> {
    /// Of these records the visits that were booked before.
    records: &'a [PatientId],
    /// Before this.
    erased_at: DateTime<Utc>,
    /// To these accounts everything, and what they prefer.
    all: Vec<UserId>,
    /// To these accounts what is told to a patient, or to somebody who acts for one.
    as_patients: Vec<UserId>,
}

/// What a sweep has to know.
#[derive(Debug, Serialize, Deserialize)]
struct Sweep {
    records: Vec<PatientId>,
    erased_at: DateTime<Utc>,
}

#[async_trait]
impl DocumentEraser for MessageEraser {
    async fn holdings(&self, step: &ErasureStep) -> Result<Holdings, HandlerError> {
        // Nothing of ours had to stay for a time.
        if step.is_review() {
            return Ok(Holdings::default());
        }
        let accounts = self.accounts(step).await?;
        Ok(self.judged(&accounts).await?)
    }

    async fn erase(&self, step: &ErasureStep) -> Result<(Commit, Holdings), HandlerError> {
        if step.is_review() {
            return Ok((Commit::new(), Holdings::default()));
        }
        let accounts = self.accounts(step).await?;
        let holdings = self.judged(&accounts).await?;
        let Accounts { end, stay, unknown } = accounts;
        let going = Going {
            records: &step.records,
            erased_at: step.at,
            all: end,
            as_patients: [stay, unknown].concat(),
        };
        let mut commit = self.erase_all(&going).await?;
        self.plan_sweeps(&mut commit, step).await?;
        Ok((commit, holdings))
    }
}

/// Sweeps up.
#[async_trait]
impl JobWorker for MessageEraser {
    fn kind(&self) -> &'static str {
        SWEEP
    }

    async fn work(&self, job: &Job) -> Result<Next, Fault> {
        let sweep: Sweep = serde_json::from_str(&job.detail)
            .map_err(|error| Fault::new("what is to be swept up cannot be read", error))?;
        let mut all = Vec::new();
        for account in sweep.records.iter().map(|record| record.as_user()) {
            let contact = self.post.people.contact(account).await?;
            // Whoever works here goes on being told things.
            if contact.is_some_and(|found| found.value.is_erased()) {
                all.push(account);
            }
        }
        let going = Going {
            records: &sweep.records,
            erased_at: sweep.erased_at,
            all,
            as_patients: Vec::new(),
        };
        Ok(Next::Done(self.erase_all(&going).await?))
    }
}

impl MessageEraser {
    async fn accounts(&self, step: &ErasureStep) -> Result<Accounts, Fault> {
        let mut accounts = Accounts::default();
        let all: Vec<UserId> = step.accounts().collect();
        for account in all {
            let contact = self.post.people.contact(account).await?;
            match contact.map_or(Fate::Unknown, |found| found.value.fate()) {
                Fate::Ends => accounts.end.push(account),
                Fate::Stays => accounts.stay.push(account),
                Fate::Unknown => accounts.unknown.push(account),
            }
        }
        Ok(accounts)
    }

    /// What becomes of messages and preferences. Those of an account that may end count as if it did.
    async fn judged(&self, accounts: &Accounts) -> Result<Holdings, Fault> {
        let Accounts { end, stay, unknown } = accounts;
        let Post {
            notifications,
            preferences,
            ..
        } = &self.post;
        let ending = notifications.count_to(end).await? + preferences.count(end).await?;
        let as_patients = notifications.count_to_patients(stay).await?;
        let of_staff = notifications.count_to(stay).await? + preferences.count(stay).await?;
        let open = notifications.count_to_patients(unknown).await? + preferences.count(unknown).await?;
        let mut holdings = Holdings::default();
        holdings.go(DataCategory::Messages, ending + as_patients + open);
        holdings.stay(
            DataCategory::Messages,
            of_staff.saturating_sub(as_patients),
            RetentionBasis::Employment,
            None,
        );
        Ok(holdings)
    }

    async fn plan_sweeps(&self, commit: &mut Commit, step: &ErasureStep) -> Result<(), Fault> {
        let sweep = Sweep {
            records: step.records.clone(),
            erased_at: step.at,
        };
        let detail = serde_json::to_string(&sweep)
            .map_err(|error| Fault::new("what is to be swept up cannot be written down", error))?;
        for (times, later) in AFTERWARDS.into_iter().enumerate() {
            let name = format!("sweep/{}/{}/{times}", step.erasure_id, step.round);
            let plan = Plan {
                name: &name,
                kind: SWEEP,
                subject: step.erasure_id.uuid(),
                detail: &detail,
                due: self.post.clock.now() + later,
            };
            self.post.jobs.plan(commit, &plan).await?;
        }
        Ok(())
    }

    /// Everything that goes, in commits of bounded size; the last one is left to the caller.
    async fn erase_all(&self, going: &Going<'_>) -> Result<Commit, Fault> {
        let mut races = 0;
        loop {
            let mut commit = Commit::new();
            if self.fill(&mut commit, going).await? < BATCH {
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
    async fn fill(&self, commit: &mut Commit, going: &Going<'_>) -> Result<u64, Fault> {
        let Post {
            notifications,
            preferences,
            jobs,
            ..
        } = &self.post;
        // Jobs that were to send them find nothing and end.
        let mut count = notifications.end(commit, &going.all, BATCH).await?;
        if count < BATCH {
            count += notifications
                .end_to_patients(commit, &going.as_patients, BATCH)
                .await?;
        }
        if count < BATCH {
            let ended = self
                .visits
                .ended_by_erasure(going.records, going.erased_at, BATCH);
            for (visit, version) in ended.await? {
                commit.delete::<VisitRow>(visit, version);
                for lead in Lead::ALL {
                    jobs.take_back(commit, &lead.job(visit)).await?;
                }
                count += 1;
            }
        }
        if count < BATCH {
            preferences.end(commit, &going.all).await?;
        }
        Ok(count)
    }
}

//! Reminding when the time has come.

use super::model::Lead;
use super::store::Visits;
use crate::contact::store::People;
use crate::handlers::addressees;
use crate::notification::{Facts, NotificationType, Post};
use async_trait::async_trait;
use caregraph_contracts::ids::AppointmentId;
use caregraph_kit::documents::Commit;
use caregraph_kit::jobs::{Job, JobWorker, Next};
use caregraph_kit::{Clock, Fault};

/// The kind of job that reminds.
pub(crate) const REMIND: &str = "notifications.remind";

/// Reminds patients, and practitioners who asked for it.
pub(crate) struct Reminder {
    pub(crate) visits: Visits,
    pub(crate) people: People,
    pub(crate) post: Post,
    pub(crate) clock: Clock,
}

#[async_trait]
impl JobWorker for Reminder {
    fn kind(&self) -> &'static str {
        REMIND
    }

    async fn work(&self, job: &Job) -> Result<Next, Fault> {
        let id = AppointmentId::from(job.subject);
        let mut commit = Commit::new();
        let (Some(lead), Some(found)) = (Lead::read(&job.detail), self.visits.get(id).await?) else {
            return Ok(Next::Done(commit));
        };
        let visit = &found.value;
        let hours = lead.hours();
        if !visit.is_on() || lead.due(visit.0.start) != job.planned_for {
            tracing::info!(appointment = %id, hours, "no reminder: the visit was moved or cancelled");
            return Ok(Next::Done(commit));
        }
        let useless_after = lead.useless_after(visit.0.start);
        if self.clock.now() >= useless_after {
            tracing::info!(appointment = %id, hours, "no reminder: it comes too late to help");
            return Ok(Next::Done(commit));
        }
        // Whoever moves the visit while we write loses nobody's reminder: one of the two is done again.
        commit.require::<super::VisitRow>(id, found.version);
        let origin = format!("{}/{}", lead.job(id), visit.0.revision);
        let Some(readers) = addressees(&self.people, &visit.0).await? else {
            return Err(Fault::new(
                "nobody tells of this patient",
                visit.0.patient_id.to_string(),
            ));
        };
        for (to, patient) in readers {
            let facts = Facts::of_visit(&visit.0, to.side, patient.as_deref())
                .word("hours", hours)
                .until(useless_after);
            self.post
                .tell(
                    &mut commit,
                    to,
                    NotificationType::AppointmentReminder,
                    facts,
                    &origin,
                )
                .await?;
        }
        self.post.jobs.look();
        Ok(Next::Done(commit))
    }
}

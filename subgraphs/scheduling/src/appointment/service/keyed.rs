//! The first answer for every key: what the commands that take a slot do around their transaction.

use super::AppointmentService;
use crate::appointment::refusal::SlotRefusal;
use caregraph_contracts::ids::AppointmentId;
use caregraph_kit::idempotency::{Keyed, Seen, forget};
use caregraph_kit::{Failure, Fault};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// The answer kept under a key. Holds no clinical text: the appointment is read again when it is repeated.
#[derive(Serialize, Deserialize)]
pub(super) enum Kept<R> {
    /// It was done.
    Done(AppointmentId),
    /// It was refused for good.
    Refused(Vec<R>),
}

/// How one attempt ended.
pub(super) enum Attempt {
    /// It is done and committed.
    Done(AppointmentId),
    /// Another request with the same key was faster; nothing was done here.
    Beaten,
}

/// For how long answers are kept. Nobody repeats a request after that, and the rows would pile up.
const KEPT_FOR: TimeDelta = TimeDelta::days(30);

impl AppointmentService {
    /// Forgets answers that are older than 30 days; returns how many.
    pub async fn forget_old_answers(&self) -> Result<u64, Fault> {
        let before = self.ground.clock.now() - KEPT_FOR;
        Ok(forget(self.ground.database.reader(), before).await?)
    }

    /// The answer that was given before; `None` when the key is new.
    pub(super) async fn answered<R: SlotRefusal>(
        &self,
        keyed: &Keyed,
    ) -> Result<Option<AppointmentId>, Failure<R>> {
        match keyed.look_up::<Kept<R>>(self.ground.database.reader()).await? {
            Seen::Never => Ok(None),
            Seen::Answered(Kept::Done(id)) => Ok(Some(id)),
            Seen::Answered(Kept::Refused(refusals)) => Err(Failure::Refused(refusals)),
            Seen::Reused => Err(Failure::refused(R::key_reused())),
        }
    }

    /// Turns the end of an attempt into the answer for its key. A refusal that is final is kept; one that is not gives
    /// way to the answer of a faster twin, which may be the very reason for it.
    pub(super) async fn settle<R: SlotRefusal>(
        &self,
        keyed: &Keyed,
        attempt: Result<Attempt, Failure<R>>,
    ) -> Result<AppointmentId, Failure<R>> {
        match attempt {
            Ok(Attempt::Done(id)) => Ok(id),
            Ok(Attempt::Beaten) => self.answer_of_twin(keyed).await,
            Err(Failure::Refused(refusals)) => {
                if refusals.iter().all(SlotRefusal::is_final) {
                    let answer = Kept::Refused(refusals);
                    if !self.keep_refusal(keyed, &answer).await? {
                        return self.answer_of_twin(keyed).await;
                    }
                    let Kept::Refused(refusals) = answer else {
                        return self.answer_of_twin(keyed).await;
                    };
                    return Err(Failure::Refused(refusals));
                }
                match self.answered(keyed).await? {
                    Some(id) => Ok(id),
                    None => Err(Failure::Refused(refusals)),
                }
            }
            Err(failure) => Err(failure),
        }
    }

    async fn keep_refusal<R: SlotRefusal>(
        &self,
        keyed: &Keyed,
        answer: &Kept<R>,
    ) -> Result<bool, Failure<R>> {
        let database = &self.ground.database;
        let kept = database
            .retrying(|| async {
                let tx = database.begin().await?;
                if keyed.keep(&tx, answer, self.ground.clock.now()).await? {
                    tx.commit().await?;
                    Ok(true)
                } else {
                    tx.rollback().await?;
                    Ok::<_, sea_orm::DbErr>(false)
                }
            })
            .await?;
        Ok(kept)
    }

    async fn answer_of_twin<R: SlotRefusal>(&self, keyed: &Keyed) -> Result<AppointmentId, Failure<R>> {
        match self.answered(keyed).await? {
            Some(id) => Ok(id),
            None => Err(Fault::new("an idempotency key was taken and is not there", "no answer").into()),
        }
    }
}

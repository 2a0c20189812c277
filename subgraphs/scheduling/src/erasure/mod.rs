//! What becomes of a person's visits when their data are erased.
//!
//! Visits that are still to come are called off. Those that took place are part of the medical record and stay as they are
//! for as long as that must be kept; of all others, and in the end of them too, goes what anybody wrote. Rows stay: when,
//! with whom and what for are the practice's figures, under an id of which nobody knows any more whose it was.
//!
//! Later rounds look at visits that took place, and at nothing else: whoever books again after an erasure keeps the visit.
//!
//! Answers under idempotency keys hold ids and free times, and keyed digests of texts; they are forgotten after 30 days
//! anyway ([`AppointmentService::forget_old_answers`]).

mod judgement;

use crate::appointment::AppointmentService;
use crate::hold::HoldService;
use async_trait::async_trait;
use caregraph_contracts::events::{ErasureStep, Holdings};
use caregraph_contracts::ids::UserId;
use caregraph_kit::database::Transaction;
use caregraph_kit::erasure::TableEraser;
use caregraph_kit::events::HandlerError;
use judgement::judge;

/// Erases visits, and holds that name the person.
pub(crate) struct VisitEraser {
    appointments: AppointmentService,
    holds: HoldService,
}

impl VisitEraser {
    /// Erases what these keep.
    pub(crate) fn new(appointments: AppointmentService, holds: HoldService) -> Self {
        Self { appointments, holds }
    }
}

#[async_trait]
impl TableEraser for VisitEraser {
    async fn holdings(&self, tx: &Transaction, step: &ErasureStep) -> Result<Holdings, HandlerError> {
        let visits = self.appointments.remembered(tx, &step.records).await?;
        let retention = self.appointments.ground.retention;
        Ok(judge(visits, step, step.at, retention).holdings)
    }

    async fn erase(&self, tx: &mut Transaction, step: &ErasureStep) -> Result<Holdings, HandlerError> {
        let ground = &self.appointments.ground;
        let visits = self.appointments.remembered_for_update(tx, &step.records).await?;
        // By the clock: the round may have begun long before it is heard of here, and a visit in between.
        let judgement = judge(visits, step, ground.clock.now(), ground.retention);
        for appointment in judgement.called_off {
            self.appointments
                .call_off(tx, appointment, step.requested_by)
                .await?;
        }
        for appointment in judgement.emptied {
            self.appointments.forget_texts(tx, appointment).await?;
        }
        if !step.is_review() {
            // No category tells of holds: they last for minutes.
            let accounts: Vec<UserId> = step.accounts().collect();
            self.holds.release_all(tx, &accounts, &step.records).await?;
        }
        Ok(judgement.holdings)
    }
}

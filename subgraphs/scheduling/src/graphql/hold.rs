//! Holds in the graph.

use super::appointment::errors::{PatientBusy, SlotUnavailable, TooManyHolds};
use super::slot::Slot;
use crate::hold::{HeldSlot, HoldRefusal, HoldService, HoldSlot};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use caregraph_kit::graphql::{ContextExt, named_id, outcome};
use caregraph_kit::payload;
use chrono::{DateTime, Utc};

/// A time that is kept free for you while you fill in the form.
#[derive(Debug, Clone, SimpleObject)]
pub struct SlotHold {
    /// To be given to `bookAppointment` as `holdId`.
    pub id: ID,
    /// What is held.
    pub slot: Slot,
    /// From this moment on it is not held any more.
    pub expires_at: DateTime<Utc>,
}

impl From<HeldSlot> for SlotHold {
    fn from(held: HeldSlot) -> Self {
        Self {
            id: held.id.to_string().into(),
            slot: held.slot.into(),
            expires_at: held.expires_at,
        }
    }
}

/// The time to hold.
#[derive(InputObject)]
pub struct HoldSlotInput {
    /// What for.
    pub service_id: ID,
    /// With whom.
    pub practitioner_id: ID,
    /// When the visit begins; one of the times that `availableSlots` offers.
    pub start: DateTime<Utc>,
    /// For whom; yourself when left out. The booking must be for the same patient.
    pub patient_id: Option<ID>,
}

/// The hold to give back.
#[derive(InputObject)]
pub struct ReleaseHoldInput {
    /// Which hold.
    pub id: ID,
}

impl From<HoldSlotInput> for HoldSlot {
    fn from(input: HoldSlotInput) -> Self {
        Self {
            service_id: named_id(&input.service_id),
            practitioner_id: named_id(&input.practitioner_id),
            start: input.start,
            patient_id: input.patient_id.as_ref().map(named_id),
        }
    }
}

payload! {
    /// What `holdSlot` answers.
    HoldSlotPayload {
        /// The hold; null when refused.
        hold: SlotHold
    }
    HoldSlotError also { SlotUnavailable, PatientBusy, TooManyHolds }
}

payload! {
    /// What `releaseHold` answers.
    ReleaseHoldPayload {
        /// The id of the hold that is gone; null when refused.
        released_id: ID
    }
    ReleaseHoldError
}

impl From<HoldRefusal> for HoldSlotError {
    fn from(refusal: HoldRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            HoldRefusal::Common(rejection) => rejection.into(),
            HoldRefusal::SlotUnavailable { alternatives } => {
                Self::SlotUnavailable(SlotUnavailable::new(message, alternatives))
            }
            HoldRefusal::PatientBusy => Self::PatientBusy(PatientBusy::new(message)),
            HoldRefusal::TooManyHolds => Self::TooManyHolds(TooManyHolds::new(message)),
        }
    }
}

/// What can be done about holds.
#[derive(Default)]
pub struct HoldMutation;

#[Object]
impl HoldMutation {
    /// Keeps a time free for you for a few minutes, at most three at once. For everybody who may book it.
    async fn hold_slot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The time.")] input: HoldSlotInput,
    ) -> Result<HoldSlotPayload> {
        let result = ctx
            .service::<HoldService>()
            .hold(&ctx.principal(), input.into())
            .await;
        Ok(HoldSlotPayload::of(outcome(ctx, result)?, Into::into))
    }

    /// Gives a time back that you hold.
    async fn release_hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The hold.")] input: ReleaseHoldInput,
    ) -> Result<ReleaseHoldPayload> {
        let result = ctx
            .service::<HoldService>()
            .release(&ctx.principal(), named_id(&input.id))
            .await;
        Ok(ReleaseHoldPayload::of(outcome(ctx, result)?, |id| {
            id.to_string().into()
        }))
    }
}

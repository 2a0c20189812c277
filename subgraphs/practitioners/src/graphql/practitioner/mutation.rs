//! Changes to practitioners.

use super::Practitioner;
use super::inputs::{
    CreatePractitionerInput, DeactivatePractitionerInput, ReactivatePractitionerInput,
    UpdatePractitionerInput,
};
use crate::practitioner::PractitionerService;
use async_graphql::{Context, Object, Result};
use caregraph_kit::graphql::{ContextExt, outcome};
use caregraph_kit::payload;

payload! {
    /// What `createPractitioner` answers.
    CreatePractitionerPayload {
        /// The new practitioner; null when refused.
        practitioner: Practitioner
    }
    CreatePractitionerError
}

payload! {
    /// What `updatePractitioner` answers.
    UpdatePractitionerPayload {
        /// The practitioner after the edit; null when refused.
        practitioner: Practitioner
    }
    UpdatePractitionerError
}

payload! {
    /// What `deactivatePractitioner` answers.
    DeactivatePractitionerPayload {
        /// The practitioner, inactive now; null when refused.
        practitioner: Practitioner
    }
    DeactivatePractitionerError
}

payload! {
    /// What `reactivatePractitioner` answers.
    ReactivatePractitionerPayload {
        /// The practitioner, active again; null when refused.
        practitioner: Practitioner
    }
    ReactivatePractitionerError
}

#[derive(Default)]
pub(in crate::graphql) struct PractitionerMutation;

#[Object]
impl PractitionerMutation {
    /// Makes the owner of a staff account a practitioner, whom patients can find. Needs the permission
    /// `practitioners:manage`. `NotFound` at `userId` when the account is not one of staff, `Conflict` when it belongs to a
    /// practitioner already.
    async fn create_practitioner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and what patients are told.")] input: CreatePractitionerInput,
    ) -> Result<CreatePractitionerPayload> {
        let result = ctx
            .service::<PractitionerService>()
            .create(&ctx.principal(), input.into())
            .await;
        Ok(CreatePractitionerPayload::of(outcome(ctx, result)?, Practitioner))
    }

    /// Changes what is said about a practitioner. Needs the permission `practitioners:manage`; practitioners themselves may
    /// change biography, languages, picture, contact at work and whether they take new patients. `Conflict` when somebody
    /// else was faster than `expectedVersion`.
    async fn update_practitioner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, and what changes.")] input: UpdatePractitionerInput,
    ) -> Result<UpdatePractitionerPayload> {
        let result = ctx
            .service::<PractitionerService>()
            .update(&ctx.principal(), input.into())
            .await;
        Ok(UpdatePractitionerPayload::of(outcome(ctx, result)?, Practitioner))
    }

    /// Ends somebody's work here: no new bookings from now on; existing appointments wait for reassignment. Needs the
    /// permission `practitioners:manage`. `Conflict` when it has happened already.
    async fn deactivate_practitioner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, and why.")] input: DeactivatePractitionerInput,
    ) -> Result<DeactivatePractitionerPayload> {
        let result = ctx
            .service::<PractitionerService>()
            .deactivate(&ctx.principal(), input.into())
            .await;
        Ok(DeactivatePractitionerPayload::of(
            outcome(ctx, result)?,
            Practitioner,
        ))
    }

    /// Takes somebody back who was deactivated. Needs the permission `practitioners:manage`. `Conflict` when the practitioner
    /// is active or the account is suspended; `InvalidInput` when the account has lost the role for the profession.
    async fn reactivate_practitioner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: ReactivatePractitionerInput,
    ) -> Result<ReactivatePractitionerPayload> {
        let result = ctx
            .service::<PractitionerService>()
            .reactivate(&ctx.principal(), input.into())
            .await;
        Ok(ReactivatePractitionerPayload::of(
            outcome(ctx, result)?,
            Practitioner,
        ))
    }
}

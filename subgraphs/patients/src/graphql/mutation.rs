//! What can be done about patients.

use super::inputs::{
    AddDependantInput, AssignCareTeamInput, LinkGuardianInput, RegisterPatientInput, UnlinkGuardianInput,
    UpdatePatientInput,
};
use super::payloads::{
    AddDependantPayload, AssignCareTeamPayload, LinkGuardianPayload, RegisterPatientPayload,
    UnlinkGuardianPayload, UpdatePatientPayload,
};
use super::types::Patient;
use crate::care::CareService;
use crate::patient::PatientService;
use async_graphql::{Context, Object, Result};
use caregraph_kit::graphql::{ContextExt, outcome};

/// What can be done about patients.
#[derive(Default)]
pub struct PatientMutation;

#[Object]
impl PatientMutation {
    /// Puts a person on record who has no account: a walk-in, or somebody who comes with a guardian. For the front desk
    /// (`patients:manage`).
    async fn register_patient(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person.")] input: RegisterPatientInput,
    ) -> Result<RegisterPatientPayload> {
        let result = ctx
            .service::<PatientService>()
            .register(&ctx.principal(), input.into())
            .await;
        Ok(RegisterPatientPayload::of(outcome(ctx, result)?, Patient))
    }

    /// Puts a person on record for whom you act, such as your child or your mother. You become the guardian. Needs
    /// `patients:write`. Whoever acts for 20 people already gets `NotAllowed`; the front desk has no such limit.
    async fn add_dependant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person.")] input: AddDependantInput,
    ) -> Result<AddDependantPayload> {
        let result = ctx
            .service::<PatientService>()
            .add_dependant(&ctx.principal(), input.into())
            .await;
        Ok(AddDependantPayload::of(outcome(ctx, result)?, Patient))
    }

    /// Changes a profile: one's own or a dependant's (`patients:write`), or anybody's at the front desk
    /// (`patients:manage`). `NotAllowed` stands at each field that only the front desk changes, and at `id` where you see the
    /// person but have no say in their profile.
    async fn update_patient(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be different.")] input: UpdatePatientInput,
    ) -> Result<UpdatePatientPayload> {
        let result = ctx
            .service::<PatientService>()
            .update(&ctx.principal(), input.into())
            .await;
        Ok(UpdatePatientPayload::of(outcome(ctx, result)?, Patient))
    }

    /// Lets somebody act for a patient: said by the patient, by somebody who already acts for them (`patients:write`), or
    /// by the front desk (`patients:manage`). Linking again says anew what the guardian is to the patient.
    async fn link_guardian(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who acts for whom.")] input: LinkGuardianInput,
    ) -> Result<LinkGuardianPayload> {
        let result = ctx
            .service::<PatientService>()
            .link_guardian(&ctx.principal(), input.into())
            .await;
        Ok(LinkGuardianPayload::of(outcome(ctx, result)?, Patient))
    }

    /// Ends a guardianship: said by the patient or the guardian in question (`patients:write`), or by the front desk
    /// (`patients:manage`). A dependant without an account keeps at least one guardian.
    async fn unlink_guardian(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who acts for whom.")] input: UnlinkGuardianInput,
    ) -> Result<UnlinkGuardianPayload> {
        let result = ctx
            .service::<PatientService>()
            .unlink_guardian(&ctx.principal(), input.into())
            .await;
        Ok(UnlinkGuardianPayload::of(outcome(ctx, result)?, Patient))
    }

    /// Sets a patient's whole care team: who is on it sees the record until taken off. For the front desk
    /// (`patients:manage`).
    async fn assign_care_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team.")] input: AssignCareTeamInput,
    ) -> Result<AssignCareTeamPayload> {
        let result = ctx
            .service::<CareService>()
            .assign(&ctx.principal(), input.into())
            .await;
        Ok(AssignCareTeamPayload::of(outcome(ctx, result)?, Patient))
    }
}

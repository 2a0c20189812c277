//! What can be done about encounters.

use super::shown;
use crate::Services;
use crate::encounter::DiagnosisDraft;
use crate::graphql::encounter::Encounter;
use crate::graphql::inputs::{
    AddTreatmentPlanInput, AmendEncounterInput, RecordDiagnosisInput, SignEncounterInput,
    StartEncounterInput, UpdateDiagnosisInput, UpdateEncounterInput,
};
use crate::graphql::payloads::{
    AddTreatmentPlanPayload, AmendEncounterPayload, RecordDiagnosisPayload, SignEncounterPayload,
    StartEncounterPayload, UpdateDiagnosisPayload, UpdateEncounterPayload,
};
use async_graphql::{Context, Object, Result};
use caregraph_kit::graphql::{ContextExt, named_id};

/// What can be done about encounters.
#[derive(Default)]
pub struct EncounterMutation;

#[Object]
impl EncounterMutation {
    /// Begins an encounter, or takes the encounter of a visit in hand that opened when the patient was checked in. Needs
    /// `records:write` and a care relationship or broken glass.
    async fn start_encounter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, and what there is to say.")] input: StartEncounterInput,
    ) -> Result<StartEncounterPayload> {
        let services = ctx.service::<Services>();
        let result = services.encounters.start(&ctx.principal(), input.into()).await;
        Ok(StartEncounterPayload::of(
            shown(ctx, result, Encounter::of)?,
            |shown| shown,
        ))
    }

    /// Writes into an encounter that is not signed. When somebody else was faster, the answer holds what it says now.
    async fn update_encounter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be written.")] input: UpdateEncounterInput,
    ) -> Result<UpdateEncounterPayload> {
        let services = ctx.service::<Services>();
        let result = services
            .encounters
            .update(
                &ctx.principal(),
                named_id(&input.id),
                input.version,
                input.changes(),
            )
            .await;
        Ok(UpdateEncounterPayload::of(
            shown(ctx, result, Encounter::of)?,
            |shown| shown,
        ))
    }

    /// Signs an encounter: you vouch for what it says, it is closed, and the patient may read it. It needs the chief complaint, and an
    /// examination, notes or a diagnosis. Only the responsible practitioner signs.
    async fn sign_encounter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which version.")] input: SignEncounterInput,
    ) -> Result<SignEncounterPayload> {
        let services = ctx.service::<Services>();
        let result = services
            .encounters
            .sign(&ctx.principal(), named_id(&input.id), input.version)
            .await;
        Ok(SignEncounterPayload::of(
            shown(ctx, result, Encounter::of)?,
            |shown| shown,
        ))
    }

    /// Changes a signed encounter for a reason; you vouch for what it says then, and the patient is told, unless it is withheld from
    /// them. What it said before is never overwritten: `recordHistory` shows it, with both names. For the doctor who signed it, and for
    /// other doctors in whose care the patient is, because who signed may have left. Other doctors who broke the glass get `NotAllowed`.
    /// Who cannot see the record gets `NotFound`; so does the doctor who signed it when their care has ended, until they break the
    /// glass, and then they may amend it. An amendment by which nothing becomes different is `InvalidInput`.
    async fn amend_encounter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be different, and why.")] input: AmendEncounterInput,
    ) -> Result<AmendEncounterPayload> {
        let services = ctx.service::<Services>();
        let (id, changes) = (named_id(&input.id), input.changes());
        let diagnoses = input.diagnoses;
        let diagnoses = diagnoses.map(|all| all.into_iter().map(DiagnosisDraft::from).collect());
        let result = services
            .encounters
            .amend(
                &ctx.principal(),
                (id, input.version),
                changes,
                diagnoses,
                &input.reason,
            )
            .await;
        Ok(AmendEncounterPayload::of(
            shown(ctx, result, Encounter::of)?,
            |shown| shown,
        ))
    }

    /// Adds a diagnosis to an encounter that is not signed. A code that is only the heading of more exact ones is `InvalidInput`.
    async fn record_diagnosis(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The diagnosis.")] input: RecordDiagnosisInput,
    ) -> Result<RecordDiagnosisPayload> {
        let services = ctx.service::<Services>();
        let result = services
            .encounters
            .diagnose(
                &ctx.principal(),
                named_id(&input.encounter_id),
                input.version,
                input.diagnosis.into(),
            )
            .await;
        Ok(RecordDiagnosisPayload::of(
            shown(ctx, result, Encounter::of)?,
            |shown| shown,
        ))
    }

    /// Changes a diagnosis of an encounter that is not signed, or takes it out. A new code that is only the heading of more exact ones
    /// is `InvalidInput`; the code that it has may stay.
    async fn update_diagnosis(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which diagnosis, and what it is to be.")] input: UpdateDiagnosisInput,
    ) -> Result<UpdateDiagnosisPayload> {
        let services = ctx.service::<Services>();
        let (id, item) = (named_id(&input.encounter_id), named_id(&input.diagnosis_id));
        let draft = input.diagnosis.map(DiagnosisDraft::from);
        let result = services
            .encounters
            .update_diagnosis(&ctx.principal(), id, input.version, item, draft)
            .await;
        Ok(UpdateDiagnosisPayload::of(
            shown(ctx, result, Encounter::of)?,
            |shown| shown,
        ))
    }

    /// Adds something that is to be done to an encounter that is not signed.
    async fn add_treatment_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done.")] input: AddTreatmentPlanInput,
    ) -> Result<AddTreatmentPlanPayload> {
        let services = ctx.service::<Services>();
        let (id, version) = (named_id(&input.encounter_id), input.version);
        let result = services
            .encounters
            .plan(&ctx.principal(), id, version, input.into())
            .await;
        Ok(AddTreatmentPlanPayload::of(
            shown(ctx, result, Encounter::of)?,
            |shown| shown,
        ))
    }
}

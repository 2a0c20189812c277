//! What can be done about the other entries, and about access.

use super::{recorded, shown};
use crate::Services;
use crate::graphql::entries::{
    Allergy, ClinicalDocument, Condition, Immunization, MedicationStatement, RecordBackground, RecordEntry,
};
use crate::graphql::inputs::{
    AttachDocumentInput, BreakGlassInput, RecordAllergyInput, RecordConditionInput, RecordImmunizationInput,
    RecordMedicationStatementInput, RecordVitalsInput, ReleaseEntryInput, RequestUploadInput,
    RetractEntryInput, UpdateAllergyInput, UpdateBackgroundInput, UpdateConditionInput,
    UpdateMedicationStatementInput,
};
use crate::graphql::payloads::{
    AttachDocumentPayload, BreakGlassPayload, RecordAllergyPayload, RecordConditionPayload,
    RecordImmunizationPayload, RecordMedicationStatementPayload, RecordVitalsPayload, ReleaseEntryPayload,
    RequestUploadPayload, RetractEntryPayload, UpdateAllergyPayload, UpdateBackgroundPayload,
    UpdateConditionPayload, UpdateMedicationStatementPayload,
};
use crate::graphql::vitals::VitalSigns;
use async_graphql::{Context, Object, Result};
use caregraph_contracts::events::EntryKind;
use caregraph_kit::graphql::{ContextExt, named_id, outcome};

/// What can be done about the other entries, and about access.
#[derive(Default)]
pub struct RecordMutation;

#[Object]
impl RecordMutation {
    /// Opens a record that is closed to you, for a stated reason, for one hour. For doctors and nurses (`records:break-glass`). The
    /// patient is told at once, and it stands out in the audit trail. Where it would open nothing more, because you care for the
    /// patient or have broken the glass within the hour, it is a `Conflict` at `patientId` that says until when the record is open,
    /// where that is known.
    async fn break_glass(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose record, and why.")] input: BreakGlassInput,
    ) -> Result<BreakGlassPayload> {
        let services = ctx.service::<Services>();
        let result = services.access.break_glass(&ctx.principal(), input.into()).await;
        Ok(BreakGlassPayload::of(outcome(ctx, result)?, Into::into))
    }

    /// Records vital signs. Impossible values are refused; alarming ones are kept and flagged by what is normal at the patient's
    /// age. For doctors and nurses (`records:observe`) with a care relationship or broken glass.
    async fn record_vitals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values.")] input: RecordVitalsInput,
    ) -> Result<RecordVitalsPayload> {
        let services = ctx.service::<Services>();
        let (patient, placing) = (input.patient(), input.placing());
        let result = services
            .recording
            .record_vitals(&ctx.principal(), patient, input.into(), placing)
            .await;
        Ok(RecordVitalsPayload::of(
            shown(ctx, result, VitalSigns::of)?,
            |shown| shown,
        ))
    }

    /// Records an allergy or intolerance. For doctors and nurses (`records:observe`).
    async fn record_allergy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be recorded.")] input: RecordAllergyInput,
    ) -> Result<RecordAllergyPayload> {
        let (patient, placing) = (input.patient(), input.placing());
        let recorded = recorded(ctx, patient, input.into(), placing, Allergy::of).await?;
        Ok(RecordAllergyPayload::of(recorded, |shown| shown))
    }

    /// Records a problem or diagnosis that lasts beyond a visit. For doctors (`records:write`). A code that is only the heading of more
    /// exact ones is `InvalidInput`.
    async fn record_condition(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be recorded.")] input: RecordConditionInput,
    ) -> Result<RecordConditionPayload> {
        let (patient, placing) = (input.patient(), input.placing());
        let recorded = recorded(ctx, patient, input.into(), placing, Condition::of).await?;
        Ok(RecordConditionPayload::of(recorded, |shown| shown))
    }

    /// Records an immunization. For doctors and nurses (`records:observe`).
    async fn record_immunization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be recorded.")] input: RecordImmunizationInput,
    ) -> Result<RecordImmunizationPayload> {
        let (patient, placing) = (input.patient(), input.placing());
        let recorded = recorded(ctx, patient, input.into(), placing, Immunization::of).await?;
        Ok(RecordImmunizationPayload::of(recorded, |shown| shown))
    }

    /// Records a medicine that the patient takes. For doctors and nurses (`records:observe`).
    async fn record_medication_statement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be recorded.")] input: RecordMedicationStatementInput,
    ) -> Result<RecordMedicationStatementPayload> {
        let (patient, placing) = (input.patient(), input.placing());
        let recorded = recorded(ctx, patient, input.into(), placing, MedicationStatement::of).await?;
        Ok(RecordMedicationStatementPayload::of(recorded, |shown| shown))
    }

    /// Attaches a document: a file that was uploaded, a report, or both. For doctors and nurses (`records:observe`).
    async fn attach_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be recorded.")] input: AttachDocumentInput,
    ) -> Result<AttachDocumentPayload> {
        let (patient, placing) = (input.patient(), input.placing());
        let recorded = recorded(ctx, patient, input.into(), placing, ClinicalDocument::of).await?;
        Ok(AttachDocumentPayload::of(recorded, |shown| shown))
    }

    /// Leave to upload a file for `attachDocument`: `PUT` its content to the address within ten minutes. What it is, is found out from
    /// its content; PDF, images, DICOM, plain text and MP4 are taken. A file that is attached to nothing is gone after a day. For
    /// doctors and nurses (`records:observe`).
    async fn request_upload(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For whose record.")] input: RequestUploadInput,
    ) -> Result<RequestUploadPayload> {
        let services = ctx.service::<Services>();
        let patient = named_id(&input.patient_id);
        let result = services
            .attachments
            .request_upload(&ctx.principal(), patient, &input.file_name)
            .await;
        Ok(RequestUploadPayload::of(outcome(ctx, result)?, Into::into))
    }

    /// Changes an allergy. For doctors and nurses (`records:observe`).
    async fn update_allergy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be different.")] input: UpdateAllergyInput,
    ) -> Result<UpdateAllergyPayload> {
        let services = ctx.service::<Services>();
        let entry = (named_id(&input.id), EntryKind::Allergy);
        let result = services
            .recording
            .update(&ctx.principal(), entry, input.version, |content| {
                input.apply(content);
            })
            .await;
        Ok(UpdateAllergyPayload::of(
            shown(ctx, result, Allergy::of)?,
            |shown| shown,
        ))
    }

    /// Changes a condition. For doctors (`records:write`).
    async fn update_condition(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be different.")] input: UpdateConditionInput,
    ) -> Result<UpdateConditionPayload> {
        let services = ctx.service::<Services>();
        let entry = (named_id(&input.id), EntryKind::Condition);
        let result = services
            .recording
            .update(&ctx.principal(), entry, input.version, |content| {
                input.apply(content);
            })
            .await;
        Ok(UpdateConditionPayload::of(
            shown(ctx, result, Condition::of)?,
            |shown| shown,
        ))
    }

    /// Changes what is known of a medicine in use. For doctors and nurses (`records:observe`).
    async fn update_medication_statement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be different.")] input: UpdateMedicationStatementInput,
    ) -> Result<UpdateMedicationStatementPayload> {
        let services = ctx.service::<Services>();
        let entry = (named_id(&input.id), EntryKind::Medication);
        let result = services
            .recording
            .update(&ctx.principal(), entry, input.version, |content| {
                input.apply(content);
            })
            .await;
        Ok(UpdateMedicationStatementPayload::of(
            shown(ctx, result, MedicationStatement::of)?,
            |shown| shown,
        ))
    }

    /// Writes down what holds for the person: blood type, summary, family and social history. For doctors (`records:write`).
    async fn update_background(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be different.")] input: UpdateBackgroundInput,
    ) -> Result<UpdateBackgroundPayload> {
        let services = ctx.service::<Services>();
        let (patient, version) = (named_id(&input.patient_id), input.version);
        let result = services
            .recording
            .update_background(&ctx.principal(), patient, version, |background| {
                input.apply(background);
            })
            .await;
        Ok(UpdateBackgroundPayload::of(
            shown(ctx, result, RecordBackground::of)?,
            |shown| shown,
        ))
    }

    /// Takes back an entry that was made in error: it counts for nothing from now on, and stays in the history. A signed encounter is
    /// amended instead.
    async fn retract_entry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entry, and why.")] input: RetractEntryInput,
    ) -> Result<RetractEntryPayload> {
        let services = ctx.service::<Services>();
        let id = named_id(&input.id);
        let result = services
            .recording
            .retract(&ctx.principal(), id, input.version, &input.reason)
            .await;
        Ok(RetractEntryPayload::of(outcome(ctx, result)?, RecordEntry::from))
    }

    /// Lets the patient read an entry that was withheld, or withholds it. An encounter is released when it is signed.
    async fn release_entry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entry.")] input: ReleaseEntryInput,
    ) -> Result<ReleaseEntryPayload> {
        let services = ctx.service::<Services>();
        let id = named_id(&input.id);
        let result = services
            .recording
            .release(&ctx.principal(), id, input.released)
            .await;
        Ok(ReleaseEntryPayload::of(outcome(ctx, result)?, RecordEntry::from))
    }
}

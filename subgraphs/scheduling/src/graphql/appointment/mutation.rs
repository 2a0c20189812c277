//! What can be done about appointments.

use super::inputs::{
    BookAppointmentInput, CancelAppointmentInput, CheckInAppointmentInput, CompleteAppointmentInput,
    ConfirmAppointmentInput, DeclineAppointmentInput, MarkNoShowInput, RescheduleAppointmentInput,
    UpdateAppointmentNotesInput,
};
use super::payloads::{
    BookAppointmentPayload, CancelAppointmentPayload, CheckInAppointmentPayload, CompleteAppointmentPayload,
    ConfirmAppointmentPayload, DeclineAppointmentPayload, MarkNoShowPayload, RescheduleAppointmentPayload,
    UpdateAppointmentNotesPayload,
};
use crate::appointment::AppointmentService;
use async_graphql::{Context, Object, Result};
use caregraph_kit::graphql::{ContextExt, named_id, outcome};

/// What can be done about appointments.
#[derive(Default)]
pub struct AppointmentMutation;

#[Object]
impl AppointmentMutation {
    /// Books a visit. Patients book for themselves and for those they are guardian of, and the practice confirms
    /// (`appointments:write`). Practitioners book follow-ups with themselves for their patients; the front desk
    /// (`appointments:manage`) books for anybody; both are confirmed at once.
    async fn book_appointment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The visit.")] input: BookAppointmentInput,
    ) -> Result<BookAppointmentPayload> {
        let result = ctx
            .service::<AppointmentService>()
            .book(&ctx.principal(), input.into())
            .await;
        Ok(BookAppointmentPayload::of(outcome(ctx, result)?, Into::into))
    }

    /// Moves a visit to another time, or to another practitioner. All or nothing: when the new time is taken, the visit
    /// stays where it was. Patients may until some time before the visit and wait for confirmation again; what the
    /// practice moves is confirmed.
    async fn reschedule_appointment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The visit and its new time.")] input: RescheduleAppointmentInput,
    ) -> Result<RescheduleAppointmentPayload> {
        let result = ctx
            .service::<AppointmentService>()
            .reschedule(&ctx.principal(), input.into())
            .await;
        Ok(RescheduleAppointmentPayload::of(
            outcome(ctx, result)?,
            Into::into,
        ))
    }

    /// Calls a visit off. Patients may until some time before it begins; the practice always may.
    async fn cancel_appointment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The visit and the reason.")] input: CancelAppointmentInput,
    ) -> Result<CancelAppointmentPayload> {
        let result = ctx
            .service::<AppointmentService>()
            .cancel(&ctx.principal(), input.into())
            .await;
        Ok(CancelAppointmentPayload::of(outcome(ctx, result)?, Into::into))
    }

    /// Confirms a pending visit. For its practitioner and the front desk.
    async fn confirm_appointment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The visit.")] input: ConfirmAppointmentInput,
    ) -> Result<ConfirmAppointmentPayload> {
        let result = ctx
            .service::<AppointmentService>()
            .confirm(&ctx.principal(), named_id(&input.id))
            .await;
        Ok(ConfirmAppointmentPayload::of(outcome(ctx, result)?, Into::into))
    }

    /// Declines a pending visit; its time is free again. For its practitioner and the front desk.
    async fn decline_appointment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The visit and the reason.")] input: DeclineAppointmentInput,
    ) -> Result<DeclineAppointmentPayload> {
        let result = ctx
            .service::<AppointmentService>()
            .decline(&ctx.principal(), input.into())
            .await;
        Ok(DeclineAppointmentPayload::of(outcome(ctx, result)?, Into::into))
    }

    /// Notes that the patient is here. Possible on the day of a confirmed visit, by the clock of the place. For its
    /// practitioner and the front desk.
    async fn check_in_appointment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The visit.")] input: CheckInAppointmentInput,
    ) -> Result<CheckInAppointmentPayload> {
        let result = ctx
            .service::<AppointmentService>()
            .check_in(&ctx.principal(), named_id(&input.id))
            .await;
        Ok(CheckInAppointmentPayload::of(outcome(ctx, result)?, Into::into))
    }

    /// Ends the visit of a patient who was checked in. For its practitioner and nurses.
    async fn complete_appointment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The visit and what the doctor wrote down.")] input: CompleteAppointmentInput,
    ) -> Result<CompleteAppointmentPayload> {
        let result = ctx
            .service::<AppointmentService>()
            .complete(&ctx.principal(), input.into())
            .await;
        Ok(CompleteAppointmentPayload::of(outcome(ctx, result)?, Into::into))
    }

    /// Notes that the patient of a confirmed visit did not come; what is left of its time is free again. Possible once
    /// the visit should have begun. For its practitioner and the front desk.
    async fn mark_no_show(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The visit.")] input: MarkNoShowInput,
    ) -> Result<MarkNoShowPayload> {
        let result = ctx
            .service::<AppointmentService>()
            .mark_no_show(&ctx.principal(), named_id(&input.id))
            .await;
        Ok(MarkNoShowPayload::of(outcome(ctx, result)?, Into::into))
    }

    /// Replaces notes of a visit. The patient's side writes the note for the doctor until the visit begins, nurses may
    /// correct it; the practitioner writes both notes at any time.
    async fn update_appointment_notes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The notes.")] input: UpdateAppointmentNotesInput,
    ) -> Result<UpdateAppointmentNotesPayload> {
        let result = ctx
            .service::<AppointmentService>()
            .update_notes(&ctx.principal(), input.into())
            .await;
        Ok(UpdateAppointmentNotesPayload::of(
            outcome(ctx, result)?,
            Into::into,
        ))
    }
}

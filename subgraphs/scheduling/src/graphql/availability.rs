//! Questions about free times.

use super::slot::{AvailabilityDay, Slot};
use crate::availability::{AvailabilityService, Month, SlotQuery};
use async_graphql::{Context, ID, InputObject, Object, Result};
use caregraph_contracts::Scope;
use caregraph_kit::graphql::{ContextExt, Date, answer, named_id};
use caregraph_kit::{Failure, Rejection};

/// Which free times are wanted.
#[derive(Debug, Clone, InputObject)]
pub struct AvailableSlotsInput {
    /// For which service.
    pub service_id: ID,
    /// Only this practitioner's; everybody's who offers the service when left out.
    pub practitioner_id: Option<ID>,
    /// Only at this location; everywhere when left out. Visits by video count where the practitioner works then.
    pub location_id: Option<ID>,
    /// The first day, as the clocks of each location show it.
    pub from: Date,
    /// The last day, inclusive. At most 62 days in all.
    pub to: Date,
}

/// Which month of free times is wanted.
#[derive(Debug, Clone, InputObject)]
pub struct AvailabilityCalendarInput {
    /// For which service.
    pub service_id: ID,
    /// The month, such as `2026-03`.
    pub month: String,
}

/// Questions about free times.
#[derive(Default)]
pub struct AvailabilityQuery;

#[Object]
impl AvailabilityQuery {
    /// Free times by start, then by the practitioner's name. Anybody may ask, without signing in.
    ///
    /// Practitioners who take no new patients are listed for the front desk (`appointments:manage`) only. A service,
    /// practitioner or location that is unknown is an error with the code `NOT_FOUND`; one that takes no bookings has no
    /// free times. A reversed range, or one of more than 62 days or 20 000 free times, is an error with the code
    /// `BAD_USER_INPUT`.
    async fn available_slots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which times are wanted.")] input: AvailableSlotsInput,
    ) -> Result<Vec<Slot>> {
        let query = SlotQuery {
            service_id: named_id(&input.service_id),
            practitioner_id: input.practitioner_id.as_ref().map(named_id),
            location_id: input.location_id.as_ref().map(named_id),
            from: input.from.into(),
            to: input.to.into(),
            for_staff: ctx.principal().has(Scope::AppointmentsManage),
        };
        let slots = answer(ctx, ctx.service::<AvailabilityService>().free_slots(query).await)?;
        Ok(slots.into_iter().map(Slot::from).collect())
    }

    /// For every day of a month, who has free times for a service and how many. Anybody may ask, without signing in; the
    /// same rules and errors as for `availableSlots` apply.
    async fn availability_calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which month is wanted.")] input: AvailabilityCalendarInput,
    ) -> Result<Vec<AvailabilityDay>> {
        let month: Result<Month, Failure> = input
            .month
            .parse()
            .map_err(|_| Rejection::invalid("month", "the month must be written as 2026-03").into());
        let month = answer(ctx, month)?;
        let for_staff = ctx.principal().has(Scope::AppointmentsManage);
        let service = ctx.service::<AvailabilityService>();
        let days = answer(
            ctx,
            service
                .calendar(named_id(&input.service_id), month, for_staff)
                .await,
        )?;
        Ok(days.into_iter().map(AvailabilityDay::from).collect())
    }
}

//! Changing schedules.

use super::inputs::{
    AddAbsenceInput, AddExtraHoursInput, RemoveAbsenceInput, RemoveExtraHoursInput, SetWorkingHoursInput,
};
use super::types::{Absence, ExtraHours, WorkingHours};
use crate::absence::AbsenceService;
use crate::extra_hours::ExtraHoursService;
use crate::working_hours::WorkingHoursService;
use async_graphql::{Context, Object, Result};
use caregraph_contracts::Scope;
use caregraph_kit::graphql::{ContextExt, named_id, outcome};
use caregraph_kit::payload;

/// Whoever has neither cannot change any schedule, so the form need not be read.
const EITHER: &[Scope] = &[Scope::SchedulesWrite, Scope::SchedulesManage];

/// Changing the week.
#[derive(Default)]
pub struct WorkingHoursMutation;

#[Object]
impl WorkingHoursMutation {
    /// Puts a practitioner's whole week in the place of the one before; when anything is wrong with it, nothing changes.
    /// Appointments that are booked stay. One's own week (`schedules:write`), or anybody's (`schedules:manage`).
    async fn set_working_hours(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The week.")] input: SetWorkingHoursInput,
    ) -> Result<SetWorkingHoursPayload> {
        let principal = ctx.principal();
        principal.require_any(EITHER)?;
        let result = match input.try_into() {
            Ok(command) => {
                ctx.service::<WorkingHoursService>()
                    .set(&principal, command)
                    .await
            }
            Err(failure) => Err(failure),
        };
        let show = |rules: Vec<_>| rules.into_iter().map(WorkingHours::from).collect();
        Ok(SetWorkingHoursPayload::of(outcome(ctx, result)?, show))
    }
}

/// Changing absences.
#[derive(Default)]
pub struct AbsenceMutation;

#[Object]
impl AbsenceMutation {
    /// Enters an absence: no times are offered in it any more. The appointments that it hits stay as they are and are
    /// listed as `absence.affectedAppointments`. One's own (`schedules:write`), or anybody's (`schedules:manage`).
    async fn add_absence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The absence.")] input: AddAbsenceInput,
    ) -> Result<AddAbsencePayload> {
        let principal = ctx.principal();
        principal.require_any(EITHER)?;
        let result = match input.try_into() {
            Ok(command) => ctx.service::<AbsenceService>().add(&principal, command).await,
            Err(failure) => Err(failure),
        };
        Ok(AddAbsencePayload::of(outcome(ctx, result)?, Absence::from))
    }

    /// Takes an absence back: the times in it are offered again. One's own (`schedules:write`), or anybody's
    /// (`schedules:manage`).
    async fn remove_absence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which absence.")] input: RemoveAbsenceInput,
    ) -> Result<RemoveAbsencePayload> {
        let result = ctx
            .service::<AbsenceService>()
            .remove(&ctx.principal(), named_id(&input.id))
            .await;
        Ok(RemoveAbsencePayload::of(outcome(ctx, result)?, Absence::from))
    }
}

/// Changing one-off hours.
#[derive(Default)]
pub struct ExtraHoursMutation;

#[Object]
impl ExtraHoursMutation {
    /// Adds hours on one date. They must not overlap the week or other one-off hours. One's own (`schedules:write`), or
    /// anybody's (`schedules:manage`).
    async fn add_extra_hours(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The hours.")] input: AddExtraHoursInput,
    ) -> Result<AddExtraHoursPayload> {
        let principal = ctx.principal();
        principal.require_any(EITHER)?;
        let result = match input.try_into() {
            Ok(command) => ctx.service::<ExtraHoursService>().add(&principal, command).await,
            Err(failure) => Err(failure),
        };
        Ok(AddExtraHoursPayload::of(outcome(ctx, result)?, ExtraHours::from))
    }

    /// Removes hours on one date. Appointments that are booked stay. One's own (`schedules:write`), or anybody's
    /// (`schedules:manage`).
    async fn remove_extra_hours(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entry.")] input: RemoveExtraHoursInput,
    ) -> Result<RemoveExtraHoursPayload> {
        let result = ctx
            .service::<ExtraHoursService>()
            .remove(&ctx.principal(), named_id(&input.id))
            .await;
        Ok(RemoveExtraHoursPayload::of(
            outcome(ctx, result)?,
            ExtraHours::from,
        ))
    }
}

payload! {
    /// What `setWorkingHours` answers.
    SetWorkingHoursPayload {
        /// The week as it is now; null when refused.
        working_hours: Vec<WorkingHours>
    }
    SetWorkingHoursError
}

payload! {
    /// What `addAbsence` answers.
    AddAbsencePayload {
        /// The absence, with the appointments it hits; null when refused.
        absence: Absence
    }
    AddAbsenceError
}

payload! {
    /// What `removeAbsence` answers.
    RemoveAbsencePayload {
        /// The absence as it was; null when refused.
        absence: Absence
    }
    RemoveAbsenceError
}

payload! {
    /// What `addExtraHours` answers.
    AddExtraHoursPayload {
        /// The hours; null when refused.
        extra_hours: ExtraHours
    }
    AddExtraHoursError
}

payload! {
    /// What `removeExtraHours` answers.
    RemoveExtraHoursPayload {
        /// The hours as they were; null when refused.
        extra_hours: ExtraHours
    }
    RemoveExtraHoursError
}

//! Questions about appointments.

use super::inputs::AppointmentFilter;
use super::loaders::load;
use super::types::Appointment;
use crate::appointment::store::ListKey;
use crate::appointment::{AppointmentService, ListAppointments};
use async_graphql::{Context, ID, Object, Result};
use caregraph_contracts::Scope;
use caregraph_kit::graphql::{ContextExt, OpaqueKey, PageArgs, answer, connection, named_id};

/// A page of appointments.
pub type Connection = async_graphql::connection::Connection<OpaqueKey, Appointment>;

/// Questions about appointments.
#[derive(Default)]
pub struct AppointmentQuery;

#[Object]
impl AppointmentQuery {
    /// An appointment; null when there is none under this id or you may not see it. Needs `appointments:read` for one's
    /// own, or `appointments:manage`.
    async fn appointment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The appointment's id.")] id: ID,
    ) -> Result<Option<Appointment>> {
        ctx.principal()
            .require_any(&[Scope::AppointmentsRead, Scope::AppointmentsManage])?;
        Ok(load(ctx, named_id(&id)).await?.map(Appointment::from))
    }

    /// Appointments by beginning: your own and those of the people you act for, those with you when you give care, and
    /// everybody's at the front desk (`appointments:manage`).
    async fn appointments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<AppointmentFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Connection> {
        page_of(ctx, filter.unwrap_or_default().into(), first, after).await
    }

    /// Visits that still have to take place but whose practitioner gives no care here any more, by beginning: somebody has
    /// to find another practitioner for each (`rescheduleAppointment`). For the front desk (`appointments:manage`).
    async fn appointments_to_reassign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this practitioner.")] practitioner_id: Option<ID>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Connection> {
        let page = PageArgs::<ListKey>::read(first, after.as_deref())?;
        let practitioner = practitioner_id.as_ref().map(named_id);
        let service = ctx.service::<AppointmentService>();
        let rows = answer(
            ctx,
            service.to_reassign(&ctx.principal(), practitioner, &page).await,
        )?;
        Ok(connection(
            &page,
            rows.into_iter().map(|(key, found)| (key, found.into())).collect(),
        ))
    }

    #[graphql(entity)]
    async fn find_appointment_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Appointment>> {
        Ok(load(ctx, named_id(&id)).await?.map(Appointment::from))
    }
}

/// A page of the appointments that whoever asks may see.
pub async fn page_of(
    ctx: &Context<'_>,
    wanted: ListAppointments,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Connection> {
    let page = PageArgs::<ListKey>::read(first, after.as_deref())?;
    let rows = answer(
        ctx,
        ctx.service::<AppointmentService>()
            .list(&ctx.principal(), wanted, &page)
            .await,
    )?;
    Ok(connection(
        &page,
        rows.into_iter().map(|(key, found)| (key, found.into())).collect(),
    ))
}

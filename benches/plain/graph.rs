//! The fields that are measured.

use super::Loads;
use async_graphql::connection::Connection;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Error, ID, Object, Result};
use caregraph_kit::graphql::{ContextExt, OpaqueKey, PageArgs, answer, connection};
use caregraph_kit::{Fault, telemetry};
use caregraph_patients::patient::{Patient as Profile, Viewer};
use caregraph_practitioners::location::Location as Place;
use caregraph_practitioners::practitioner::{PractitionerService, Shown};
use caregraph_scheduling::appointment::store::ListKey;
use caregraph_scheduling::appointment::{AppointmentService, ListAppointments, VisibleAppointment};
use caregraph_scheduling::graphql::appointment::AppointmentStatus;
use chrono::{DateTime, Utc};
use std::hash::Hash;
use std::sync::Arc;

/// What can be asked.
pub(super) struct Query;

#[Object]
impl Query {
    /// Appointments that the caller may see, by beginning.
    async fn appointments(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<OpaqueKey, Appointment>> {
        let page = PageArgs::<ListKey>::read(first, after.as_deref())?;
        let service = ctx.service::<AppointmentService>();
        let found = service
            .list(&ctx.principal(), ListAppointments::default(), &page)
            .await;
        let rows = answer(ctx, found)?;
        let rows = rows.into_iter().map(|(key, found)| (key, Appointment(found)));
        Ok(connection(&page, rows.collect()))
    }
}

/// An appointment as its reader sees it.
pub(super) struct Appointment(VisibleAppointment);

#[Object]
impl Appointment {
    async fn id(&self) -> ID {
        self.0.appointment.id.to_string().into()
    }

    async fn start(&self) -> DateTime<Utc> {
        self.0.appointment.visit.start
    }

    async fn end(&self) -> DateTime<Utc> {
        self.0.appointment.visit.end
    }

    async fn status(&self) -> AppointmentStatus {
        self.0.appointment.status.into()
    }

    async fn practitioner(&self, ctx: &Context<'_>) -> Result<Option<Practitioner>> {
        let Some(stored) = one(ctx, self.0.appointment.visit.practitioner_id).await? else {
            return Ok(None);
        };
        let service = ctx.service::<PractitionerService>();
        let shown = service.show(&ctx.principal(), stored);
        let shown = shown.map_err(|error| Error::new(telemetry::chain(&error)))?;
        Ok(Some(Practitioner(shown)))
    }

    async fn location(&self, ctx: &Context<'_>) -> Result<Option<Location>> {
        let Some(id) = self.0.appointment.visit.location_id else {
            return Ok(None);
        };
        Ok(one(ctx, id).await?.map(Location))
    }

    async fn patient(&self, ctx: &Context<'_>) -> Result<Option<Patient>> {
        let Some(viewer) = Viewer::of(&ctx.principal()) else {
            return Ok(None);
        };
        Ok(one(ctx, (viewer, self.0.patient)).await?.map(Patient))
    }
}

/// Who gives care, as far as the reader may know.
pub(super) struct Practitioner(Shown);

#[Object]
impl Practitioner {
    async fn id(&self) -> ID {
        self.0.practitioner.id.to_string().into()
    }

    async fn display_name(&self) -> &str {
        &self.0.practitioner.profile.display_name
    }
}

/// Where care is given.
pub(super) struct Location(Place);

#[Object]
impl Location {
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    async fn name(&self) -> &str {
        &self.0.place.name
    }
}

/// Who is in care; there only for those who may see them.
pub(super) struct Patient(Profile);

#[Object]
impl Patient {
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    async fn display_name(&self) -> String {
        self.0.profile.display_name()
    }
}

/// One look-up, batched with others of its kind.
async fn one<K>(ctx: &Context<'_>, key: K) -> Result<Option<<Loads as Loader<K>>::Value>>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Loads: Loader<K, Error = Arc<Fault>>,
{
    let found = ctx.service::<DataLoader<Loads>>().load_one(key).await;
    found.map_err(|error| Error::new(telemetry::chain(&*error)))
}

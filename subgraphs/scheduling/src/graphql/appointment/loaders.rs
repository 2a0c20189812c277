//! Loading appointments in batches; what a principal sees of one is decided when it is taken out.

use crate::appointment::model::Change;
use crate::appointment::{AppointmentService, LoadedAppointment, VisibleAppointment};
use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use caregraph_contracts::ids::AppointmentId;
use caregraph_kit::Fault;
use caregraph_kit::graphql::{ContextExt, fault};
use caregraph_kit::near;
use std::{collections::HashMap, sync::Arc};

/// Appointments by id, for everybody: take them out with [`load`] only.
pub struct AppointmentLoader(AppointmentService);

/// Histories by appointment.
pub struct HistoryLoader(AppointmentService);

impl AppointmentLoader {
    /// A batching loader on `service`.
    pub fn batching(service: &AppointmentService) -> DataLoader<Self> {
        DataLoader::new(Self(service.clone()), near::spawn)
    }
}

impl HistoryLoader {
    /// A batching loader on `service`.
    pub fn batching(service: &AppointmentService) -> DataLoader<Self> {
        DataLoader::new(Self(service.clone()), near::spawn)
    }
}

/// What a loader keeps of an appointment.
#[derive(Clone)]
pub struct Loaded(LoadedAppointment);

impl Loader<AppointmentId> for AppointmentLoader {
    type Value = Loaded;
    type Error = Arc<Fault>;

    async fn load(&self, ids: &[AppointmentId]) -> Result<HashMap<AppointmentId, Loaded>, Arc<Fault>> {
        let found = self.0.load(ids).await?;
        Ok(found
            .into_iter()
            .map(|(id, loaded)| (id, Loaded(loaded)))
            .collect())
    }
}

impl Loader<AppointmentId> for HistoryLoader {
    type Value = Vec<Change>;
    type Error = Arc<Fault>;

    async fn load(&self, ids: &[AppointmentId]) -> Result<HashMap<AppointmentId, Vec<Change>>, Arc<Fault>> {
        Ok(self.0.histories(ids).await?)
    }
}

/// One appointment as whoever asks sees it; `None` when it does not exist for them.
pub async fn load(ctx: &Context<'_>, id: AppointmentId) -> async_graphql::Result<Option<VisibleAppointment>> {
    let loader = ctx.service::<DataLoader<AppointmentLoader>>();
    let found = loader
        .load_one(id)
        .await
        .map_err(|error| fault(ctx, Fault::new("appointments were not loaded", error)))?;
    Ok(found.and_then(|loaded| loaded.0.for_principal(&ctx.principal())))
}

/// The history of an appointment that was found for whoever asks.
pub(super) async fn history(ctx: &Context<'_>, id: AppointmentId) -> async_graphql::Result<Vec<Change>> {
    let loader = ctx.service::<DataLoader<HistoryLoader>>();
    let found = loader
        .load_one(id)
        .await
        .map_err(|error| fault(ctx, Fault::new("histories were not loaded", error)))?;
    Ok(found.unwrap_or_default())
}

//! Questions about the catalogue, and changing it.

use super::inputs::{MedicalServiceFilter, SaveMedicalServiceInput};
use super::types::MedicalService;
use crate::graphql::loaders::medical_service;
use crate::medical_service::{MedicalServiceKey, ServiceCatalogue};
use async_graphql::connection::Connection;
use async_graphql::{Context, ID, Object, Result};
use caregraph_contracts::Scope;
use caregraph_kit::graphql::{ContextExt, OpaqueKey, PageArgs, answer, connection, named_id, outcome};
use caregraph_kit::payload;

/// Questions about the catalogue.
#[derive(Default)]
pub struct MedicalServiceQuery;

#[Object]
impl MedicalServiceQuery {
    /// A service; null when there is none under this id. Anybody may ask, without signing in, also for a service that
    /// cannot be booked any more.
    async fn medical_service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The service's id.")] id: ID,
    ) -> Result<Option<MedicalService>> {
        medical_service(ctx, named_id(&id)).await
    }

    /// The catalogue by name. Anybody may ask, without signing in.
    async fn medical_services(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<MedicalServiceFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Connection<OpaqueKey, MedicalService>> {
        let page = PageArgs::<MedicalServiceKey>::read(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().into();
        let found = ctx
            .service::<ServiceCatalogue>()
            .list(&ctx.principal(), filter, &page)
            .await;
        let services = answer(ctx, found)?;
        Ok(connection(
            &page,
            services
                .into_iter()
                .map(|(key, service)| (key, service.into()))
                .collect(),
        ))
    }

    #[graphql(entity)]
    async fn find_medical_service_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<MedicalService>> {
        medical_service(ctx, named_id(&id)).await
    }
}

/// Changing the catalogue.
#[derive(Default)]
pub struct MedicalServiceMutation;

#[Object]
impl MedicalServiceMutation {
    /// Makes a service, or changes one. Appointments that are booked keep their length and their price. Needs
    /// `services:manage`.
    async fn save_medical_service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The service as it is to be.")] input: SaveMedicalServiceInput,
    ) -> Result<SaveMedicalServicePayload> {
        let principal = ctx.principal();
        // The door comes before the form.
        principal.require(Scope::ServicesManage)?;
        let result = match input.try_into() {
            Ok(command) => ctx.service::<ServiceCatalogue>().save(&principal, command).await,
            Err(failure) => Err(failure),
        };
        Ok(SaveMedicalServicePayload::of(outcome(ctx, result)?, Into::into))
    }
}

payload! {
    /// What `saveMedicalService` answers.
    SaveMedicalServicePayload {
        /// The service as it is now; null when refused.
        service: MedicalService
    }
    SaveMedicalServiceError
}

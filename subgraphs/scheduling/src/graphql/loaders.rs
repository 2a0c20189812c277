//! Batched lookups of the catalogue and of schedules. Where what is seen depends on who looks, the viewer is part of the
//! key.

use super::medical_service::MedicalService;
use crate::absence::{Absence, AbsenceService};
use crate::extra_hours::{ExtraHours, ExtraHoursService};
use crate::medical_service::{self, ServiceCatalogue};
use crate::schedule::ScheduleViewer;
use crate::working_hours::{Rule, WorkingHoursService};
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Error, Result};
use caregraph_contracts::ids::{MedicalServiceId, PractitionerId};
use caregraph_kit::Fault;
use caregraph_kit::graphql::{ContextExt, fault};
use caregraph_kit::near;
use std::collections::HashMap;
use std::sync::Arc;

/// Services by id, and who can be booked.
pub struct CatalogueLoader(ServiceCatalogue);

/// Hours by practitioner.
pub struct HoursLoader {
    weekly: WorkingHoursService,
    extra: ExtraHoursService,
}

/// Absences by practitioner, as somebody sees them.
pub struct AbsenceLoader(AbsenceService);

/// Both kinds of hours of one practitioner.
#[derive(Debug, Clone, Default)]
pub struct AllHours {
    /// The week.
    pub weekly: Vec<Rule>,
    /// One-off hours that are not over.
    pub extra: Vec<ExtraHours>,
}

/// The loader of services.
pub fn catalogue(service: ServiceCatalogue) -> DataLoader<CatalogueLoader> {
    DataLoader::new(CatalogueLoader(service), near::spawn)
}

/// The loader of hours.
pub fn hours(weekly: WorkingHoursService, extra: ExtraHoursService) -> DataLoader<HoursLoader> {
    DataLoader::new(HoursLoader { weekly, extra }, near::spawn)
}

/// The loader of absences.
pub fn absences(service: AbsenceService) -> DataLoader<AbsenceLoader> {
    DataLoader::new(AbsenceLoader(service), near::spawn)
}

impl Loader<MedicalServiceId> for CatalogueLoader {
    type Value = medical_service::MedicalService;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        ids: &[MedicalServiceId],
    ) -> Result<HashMap<MedicalServiceId, Self::Value>, Self::Error> {
        Ok(self.0.find_many(ids).await?)
    }
}

impl Loader<PractitionerId> for CatalogueLoader {
    type Value = bool;
    type Error = Arc<Fault>;

    async fn load(&self, ids: &[PractitionerId]) -> Result<HashMap<PractitionerId, bool>, Self::Error> {
        Ok(self.0.bookable(ids).await?)
    }
}

impl Loader<PractitionerId> for HoursLoader {
    type Value = AllHours;
    type Error = Arc<Fault>;

    async fn load(&self, ids: &[PractitionerId]) -> Result<HashMap<PractitionerId, AllHours>, Self::Error> {
        let mut all: HashMap<PractitionerId, AllHours> = HashMap::new();
        for (practitioner, weekly) in self.weekly.of(ids).await? {
            all.entry(practitioner).or_default().weekly = weekly;
        }
        for entry in self.extra.upcoming(ids).await? {
            all.entry(entry.practitioner).or_default().extra.push(entry);
        }
        Ok(all)
    }
}

impl Loader<(ScheduleViewer, PractitionerId)> for AbsenceLoader {
    type Value = Vec<Absence>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[(ScheduleViewer, PractitionerId)],
    ) -> Result<HashMap<(ScheduleViewer, PractitionerId), Self::Value>, Self::Error> {
        let mut by_viewer: HashMap<ScheduleViewer, Vec<PractitionerId>> = HashMap::new();
        for (viewer, practitioner) in keys {
            by_viewer.entry(*viewer).or_default().push(*practitioner);
        }
        let mut found: HashMap<_, Vec<Absence>> = HashMap::new();
        for (viewer, practitioners) in by_viewer {
            for absence in self.0.upcoming(viewer, &practitioners).await? {
                found
                    .entry((viewer, absence.practitioner))
                    .or_default()
                    .push(absence);
            }
        }
        Ok(found)
    }
}

/// A service, if there is one.
pub(super) async fn medical_service(
    ctx: &Context<'_>,
    id: MedicalServiceId,
) -> Result<Option<MedicalService>> {
    let loader = ctx.service::<DataLoader<CatalogueLoader>>();
    let found = loader
        .load_one(id)
        .await
        .map_err(|error| shared_fault(ctx, error))?;
    Ok(found.map(MedicalService::from))
}

/// Who of several practitioners can be booked at all; unknown ones are left out.
pub(super) async fn bookable(
    ctx: &Context<'_>,
    ids: &[PractitionerId],
) -> Result<HashMap<PractitionerId, bool>> {
    let loader = ctx.service::<DataLoader<CatalogueLoader>>();
    loader
        .load_many(ids.iter().copied())
        .await
        .map_err(|error| shared_fault(ctx, error))
}

/// All hours of a practitioner.
pub(super) async fn all_hours(ctx: &Context<'_>, practitioner: PractitionerId) -> Result<AllHours> {
    let loader = ctx.service::<DataLoader<HoursLoader>>();
    let found = loader
        .load_one(practitioner)
        .await
        .map_err(|error| shared_fault(ctx, error))?;
    Ok(found.unwrap_or_default())
}

/// The absences of a practitioner that the caller may see; `None` when the caller may see nobody's.
pub(super) async fn visible_absences(
    ctx: &Context<'_>,
    practitioner: PractitionerId,
) -> Result<Option<Vec<Absence>>> {
    let viewer = ScheduleViewer::of(&ctx.principal());
    if !viewer.sees_absences() {
        return Ok(None);
    }
    let loader = ctx.service::<DataLoader<AbsenceLoader>>();
    let found = loader
        .load_one((viewer, practitioner))
        .await
        .map_err(|error| shared_fault(ctx, error))?;
    Ok(Some(found.unwrap_or_default()))
}

/// One failed batch fails all who wait for it, so they share its fault.
fn shared_fault(ctx: &Context<'_>, error: Arc<Fault>) -> Error {
    fault(ctx, Fault::new("a batched lookup failed", error))
}

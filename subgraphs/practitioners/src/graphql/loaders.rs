//! Loading many things at once. What comes out of a loader is not yet what somebody may see.

use crate::department::{Department, DepartmentService};
use crate::location::{Location, LocationService};
use crate::practitioner::PractitionerService;
use crate::practitioner::store::Stored;
use async_graphql::dataloader::{DataLoader, Loader};
use caregraph_contracts::ids::{DepartmentId, LocationId, PractitionerId};
use caregraph_kit::Fault;
use caregraph_kit::near;
use std::collections::HashMap;
use std::sync::Arc;

/// A fault that several waiting resolvers share.
pub(super) type Shared = Arc<Fault>;

/// The shared fault as one of the resolver's own.
pub(super) fn own(fault: Shared) -> Fault {
    Fault::new("a batch could not be loaded", fault)
}

pub(super) struct PractitionerLoader(PractitionerService);
pub(super) struct LocationLoader(LocationService);
pub(super) struct DepartmentLoader(DepartmentService);

pub(super) fn practitioners(service: PractitionerService) -> DataLoader<PractitionerLoader> {
    DataLoader::new(PractitionerLoader(service), near::spawn)
}

pub(super) fn locations(service: LocationService) -> DataLoader<LocationLoader> {
    DataLoader::new(LocationLoader(service), near::spawn)
}

pub(super) fn departments(service: DepartmentService) -> DataLoader<DepartmentLoader> {
    DataLoader::new(DepartmentLoader(service), near::spawn)
}

impl Loader<PractitionerId> for PractitionerLoader {
    type Value = Stored;
    type Error = Shared;

    async fn load(&self, ids: &[PractitionerId]) -> Result<HashMap<PractitionerId, Stored>, Shared> {
        self.0.load(ids).await.map_err(Arc::new)
    }
}

impl Loader<LocationId> for LocationLoader {
    type Value = Location;
    type Error = Shared;

    async fn load(&self, ids: &[LocationId]) -> Result<HashMap<LocationId, Location>, Shared> {
        self.0.load(ids).await.map_err(Arc::new)
    }
}

impl Loader<DepartmentId> for DepartmentLoader {
    type Value = Department;
    type Error = Shared;

    async fn load(&self, ids: &[DepartmentId]) -> Result<HashMap<DepartmentId, Department>, Shared> {
        self.0.load(ids).await.map_err(Arc::new)
    }
}

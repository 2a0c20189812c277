//! Batched lookups. Keys carry the viewer, so that requests of several people may share a batch and still each see only
//! what is theirs.

use crate::care::{CareRelationship, CareService};
use crate::merging::MergeService;
use crate::patient::{Patient, PatientService, Viewer};
use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use caregraph_contracts::ids::PatientId;
use caregraph_kit::Fault;
use caregraph_kit::graphql::{ContextExt, fault};
use caregraph_kit::near;
use std::collections::HashMap;
use std::sync::Arc;

/// Patients by id, as somebody sees them.
pub struct PatientLoader(PatientService);

/// Care teams by patient. Only resolvers of a patient use it, and a patient is only there for those who may see it.
pub struct CareTeamLoader(CareService);

/// Records by id, duplicates too. Only resolvers of a merge use it, and a merge is only there for the front desk.
pub struct RecordLoader(MergeService);

pub(super) fn records(service: MergeService) -> DataLoader<RecordLoader> {
    DataLoader::new(RecordLoader(service), near::spawn)
}

pub(super) fn patients(service: PatientService) -> DataLoader<PatientLoader> {
    DataLoader::new(PatientLoader(service), near::spawn)
}

pub(super) fn care_teams(service: CareService) -> DataLoader<CareTeamLoader> {
    DataLoader::new(CareTeamLoader(service), near::spawn)
}

impl Loader<(Viewer, PatientId)> for PatientLoader {
    type Value = Patient;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[(Viewer, PatientId)],
    ) -> Result<HashMap<(Viewer, PatientId), Self::Value>, Self::Error> {
        let mut by_viewer: HashMap<Viewer, Vec<PatientId>> = HashMap::new();
        for (viewer, id) in keys {
            by_viewer.entry(*viewer).or_default().push(*id);
        }
        let mut found = HashMap::with_capacity(keys.len());
        for (viewer, ids) in by_viewer {
            let patients = self.0.visible(viewer, &ids).await?;
            found.extend(patients.into_iter().map(|(id, patient)| ((viewer, id), patient)));
        }
        Ok(found)
    }
}

impl Loader<PatientId> for CareTeamLoader {
    type Value = Vec<CareRelationship>;
    type Error = Arc<Fault>;

    async fn load(&self, patients: &[PatientId]) -> Result<HashMap<PatientId, Self::Value>, Self::Error> {
        Ok(self.0.teams(patients).await?)
    }
}

impl Loader<PatientId> for RecordLoader {
    type Value = Patient;
    type Error = Arc<Fault>;

    async fn load(&self, ids: &[PatientId]) -> Result<HashMap<PatientId, Self::Value>, Self::Error> {
        Ok(self.0.records(ids).await?)
    }
}

/// A patient, if the caller may see one under this id; nobody sees any without signing in.
pub(super) async fn visible_patient(
    ctx: &Context<'_>,
    id: PatientId,
) -> async_graphql::Result<Option<Patient>> {
    let Some(viewer) = Viewer::of(&ctx.principal()) else {
        return Ok(None);
    };
    let loader = ctx.service::<DataLoader<PatientLoader>>();
    loader
        .load_one((viewer, id))
        .await
        .map_err(|error| shared_fault(ctx, error))
}

/// Who cares for a patient whom the caller sees.
pub(super) async fn care_team(
    ctx: &Context<'_>,
    id: PatientId,
) -> async_graphql::Result<Vec<CareRelationship>> {
    let loader = ctx.service::<DataLoader<CareTeamLoader>>();
    let team = loader
        .load_one(id)
        .await
        .map_err(|error| shared_fault(ctx, error))?;
    Ok(team.unwrap_or_default())
}

/// A record as it is, for whoever sees a merge.
pub(super) async fn record(ctx: &Context<'_>, id: PatientId) -> async_graphql::Result<Option<Patient>> {
    let loader = ctx.service::<DataLoader<RecordLoader>>();
    loader
        .load_one(id)
        .await
        .map_err(|error| shared_fault(ctx, error))
}

/// One failed batch fails all who wait for it, so they share its fault.
fn shared_fault(ctx: &Context<'_>, error: Arc<Fault>) -> async_graphql::Error {
    fault(ctx, Fault::new("a batched lookup failed", error))
}

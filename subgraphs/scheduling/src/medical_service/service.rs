//! Use cases of the catalogue.

use super::{Category, Details, MedicalService, TimingRequest, store};
use crate::directory;
use caregraph_contracts::events::SchedulingEvent;
use caregraph_contracts::ids::{MedicalServiceId, PractitionerId};
use caregraph_contracts::{Money, Scope};
use caregraph_kit::auth::Principal;
use caregraph_kit::database::is_unique_violation;
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::{Failure, Fault, Rejection};
use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Longest text to search for, in characters.
const LONGEST_SEARCH: usize = 200;

/// Which services are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MedicalServiceFilter {
    /// Only this kind.
    pub category: Option<Category>,
    /// Only what this practitioner offers.
    pub practitioner: Option<PractitionerId>,
    /// Only where every word occurs in name or code; case and diacritics do not matter. At most 200 characters.
    pub text: Option<String>,
    /// Only those that can, or cannot, be booked. Whoever does not manage the catalogue sees the former only.
    pub active: Option<bool>,
}

/// Place in the catalogue: folded name, then id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MedicalServiceKey(pub String, pub MedicalServiceId);

/// Adds a service, or changes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveMedicalService {
    /// The service to change; `None` adds one.
    pub id: Option<MedicalServiceId>,
    /// The version the editor saw; `None` writes over whatever is there.
    pub expected_version: Option<i64>,
    /// Short unique code, 2 to 32 letters, digits, `-` or `_`.
    pub code: String,
    /// Name, at most 200 characters.
    pub name: String,
    /// Kind of service.
    pub category: Category,
    /// How long it takes.
    pub timing: TimingRequest,
    /// What it costs.
    pub fee: Money,
    /// Everybody who offers it.
    pub practitioners: Vec<PractitionerId>,
    /// Whether it can be booked.
    pub active: bool,
}

/// What can be done with the catalogue. Cheap to clone.
#[derive(Clone)]
pub struct ServiceCatalogue {
    ground: Ground,
}

impl ServiceCatalogue {
    /// The catalogue on its ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// Several services; unknown ones are left out. Anybody may look, also at one that is not offered any more: past
    /// appointments refer to it.
    pub async fn find_many(
        &self,
        ids: &[MedicalServiceId],
    ) -> Result<HashMap<MedicalServiceId, MedicalService>, Fault> {
        Ok(store::find_many(self.ground.database.reader(), ids).await?)
    }

    /// Who of several practitioners can be booked at all. Anybody may look.
    pub async fn bookable(
        &self,
        practitioners: &[PractitionerId],
    ) -> Result<HashMap<PractitionerId, bool>, Fault> {
        let known = directory::store::practitioners(self.ground.database.reader(), practitioners).await?;
        Ok(known.into_values().map(|one| (one.id, one.active)).collect())
    }

    /// A page of the catalogue, by name. Anybody may look.
    pub async fn list(
        &self,
        principal: &Principal,
        mut filter: MedicalServiceFilter,
        page: &PageArgs<MedicalServiceKey>,
    ) -> Result<Vec<(MedicalServiceKey, MedicalService)>, Failure> {
        if filter
            .text
            .as_deref()
            .is_some_and(|text| text.chars().count() > LONGEST_SEARCH)
        {
            let message = format!("the text must have at most {LONGEST_SEARCH} characters");
            return Err(Rejection::invalid("filter.text", message).into());
        }
        if !principal.has(Scope::ServicesManage) {
            if filter.active == Some(false) {
                return Ok(Vec::new());
            }
            filter.active = Some(true);
        }
        Ok(store::list(self.ground.database.reader(), &filter, page).await?)
    }

    /// Adds or changes a service. Appointments that are booked keep their length.
    pub async fn save(
        &self,
        principal: &Principal,
        command: SaveMedicalService,
    ) -> Result<MedicalService, Failure> {
        principal.require(Scope::ServicesManage)?;
        let details = Details::check(
            &command.code,
            &command.name,
            command.category,
            command.timing,
            command.fee,
            &command.practitioners,
            command.active,
        )?;
        let ground = &self.ground;
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                all_known(&*tx, &command.practitioners).await?;
                let (service, affected) = match command.id {
                    None => {
                        let service = MedicalService::new(ground.clock.new_id(), details.clone());
                        store::insert(&*tx, &service).await.map_err(code_is_taken)?;
                        let affected = service.details.practitioners.clone();
                        (service, affected)
                    }
                    Some(id) => {
                        let mut service = store::find(&*tx, id)
                            .await?
                            .ok_or_else(|| Rejection::not_found("id", "service"))?;
                        let mut affected = service.details.practitioners.clone();
                        affected.extend(&details.practitioners);
                        service.edit(details.clone(), command.expected_version)?;
                        if !store::update(&*tx, &service).await.map_err(code_is_taken)? {
                            let message = "somebody else changed this service meanwhile";
                            return Err(Rejection::conflict("expectedVersion", message).into());
                        }
                        (service, affected)
                    }
                };
                let events: Vec<_> = affected
                    .into_iter()
                    .map(|practitioner_id| SchedulingEvent::AvailabilityChanged { practitioner_id })
                    .collect();
                ground.events.append(&mut tx, &events).await?;
                tx.commit().await?;
                Ok(service)
            })
            .await
    }
}

async fn all_known(
    connection: &impl ConnectionTrait,
    practitioners: &[PractitionerId],
) -> Result<(), Failure> {
    let known = directory::store::practitioners(connection, practitioners).await?;
    let unknown: Vec<_> = practitioners
        .iter()
        .enumerate()
        .filter(|(_, id)| !known.contains_key(id))
        .map(|(place, _)| Rejection::not_found(&format!("practitionerIds.{place}"), "practitioner"))
        .collect();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Failure::Refused(unknown))
    }
}

fn code_is_taken(error: DbErr) -> Failure {
    if is_unique_violation(&error) {
        Rejection::conflict("code", "another service has this code").into()
    } else {
        error.into()
    }
}

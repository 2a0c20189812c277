//! What can be done with locations.

use super::{Location, PlaceDetails, store};
use crate::access::works_here;
use crate::name;
use caregraph_contracts::Scope;
use caregraph_contracts::ids::LocationId;
use caregraph_kit::auth::Principal;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::{Failure, Fault, Rejection, search};
use std::collections::HashMap;

/// Most locations of one installation: they are listed without pages.
pub const MOST_LOCATIONS: u64 = 500;

/// Makes a location, or puts what is said about one in the place of what was said before.
#[derive(Debug, Clone)]
pub struct SaveLocation {
    /// Which one; `None` for a new one.
    pub id: Option<LocationId>,
    /// The version the edit was made on; `None` to overwrite whatever is there.
    pub expected_version: Option<i64>,
    /// The whole of it.
    pub details: PlaceDetails,
}

/// Use cases about locations. Cheap to clone.
#[derive(Clone)]
pub struct LocationService {
    ground: Ground,
}

impl LocationService {
    /// Use cases on `ground`.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// Locations by name. Those not in use are listed for staff only, when asked for.
    pub async fn list(&self, principal: &Principal, include_inactive: bool) -> Result<Vec<Location>, Fault> {
        let include_inactive = include_inactive && works_here(principal);
        let mut locations = store::list(self.ground.database.reader(), include_inactive).await?;
        locations.sort_by_cached_key(|location| (search::fold(&location.place.name), location.id));
        Ok(locations)
    }

    /// Locations by id, also those not in use any more: references to them must read well.
    pub async fn load(&self, ids: &[LocationId]) -> Result<HashMap<LocationId, Location>, Fault> {
        store::find(self.ground.database.reader(), ids).await
    }

    /// Makes or changes a location.
    pub async fn save(&self, principal: &Principal, command: SaveLocation) -> Result<Location, Failure> {
        principal.require(Scope::PractitionersManage)?;
        let place = command.details.check()?;
        let (location, told) = self
            .ground
            .database
            .retrying(|| async {
                let mut tx = self.ground.database.begin().await?;
                let now = self.ground.clock.now();
                let location = if let Some(id) = command.id {
                    let mut location = store::load_for_update(&*tx, id)
                        .await?
                        .ok_or_else(|| Rejection::not_found("id", "location"))?;
                    if command
                        .expected_version
                        .is_some_and(|version| version != location.version)
                    {
                        let message = "somebody else changed the location meanwhile";
                        return Err(Rejection::conflict("expectedVersion", message).into());
                    }
                    location.place = place.clone();
                    location.version += 1;
                    store::update(&*tx, &location, now).await.map_err(name::taken)?;
                    location
                } else {
                    // Two at the same moment may go one beyond; the bound is there to keep the list readable.
                    if store::count(&*tx).await? >= MOST_LOCATIONS {
                        return Err(
                            Rejection::conflict("", "there are as many locations as there can be").into(),
                        );
                    }
                    let location = Location {
                        id: self.ground.clock.new_id(),
                        place: place.clone(),
                        version: 1,
                    };
                    store::insert(&*tx, &location, now).await.map_err(name::taken)?;
                    location
                };
                let told = self.ground.events.append(&mut tx, &[location.saved()]).await?;
                tx.commit().await?;
                Ok::<_, Failure>((location, told))
            })
            .await?;
        // Scheduling must know the place before anybody enters working hours for it.
        if let Some(event) = told.last() {
            self.ground.settle(*event).await;
        }
        Ok(location)
    }
}

//! Locations in the graph.

use super::loaders::{LocationLoader, own};
use crate::location as domain;
use crate::location::{LocationService, PlaceDetails};
use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, ID, InputObject, Object, Result};
use caregraph_contracts::ids::LocationId;
use caregraph_kit::graphql::{ContextExt, fault, named_id, outcome};
use caregraph_kit::payload;

pub(super) struct Location(pub(super) domain::Location);

/// A place where care is given. Everything about it is public, because patients must find it.
#[Object]
impl Location {
    /// Identifies the place.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Name, unique among the places.
    async fn name(&self) -> &str {
        &self.0.place.name
    }

    /// Street and house, building, floor: 1 to 5 lines, as on an envelope, without city and country.
    async fn address_lines(&self) -> &[String] {
        &self.0.place.address_lines
    }

    /// City.
    async fn city(&self) -> &str {
        &self.0.place.city
    }

    /// Country as ISO 3166-1 alpha-2 code, for example `VN`.
    async fn country(&self) -> &str {
        &self.0.place.country
    }

    /// IANA time zone in which its clocks run, for example `Asia/Ho_Chi_Minh`. Working hours are in this zone.
    async fn time_zone(&self) -> &str {
        self.0.place.time_zone.name()
    }

    /// Names of its rooms, in the order in which they were entered.
    async fn rooms(&self) -> &[String] {
        &self.0.place.rooms
    }

    /// Whether the place is in use.
    async fn active(&self) -> bool {
        self.0.place.active
    }

    /// Counts changes, from 1. Send it back as `expectedVersion` so that two people do not overwrite each other's edits.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// A new place, or the new state of one.
#[derive(InputObject)]
pub(super) struct SaveLocationInput {
    /// Which one to change; left out to make a new one.
    id: Option<ID>,
    /// The `version` on which the edit was made; left out to overwrite whatever is there.
    expected_version: Option<i64>,
    /// Name, unique among the places, 1 to 120 characters.
    name: String,
    /// Street and house, building, floor: 1 to 5 lines of at most 120 characters.
    address_lines: Vec<String>,
    /// City, 1 to 80 characters.
    city: String,
    /// Country as ISO 3166-1 alpha-2 code.
    country: String,
    /// IANA time zone in which its clocks run.
    time_zone: String,
    /// Names of its rooms, each once; at most 300 of at most 60 characters.
    #[graphql(default)]
    rooms: Vec<String>,
    /// Whether the place is in use.
    #[graphql(default = true)]
    active: bool,
}

impl From<SaveLocationInput> for domain::SaveLocation {
    fn from(input: SaveLocationInput) -> Self {
        Self {
            id: input.id.as_ref().map(named_id),
            expected_version: input.expected_version,
            details: PlaceDetails {
                name: input.name,
                address_lines: input.address_lines,
                city: input.city,
                country: input.country,
                time_zone: input.time_zone,
                rooms: input.rooms,
                active: input.active,
            },
        }
    }
}

payload! {
    /// What `saveLocation` answers.
    SaveLocationPayload {
        /// The place as it is now; null when refused.
        location: Location
    }
    SaveLocationError
}

#[derive(Default)]
pub(super) struct LocationQuery;

#[Object]
impl LocationQuery {
    /// Places where care is given, by name; at most 500. Open to everybody.
    async fn locations(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default,
            desc = "Also those not in use. Staff only; without effect for everybody else."
        )]
        include_inactive: bool,
    ) -> Result<Vec<Location>> {
        let found = ctx
            .service::<LocationService>()
            .list(&ctx.principal(), include_inactive)
            .await;
        Ok(found
            .map_err(|error| fault(ctx, error))?
            .into_iter()
            .map(Location)
            .collect())
    }

    /// A place that another subgraph refers to; also one that is not in use any more.
    #[graphql(entity)]
    async fn find_location_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Location>> {
        let loader = ctx.service::<DataLoader<LocationLoader>>();
        let found = loader
            .load_one(named_id::<LocationId>(&id))
            .await
            .map_err(|error| fault(ctx, own(error)))?;
        Ok(found.map(Location))
    }
}

#[derive(Default)]
pub(super) struct LocationMutation;

#[Object]
impl LocationMutation {
    /// Makes a place, or puts a new state in the place of the old one: what is left out is gone. Needs the permission
    /// `practitioners:manage`. `Conflict` when the name is taken or somebody else was faster than `expectedVersion`.
    async fn save_location(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The whole of it.")] input: SaveLocationInput,
    ) -> Result<SaveLocationPayload> {
        let result = ctx
            .service::<LocationService>()
            .save(&ctx.principal(), input.into())
            .await;
        Ok(SaveLocationPayload::of(outcome(ctx, result)?, Location))
    }
}

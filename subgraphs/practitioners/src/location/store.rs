//! Locations in the database. The address is that of a public place and therefore not sealed.

use super::{Location, Place};
use crate::name;
use caregraph_contracts::ids::{Id, LocationId};
use caregraph_kit::Fault;
use caregraph_kit::validate::time_zone;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use std::collections::HashMap;

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "locations")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub name_key: String,
        #[sea_orm(column_type = "Text")]
        pub address_lines: String,
        pub city: String,
        pub country: String,
        pub time_zone: String,
        #[sea_orm(column_type = "Text")]
        pub rooms: String,
        pub active: bool,
        pub version: i64,
        pub updated_at: Instant,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// All locations, or those in use.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    include_inactive: bool,
) -> Result<Vec<Location>, Fault> {
    let mut query = row::Entity::find();
    if !include_inactive {
        query = query.filter(row::Column::Active.eq(true));
    }
    query.all(connection).await?.into_iter().map(read).collect()
}

/// Those of `ids` that exist.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    ids: &[LocationId],
) -> Result<HashMap<LocationId, Location>, Fault> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = row::Entity::find()
        .filter(row::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .all(connection)
        .await?;
    rows.into_iter()
        .map(|row| read(row).map(|location| (location.id, location)))
        .collect()
}

/// One location, locked until the transaction ends.
pub(crate) async fn load_for_update(
    tx: &impl ConnectionTrait,
    id: LocationId,
) -> Result<Option<Location>, Fault> {
    row::Entity::find_by_id(id.uuid())
        .lock_exclusive()
        .one(tx)
        .await?
        .map(read)
        .transpose()
}

/// How many there are.
pub(crate) async fn count(connection: &impl ConnectionTrait) -> Result<u64, DbErr> {
    row::Entity::find().count(connection).await
}

/// Stores a new location. Breaks a unique constraint when the name is taken.
pub(crate) async fn insert(
    tx: &impl ConnectionTrait,
    location: &Location,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    row::Entity::insert(to_row(location, now)?)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Stores a changed location that was loaded for update. Breaks a unique constraint when the name is taken.
pub(crate) async fn update(
    tx: &impl ConnectionTrait,
    location: &Location,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let id = location.id.uuid();
    row::Entity::update_many()
        .set(to_row(location, now)?)
        .filter(row::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

fn to_row(location: &Location, now: DateTime<Utc>) -> Result<row::ActiveModel, serde_json::Error> {
    let place = &location.place;
    Ok(row::ActiveModel {
        id: Set(location.id.uuid()),
        name: Set(place.name.clone()),
        name_key: Set(name::key(&place.name)),
        address_lines: Set(serde_json::to_string(&place.address_lines)?),
        city: Set(place.city.clone()),
        country: Set(place.country.clone()),
        time_zone: Set(place.time_zone.name().to_owned()),
        rooms: Set(serde_json::to_string(&place.rooms)?),
        active: Set(place.active),
        version: Set(location.version),
        updated_at: Set(now.into()),
    })
}

fn read(row: row::Model) -> Result<Location, Fault> {
    let place = Place {
        name: row.name,
        address_lines: serde_json::from_str(&row.address_lines)?,
        city: row.city,
        country: row.country,
        time_zone: time_zone(&row.time_zone)
            .map_err(|error| Fault::new("a location's row is damaged", error))?,
        rooms: serde_json::from_str(&row.rooms)?,
        active: row.active,
    };
    Ok(Location {
        id: row.id.into(),
        place,
        version: row.version,
    })
}

//! One-off hours in the database.

use super::ExtraHours;
use crate::directory;
use crate::working_hours::store::hours;
use caregraph_contracts::ids::{ExtraHoursId, Id, LocationId, PractitionerId};
use chrono::NaiveDate;
use chrono_tz::Tz;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "extra_hours")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub practitioner_id: Uuid,
        pub date: Date,
        pub starts: i32,
        pub ends: i32,
        pub location_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One entry.
pub async fn find(connection: &impl ConnectionTrait, id: ExtraHoursId) -> Result<Option<ExtraHours>, DbErr> {
    row::Entity::find_by_id(id.uuid())
        .one(connection)
        .await?
        .map(from_row)
        .transpose()
}

/// The entries of several practitioners from `first` on, by date.
pub async fn from_day(
    connection: &impl ConnectionTrait,
    practitioners: &[PractitionerId],
    first: NaiveDate,
) -> Result<Vec<ExtraHours>, DbErr> {
    within(
        connection,
        practitioners,
        first,
        NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(NaiveDate::MAX),
    )
    .await
}

/// The entries of several practitioners on the days `first..=last`, by date.
pub async fn within(
    connection: &impl ConnectionTrait,
    practitioners: &[PractitionerId],
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<ExtraHours>, DbErr> {
    if practitioners.is_empty() {
        return Ok(Vec::new());
    }
    row::Entity::find()
        .filter(row::Column::PractitionerId.is_in(practitioners.iter().map(|id| id.uuid())))
        .filter(row::Column::Date.gte(first))
        .filter(row::Column::Date.lte(last))
        .order_by_asc(row::Column::Date)
        .order_by_asc(row::Column::Starts)
        .order_by_asc(row::Column::Id)
        .all(connection)
        .await?
        .into_iter()
        .map(from_row)
        .collect()
}

/// A practitioner's entries from `first` on, each with the zone of its location.
pub async fn placed_from_day(
    connection: &impl ConnectionTrait,
    practitioner: PractitionerId,
    first: NaiveDate,
) -> Result<Vec<(ExtraHours, Tz)>, DbErr> {
    let entries = from_day(connection, &[practitioner], first).await?;
    let wanted: Vec<LocationId> = entries.iter().map(|entry| entry.location).collect();
    let locations = directory::store::locations(connection, &wanted).await?;
    let placed = entries.into_iter().filter_map(|entry| {
        let zone = locations.get(&entry.location)?.time_zone;
        Some((entry, zone))
    });
    Ok(placed.collect())
}

/// Adds an entry.
pub async fn insert(connection: &impl ConnectionTrait, entry: &ExtraHours) -> Result<(), DbErr> {
    let row = row::ActiveModel {
        id: Set(entry.id.uuid()),
        practitioner_id: Set(entry.practitioner.uuid()),
        date: Set(entry.date),
        starts: Set(i32::from(entry.hours.start().minutes())),
        ends: Set(i32::from(entry.hours.end().minutes())),
        location_id: Set(entry.location.uuid()),
    };
    row::Entity::insert(row)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Removes an entry; `false` when there was none.
pub async fn remove(connection: &impl ConnectionTrait, id: ExtraHoursId) -> Result<bool, DbErr> {
    Ok(row::Entity::delete_by_id(id.uuid())
        .exec(connection)
        .await?
        .rows_affected
        > 0)
}

/// Everybody who has entries at a location.
pub async fn practitioners_at(
    connection: &impl ConnectionTrait,
    location: LocationId,
) -> Result<Vec<PractitionerId>, DbErr> {
    let found: Vec<Uuid> = row::Entity::find()
        .select_only()
        .column(row::Column::PractitionerId)
        .distinct()
        .filter(row::Column::LocationId.eq(location.uuid()))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(found.into_iter().map(PractitionerId::from).collect())
}

fn from_row(row: row::Model) -> Result<ExtraHours, DbErr> {
    let damaged = || DbErr::Type(format!("extra hours {}", row.id));
    Ok(ExtraHours {
        id: row.id.into(),
        practitioner: row.practitioner_id.into(),
        date: row.date,
        hours: hours(row.starts, row.ends).ok_or_else(damaged)?,
        location: row.location_id.into(),
    })
}

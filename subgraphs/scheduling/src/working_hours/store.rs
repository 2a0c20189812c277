//! Weekly hours in the database.

use super::Rule;
use crate::local_time::{Hours, LocalTime};
use caregraph_contracts::ids::{Id, LocationId, PractitionerId};
use chrono::Weekday;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;
use uuid::Uuid;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "working_hours")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub practitioner_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub place: i32,
        pub weekday: i32,
        pub starts: i32,
        pub ends: i32,
        pub location_id: Uuid,
        pub valid_from: Option<Date>,
        pub valid_to: Option<Date>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The rules of several practitioners together, each one's in the order in which they were set.
pub async fn of(
    connection: &impl ConnectionTrait,
    practitioners: &[PractitionerId],
) -> Result<Vec<Rule>, DbErr> {
    Ok(by_practitioner(connection, practitioners)
        .await?
        .into_values()
        .flatten()
        .collect())
}

/// The rules of each of several practitioners; whoever has none is left out.
pub async fn by_practitioner(
    connection: &impl ConnectionTrait,
    practitioners: &[PractitionerId],
) -> Result<HashMap<PractitionerId, Vec<Rule>>, DbErr> {
    if practitioners.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = row::Entity::find()
        .filter(row::Column::PractitionerId.is_in(practitioners.iter().map(|id| id.uuid())))
        .order_by_asc(row::Column::PractitionerId)
        .order_by_asc(row::Column::Place)
        .all(connection)
        .await?;
    let mut rules: HashMap<PractitionerId, Vec<Rule>> = HashMap::new();
    for row in rows {
        let practitioner = row.practitioner_id.into();
        rules.entry(practitioner).or_default().push(from_row(&row)?);
    }
    Ok(rules)
}

/// Puts a week in the place of the one before. The schedule must be locked.
pub async fn replace(
    connection: &impl ConnectionTrait,
    practitioner: PractitionerId,
    rules: &[Rule],
) -> Result<(), DbErr> {
    row::Entity::delete_many()
        .filter(row::Column::PractitionerId.eq(practitioner.uuid()))
        .exec(connection)
        .await?;
    if rules.is_empty() {
        return Ok(());
    }
    let rows = (0_i32..).zip(rules).map(|(place, rule)| row::ActiveModel {
        practitioner_id: Set(practitioner.uuid()),
        place: Set(place),
        weekday: Set(i32::try_from(rule.weekday.number_from_monday()).unwrap_or_default()),
        starts: Set(i32::from(rule.hours.start().minutes())),
        ends: Set(i32::from(rule.hours.end().minutes())),
        location_id: Set(rule.location.uuid()),
        valid_from: Set(rule.valid_from),
        valid_to: Set(rule.valid_to),
    });
    row::Entity::insert_many(rows)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Everybody who has rules at a location.
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

fn from_row(row: &row::Model) -> Result<Rule, DbErr> {
    let damaged = || DbErr::Type(format!("working hours {} of {}", row.place, row.practitioner_id));
    let weekday = u8::try_from(row.weekday - 1)
        .ok()
        .and_then(|day| Weekday::try_from(day).ok())
        .ok_or_else(damaged)?;
    Ok(Rule {
        weekday,
        hours: hours(row.starts, row.ends).ok_or_else(damaged)?,
        location: row.location_id.into(),
        valid_from: row.valid_from,
        valid_to: row.valid_to,
    })
}

/// Hours from the minutes that stores keep.
pub(crate) fn hours(starts: i32, ends: i32) -> Option<Hours> {
    let time = |minutes: i32| LocalTime::from_minutes(u16::try_from(minutes).ok()?).ok();
    Hours::new(time(starts)?, time(ends)?).ok()
}

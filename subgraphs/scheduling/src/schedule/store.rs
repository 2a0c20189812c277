//! What concerns a schedule as a whole in the database.

use crate::{extra_hours, working_hours};
use caregraph_contracts::ids::{Id, LocationId, PractitionerId};
use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait};
use std::collections::BTreeSet;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "practitioner_schedules")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub practitioner_id: Uuid,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Takes a practitioner's schedule for this transaction: others who want to change it wait. Call it before reading what
/// the change depends on.
pub async fn lock(tx: &DatabaseTransaction, practitioner: PractitionerId) -> Result<(), DbErr> {
    let first = row::ActiveModel {
        practitioner_id: Set(practitioner.uuid()),
        version: Set(1),
    };
    // Writing the row takes its lock on every engine; the count only makes sure that it is a write.
    let later = OnConflict::column(row::Column::PractitionerId)
        .value(
            row::Column::Version,
            Expr::col((row::Entity, row::Column::Version)).add(1),
        )
        .to_owned();
    row::Entity::insert(first)
        .on_conflict(later)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Everybody who has hours of any kind at a location.
pub async fn working_at(
    connection: &impl ConnectionTrait,
    location: LocationId,
) -> Result<Vec<PractitionerId>, DbErr> {
    let mut found: BTreeSet<PractitionerId> = BTreeSet::new();
    found.extend(working_hours::store::practitioners_at(connection, location).await?);
    found.extend(extra_hours::store::practitioners_at(connection, location).await?);
    Ok(found.into_iter().collect())
}

/// Where a practitioner has hours of any kind, from `today` on.
pub async fn locations_of(
    connection: &impl ConnectionTrait,
    practitioner: PractitionerId,
    today: NaiveDate,
) -> Result<BTreeSet<LocationId>, DbErr> {
    let rules = working_hours::store::of(connection, &[practitioner]).await?;
    let extra = extra_hours::store::from_day(connection, &[practitioner], today).await?;
    Ok(rules
        .iter()
        .map(|rule| rule.location)
        .chain(extra.iter().map(|extra| extra.location))
        .collect())
}

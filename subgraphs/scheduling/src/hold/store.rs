//! Rows of holds.

use super::Hold;
use caregraph_contracts::ids::{HoldId, Id, PatientId, UserId};
use caregraph_kit::database::Instant;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "holds")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub place: i32,
        pub practitioner_id: Uuid,
        pub service_id: Uuid,
        pub patient_id: Uuid,
        pub starts_at: Instant,
        pub ends_at: Instant,
        pub occupied_from: Instant,
        pub occupied_to: Instant,
        pub expires_at: Instant,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Stores a hold. A unique violation says that another hold of the same person took the place meanwhile.
pub async fn insert(tx: &DatabaseTransaction, hold: &Hold) -> Result<(), DbErr> {
    let row = row::ActiveModel {
        id: Set(hold.id.uuid()),
        user_id: Set(hold.user_id.uuid()),
        place: Set(hold.place),
        practitioner_id: Set(hold.practitioner_id.uuid()),
        service_id: Set(hold.service_id.uuid()),
        patient_id: Set(hold.patient_id.uuid()),
        starts_at: Set(hold.start.into()),
        ends_at: Set(hold.end.into()),
        occupied_from: Set(hold.occupied_from.into()),
        occupied_to: Set(hold.occupied_to.into()),
        expires_at: Set(hold.expires_at.into()),
    };
    row::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// A hold with its row locked until the transaction ends.
pub async fn load_for_update(tx: &DatabaseTransaction, id: HoldId) -> Result<Option<Hold>, DbErr> {
    Ok(row::Entity::find_by_id(id.uuid())
        .lock_exclusive()
        .one(tx)
        .await?
        .map(from_row))
}

/// All holds of a person, expired ones too.
pub async fn of_user(connection: &impl ConnectionTrait, user: UserId) -> Result<Vec<Hold>, DbErr> {
    let rows = row::Entity::find()
        .filter(row::Column::UserId.eq(user.uuid()))
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// Holds of some accounts, and those for some patients, expired ones too, by id.
pub async fn naming(
    connection: &impl ConnectionTrait,
    users: &[UserId],
    patients: &[PatientId],
) -> Result<Vec<Hold>, DbErr> {
    let either = Condition::any()
        .add(row::Column::UserId.is_in(users.iter().map(|id| id.uuid())))
        .add(row::Column::PatientId.is_in(patients.iter().map(|id| id.uuid())));
    let rows = row::Entity::find()
        .filter(either)
        .order_by_asc(row::Column::Id)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// Holds that ended at or before `now`, the oldest first.
pub async fn expired(
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
    at_most: u64,
) -> Result<Vec<Hold>, DbErr> {
    let rows = row::Entity::find()
        .filter(row::Column::ExpiresAt.lte(Instant::from(now)))
        .order_by_asc(row::Column::ExpiresAt)
        .limit(at_most)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// Removes a hold; `false` when it was gone already.
pub async fn delete(tx: &DatabaseTransaction, id: HoldId) -> Result<bool, DbErr> {
    Ok(row::Entity::delete_by_id(id.uuid()).exec(tx).await?.rows_affected == 1)
}

fn from_row(row: row::Model) -> Hold {
    Hold {
        id: row.id.into(),
        user_id: row.user_id.into(),
        place: row.place,
        practitioner_id: row.practitioner_id.into(),
        service_id: row.service_id.into(),
        patient_id: row.patient_id.into(),
        start: row.starts_at.into(),
        end: row.ends_at.into(),
        occupied_from: row.occupied_from.into(),
        occupied_to: row.occupied_to.into(),
        expires_at: row.expires_at.into(),
    }
}

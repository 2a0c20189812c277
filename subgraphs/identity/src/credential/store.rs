//! Password hashes, apart from accounts, so that reading an account never reads its hash.

use caregraph_contracts::ids::{Id, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "credentials")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        #[sea_orm(column_type = "Text")]
        pub password_hash: String,
        pub changed_at: Instant,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The hash of an account's password; `None` when it has none.
pub(crate) async fn hash_of(
    connection: &impl ConnectionTrait,
    user: UserId,
) -> Result<Option<String>, DbErr> {
    Ok(row::Entity::find_by_id(user.uuid())
        .one(connection)
        .await?
        .map(|row| row.password_hash))
}

/// The hash of an account's password, and since when it is this password; `None` when it has none.
pub(crate) async fn stored(
    connection: &impl ConnectionTrait,
    user: UserId,
) -> Result<Option<(String, DateTime<Utc>)>, DbErr> {
    Ok(row::Entity::find_by_id(user.uuid())
        .one(connection)
        .await?
        .map(|row| (row.password_hash, row.changed_at.into())))
}

/// Whether an account still has the password of that time. Ask with the account's row locked.
pub(crate) async fn is_unchanged(
    connection: &impl ConnectionTrait,
    user: UserId,
    since: DateTime<Utc>,
) -> Result<bool, DbErr> {
    Ok(stored(connection, user)
        .await?
        .is_some_and(|(_, changed_at)| changed_at == since))
}

/// Takes the password away.
pub(crate) async fn remove(connection: &impl ConnectionTrait, user: UserId) -> Result<(), DbErr> {
    row::Entity::delete_by_id(user.uuid())
        .exec(connection)
        .await
        .map(|_| ())
}

/// Sets or replaces the hash. Its time is later than that of the one before, whatever the clock says: by it a password is told
/// from its successor.
pub(crate) async fn set(
    connection: &impl ConnectionTrait,
    user: UserId,
    hash: String,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let before = stored(connection, user).await?;
    let changed_at = before.map_or(now, |(_, before)| now.max(before + TimeDelta::microseconds(1)));
    let row = row::ActiveModel {
        user_id: Set(user.uuid()),
        password_hash: Set(hash),
        changed_at: Set(changed_at.into()),
    };
    let replace = OnConflict::column(row::Column::UserId)
        .update_columns([row::Column::PasswordHash, row::Column::ChangedAt])
        .to_owned();
    row::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Replaces the hash by a costlier one of the same password, unless it was changed meanwhile.
pub(crate) async fn refresh(
    connection: &impl ConnectionTrait,
    user: UserId,
    (old, new): (String, String),
) -> Result<(), DbErr> {
    row::Entity::update_many()
        .col_expr(row::Column::PasswordHash, sea_orm::sea_query::Expr::value(new))
        .filter(row::Column::UserId.eq(user.uuid()))
        .filter(row::Column::PasswordHash.eq(old))
        .exec(connection)
        .await?;
    Ok(())
}

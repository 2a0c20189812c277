//! Requests behind links to existing accounts.

use super::{LinkPurpose, LinkRules as _};
use caregraph_contracts::ids::{Id, UserId};
use caregraph_kit::Clock;
use caregraph_kit::database::Instant;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "link_requests")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub purpose: String,
        pub user_id: Uuid,
        pub created_at: Instant,
        pub expires_at: Instant,
        pub used_at: Option<Instant>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A request that was just made.
pub(crate) struct LinkRequest {
    pub(crate) id: Uuid,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Makes a request; earlier ones of the same person and purpose stop working.
pub(crate) async fn make(
    connection: &impl ConnectionTrait,
    clock: &Clock,
    (user, purpose): (UserId, LinkPurpose),
) -> Result<LinkRequest, DbErr> {
    close(connection, (user, purpose), clock.now()).await?;
    let now = clock.now();
    let request = LinkRequest {
        id: clock.new_id(),
        expires_at: now + purpose.life(),
    };
    let row = row::ActiveModel {
        id: Set(request.id),
        purpose: Set(purpose.as_str().to_owned()),
        user_id: Set(user.uuid()),
        created_at: Set(now.into()),
        expires_at: Set(request.expires_at.into()),
        used_at: Set(None),
    };
    row::Entity::insert(row)
        .exec_without_returning(connection)
        .await?;
    Ok(request)
}

/// Whose link it is, while it works.
pub(crate) async fn open_for(
    connection: &impl ConnectionTrait,
    (request, purpose): (Uuid, LinkPurpose),
    now: DateTime<Utc>,
) -> Result<Option<UserId>, DbErr> {
    let row = row::Entity::find_by_id(request)
        .filter(row::Column::Purpose.eq(purpose.as_str()))
        .filter(row::Column::UsedAt.is_null())
        .filter(row::Column::ExpiresAt.gt(Instant::from(now)))
        .one(connection)
        .await?;
    Ok(row.map(|row| row.user_id.into()))
}

/// Uses the link up; `false` when somebody was faster.
pub(crate) async fn use_up(
    connection: &impl ConnectionTrait,
    request: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let used = row::Entity::update_many()
        .col_expr(row::Column::UsedAt, Expr::value(Instant::from(now)))
        .filter(row::Column::Id.eq(request))
        .filter(row::Column::UsedAt.is_null())
        .exec(connection)
        .await?;
    Ok(used.rows_affected == 1)
}

/// Makes open links of a person and purpose stop working.
pub(crate) async fn close(
    connection: &impl ConnectionTrait,
    (user, purpose): (UserId, LinkPurpose),
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    row::Entity::update_many()
        .col_expr(row::Column::UsedAt, Expr::value(Instant::from(now)))
        .filter(row::Column::UserId.eq(user.uuid()))
        .filter(row::Column::Purpose.eq(purpose.as_str()))
        .filter(row::Column::UsedAt.is_null())
        .exec(connection)
        .await
        .map(|_| ())
}

/// Removes requests that ended before `before`.
pub(crate) async fn forget_old(
    connection: &impl ConnectionTrait,
    before: DateTime<Utc>,
) -> Result<(), DbErr> {
    row::Entity::delete_many()
        .filter(row::Column::ExpiresAt.lt(Instant::from(before)))
        .exec(connection)
        .await
        .map(|_| ())
}

/// Removes all requests of a person: no link to their account works any more.
pub(crate) async fn forget_all(connection: &impl ConnectionTrait, user: UserId) -> Result<(), DbErr> {
    row::Entity::delete_many()
        .filter(row::Column::UserId.eq(user.uuid()))
        .exec(connection)
        .await
        .map(|_| ())
}

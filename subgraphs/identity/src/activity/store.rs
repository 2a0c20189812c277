//! Keeping and reading what happened.

use super::{Activity, ActivityKind, address, device};
use caregraph_contracts::ids::{Id, UserId};
use caregraph_kit::Clock;
use caregraph_kit::auth::RequestInfo;
use caregraph_kit::database::Instant;
use caregraph_kit::graphql::{Edges, PageArgs};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_activity")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub kind: String,
        pub at: Instant,
        pub address: Option<String>,
        pub device: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Notes what happened.
pub(crate) async fn note(
    connection: &impl ConnectionTrait,
    clock: &Clock,
    (user, kind): (UserId, ActivityKind),
    info: &RequestInfo,
) -> Result<(), DbErr> {
    let row = row::ActiveModel {
        id: Set(clock.new_id()),
        user_id: Set(user.uuid()),
        kind: Set(kind.as_str().to_owned()),
        at: Set(clock.now().into()),
        address: Set(address(info)),
        device: Set(device(info)),
    };
    row::Entity::insert(row)
        .exec_without_returning(connection)
        .await
        .map(|_| ())
}

/// What happened to an account, newest first.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    user: UserId,
    page: &PageArgs<Uuid>,
) -> Result<Edges<Uuid, Activity>, DbErr> {
    let mut query = row::Entity::find().filter(row::Column::UserId.eq(user.uuid()));
    if let Some(after) = page.after {
        query = query.filter(row::Column::Id.lt(after));
    }
    let rows = query
        .order_by_desc(row::Column::Id)
        .limit(page.limit())
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| read(row).map(|activity| (activity.id, activity)))
        .collect())
}

/// Forgets what happened before `before`.
pub(crate) async fn forget_old(
    connection: &impl ConnectionTrait,
    before: DateTime<Utc>,
) -> Result<(), DbErr> {
    row::Entity::delete_many()
        .filter(row::Column::At.lt(Instant::from(before)))
        .exec(connection)
        .await
        .map(|_| ())
}

/// Forgets everything that happened to an account.
pub(crate) async fn forget_all(connection: &impl ConnectionTrait, user: UserId) -> Result<(), DbErr> {
    row::Entity::delete_many()
        .filter(row::Column::UserId.eq(user.uuid()))
        .exec(connection)
        .await
        .map(|_| ())
}

fn read(row: row::Model) -> Option<Activity> {
    Some(Activity {
        id: row.id,
        // A kind that a newer version wrote is left out rather than failing the list.
        kind: ActivityKind::read(&row.kind)?,
        at: row.at.into(),
        address: row.address,
        device: row.device,
    })
}

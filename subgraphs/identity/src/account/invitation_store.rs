//! Invitations in the store.

use super::invitation::Invitation;
use super::model::Locale;
use caregraph_contracts::Role;
use caregraph_contracts::ids::{Id, UserId};
use caregraph_kit::Fault;
use caregraph_kit::database::Instant;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use std::collections::BTreeSet;
use uuid::Uuid;

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "invitations")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub email: String,
        pub locale: String,
        #[sea_orm(column_type = "Text")]
        pub roles: String,
        pub invited_by: Uuid,
        pub created_at: Instant,
        pub expires_at: Instant,
        pub closed_at: Option<Instant>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Adds an invitation.
pub(super) async fn insert(
    connection: &impl ConnectionTrait,
    invitation: &Invitation,
    (by, now): (UserId, DateTime<Utc>),
) -> Result<(), Fault> {
    let row = row::ActiveModel {
        id: Set(invitation.id),
        user_id: Set(invitation.user.uuid()),
        email: Set(invitation.email.clone()),
        locale: Set(invitation.locale.as_str().to_owned()),
        roles: Set(serde_json::to_string(&invitation.roles)?),
        invited_by: Set(by.uuid()),
        created_at: Set(now.into()),
        expires_at: Set(invitation.expires_at.into()),
        closed_at: Set(None),
    };
    row::Entity::insert(row)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// An invitation that still waits.
pub(super) async fn open(
    connection: &impl ConnectionTrait,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<Invitation>, Fault> {
    let row = row::Entity::find_by_id(id)
        .filter(row::Column::ClosedAt.is_null())
        .filter(row::Column::ExpiresAt.gt(Instant::from(now)))
        .one(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let roles: BTreeSet<Role> = serde_json::from_str(&row.roles)?;
    Ok(Some(Invitation {
        id: row.id,
        user: row.user_id.into(),
        email: row.email,
        roles,
        locale: Locale::read(&row.locale)
            .map_err(|error| Fault::new("a stored language is unknown", error))?,
        expires_at: row.expires_at.into(),
    }))
}

/// Uses an invitation up; `false` when somebody was faster.
pub(super) async fn close(
    connection: &impl ConnectionTrait,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let closed = row::Entity::update_many()
        .col_expr(row::Column::ClosedAt, Expr::value(Some(Instant::from(now))))
        .filter(row::Column::Id.eq(id))
        .filter(row::Column::ClosedAt.is_null())
        .exec(connection)
        .await?;
    Ok(closed.rows_affected == 1)
}

/// Makes all open invitations to an address stop working.
pub(super) async fn close_all(
    connection: &impl ConnectionTrait,
    email: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    row::Entity::update_many()
        .col_expr(row::Column::ClosedAt, Expr::value(Some(Instant::from(now))))
        .filter(row::Column::Email.eq(email))
        .filter(row::Column::ClosedAt.is_null())
        .exec(connection)
        .await
        .map(|_| ())
}

/// Removes invitations that ended before `before`.
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

/// Removes the invitation that became an account, and all others to its address.
pub(crate) async fn forget_all(
    connection: &impl ConnectionTrait,
    (user, email): (UserId, &str),
) -> Result<(), DbErr> {
    let theirs = Condition::any()
        .add(row::Column::UserId.eq(user.uuid()))
        .add(row::Column::Email.eq(email));
    row::Entity::delete_many()
        .filter(theirs)
        .exec(connection)
        .await
        .map(|_| ())
}

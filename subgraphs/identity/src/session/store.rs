//! Sessions and refresh tokens in the store. Of a refresh token only the digest is kept.

use super::model::Session;
use caregraph_contracts::events::SessionEnd;
use caregraph_contracts::ids::{Id, SessionId, UserId};
use caregraph_kit::database::Instant;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub device: Option<String>,
        pub address: Option<String>,
        pub created_at: Instant,
        pub last_used_at: Instant,
        pub expires_at: Instant,
        pub tokens_expire_at: Instant,
        pub ended_at: Option<Instant>,
        pub end_reason: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod token_row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "refresh_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: String,
        pub session_id: Uuid,
        pub issued_at: Instant,
        pub expires_at: Instant,
        pub used_at: Option<Instant>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Adds a session.
pub(crate) async fn insert(connection: &impl ConnectionTrait, session: &Session) -> Result<(), DbErr> {
    row::Entity::insert(active(session))
        .exec_without_returning(connection)
        .await
        .map(|_| ())
}

/// Stores a prolonged session, which must be held by this transaction.
pub(super) async fn save(connection: &impl ConnectionTrait, session: &Session) -> Result<(), DbErr> {
    row::Entity::update(active(session))
        .exec_without_returning(connection)
        .await
        .map(|_| ())
}

/// One session, held until the transaction ends.
pub(super) async fn get_for_update(
    connection: &impl ConnectionTrait,
    id: SessionId,
) -> Result<Option<Session>, DbErr> {
    Ok(row::Entity::find_by_id(id.uuid())
        .lock_exclusive()
        .one(connection)
        .await?
        .map(|row| read(&row)))
}

/// A person's live sessions, the one used last first.
pub(crate) async fn live(
    connection: &impl ConnectionTrait,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<Session>, DbErr> {
    let rows = live_query(user, now)
        .order_by_desc(row::Column::LastUsedAt)
        .all(connection)
        .await?;
    Ok(rows.iter().map(read).collect())
}

/// The same, held until the transaction ends.
pub(super) async fn live_for_update(
    connection: &impl ConnectionTrait,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<Session>, DbErr> {
    let rows = live_query(user, now)
        .order_by_asc(row::Column::Id)
        .lock_exclusive()
        .all(connection)
        .await?;
    Ok(rows.iter().map(read).collect())
}

/// Marks sessions as ended.
pub(super) async fn end(
    connection: &impl ConnectionTrait,
    sessions: &[Session],
    (reason, now): (SessionEnd, DateTime<Utc>),
) -> Result<(), DbErr> {
    row::Entity::update_many()
        .col_expr(row::Column::EndedAt, Expr::value(Some(Instant::from(now))))
        .col_expr(
            row::Column::EndReason,
            Expr::value(Some(reason_text(reason).to_owned())),
        )
        .filter(row::Column::Id.is_in(sessions.iter().map(|session| session.id.uuid())))
        .exec(connection)
        .await
        .map(|_| ())
}

/// Ended sessions whose access tokens would still be good, with the time until which they would.
pub(crate) async fn ended_with_good_tokens(
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Vec<(SessionId, DateTime<Utc>)>, DbErr> {
    let rows = row::Entity::find()
        .filter(row::Column::EndedAt.is_not_null())
        .filter(row::Column::TokensExpireAt.gt(Instant::from(now)))
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id.into(), row.tokens_expire_at.into()))
        .collect())
}

/// Forgets with what and from where a person's sessions were used. The rows stay until they are old: by them every process knows which
/// access tokens have ended.
pub(crate) async fn forget_devices(connection: &impl ConnectionTrait, user: UserId) -> Result<(), DbErr> {
    row::Entity::update_many()
        .col_expr(row::Column::Device, Expr::value(None::<String>))
        .col_expr(row::Column::Address, Expr::value(None::<String>))
        .filter(row::Column::UserId.eq(user.uuid()))
        .exec(connection)
        .await
        .map(|_| ())
}

/// Removes sessions, with their refresh tokens, that ended before `before`.
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

/// What is known about a refresh token.
pub(super) struct RefreshToken {
    pub(super) session: SessionId,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) used_at: Option<DateTime<Utc>>,
}

/// Adds a refresh token by its digest.
pub(super) async fn insert_token(
    connection: &impl ConnectionTrait,
    hash: String,
    session: &Session,
) -> Result<(), DbErr> {
    let row = token_row::ActiveModel {
        hash: Set(hash),
        session_id: Set(session.id.uuid()),
        issued_at: Set(session.last_used_at.into()),
        expires_at: Set(session.expires_at.into()),
        used_at: Set(None),
    };
    token_row::Entity::insert(row)
        .exec_without_returning(connection)
        .await
        .map(|_| ())
}

/// Looks a refresh token up by its digest.
pub(super) async fn token(
    connection: &impl ConnectionTrait,
    hash: &str,
) -> Result<Option<RefreshToken>, DbErr> {
    let row = token_row::Entity::find_by_id(hash.to_owned())
        .one(connection)
        .await?;
    Ok(row.map(|row| RefreshToken {
        session: row.session_id.into(),
        expires_at: row.expires_at.into(),
        used_at: row.used_at.map(DateTime::from),
    }))
}

/// Uses a refresh token up; `false` when it was used before. Of several at the same time one gets `true`.
pub(super) async fn use_token(
    connection: &impl ConnectionTrait,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let used = token_row::Entity::update_many()
        .col_expr(token_row::Column::UsedAt, Expr::value(Some(Instant::from(now))))
        .filter(token_row::Column::Hash.eq(hash))
        .filter(token_row::Column::UsedAt.is_null())
        .exec(connection)
        .await?;
    Ok(used.rows_affected == 1)
}

fn live_query(user: UserId, now: DateTime<Utc>) -> sea_orm::Select<row::Entity> {
    row::Entity::find()
        .filter(row::Column::UserId.eq(user.uuid()))
        .filter(row::Column::EndedAt.is_null())
        .filter(row::Column::ExpiresAt.gt(Instant::from(now)))
}

fn active(session: &Session) -> row::ActiveModel {
    row::ActiveModel {
        id: Set(session.id.uuid()),
        user_id: Set(session.user.uuid()),
        device: Set(session.device.clone()),
        address: Set(session.address.clone()),
        created_at: Set(session.created_at.into()),
        last_used_at: Set(session.last_used_at.into()),
        expires_at: Set(session.expires_at.into()),
        tokens_expire_at: Set(session.tokens_expire_at.into()),
        ended_at: Set(session.ended_at.map(Instant::from)),
        end_reason: NotSet,
    }
}

fn read(row: &row::Model) -> Session {
    Session {
        id: row.id.into(),
        user: row.user_id.into(),
        device: row.device.clone(),
        address: row.address.clone(),
        created_at: row.created_at.into(),
        last_used_at: row.last_used_at.into(),
        expires_at: row.expires_at.into(),
        tokens_expire_at: row.tokens_expire_at.into(),
        ended_at: row.ended_at.map(DateTime::from),
    }
}

const fn reason_text(reason: SessionEnd) -> &'static str {
    match reason {
        SessionEnd::SignedOut => "SIGNED_OUT",
        SessionEnd::Revoked => "REVOKED",
        SessionEnd::TokenReplayed => "TOKEN_REPLAYED",
        SessionEnd::PasswordChanged => "PASSWORD_CHANGED",
        SessionEnd::AccountSuspended => "ACCOUNT_SUSPENDED",
        SessionEnd::RolesChanged => "ROLES_CHANGED",
    }
}

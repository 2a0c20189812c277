//! Second factors in the store. Secrets are sealed; of recovery codes only a keyed digest is kept.

use super::model::{Factor, recovery_code};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use caregraph_contracts::ids::{Id, UserId};
use caregraph_kit::Fault;
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::database::Instant;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
};
use zeroize::Zeroizing;

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "totp_factors")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        #[sea_orm(column_type = "Text")]
        pub secret_sealed: String,
        pub last_step: i64,
        pub started_at: Instant,
        pub confirmed_at: Option<Instant>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod code_row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "recovery_codes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub code_index: String,
        pub used_at: Option<Instant>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Whether the account has a second factor that works.
pub(crate) async fn is_enabled(connection: &impl ConnectionTrait, user: UserId) -> Result<bool, DbErr> {
    let confirmed = row::Entity::find_by_id(user.uuid()).filter(row::Column::ConfirmedAt.is_not_null());
    Ok(confirmed.count(connection).await? > 0)
}

/// Which of some accounts have a second factor that works.
pub(super) async fn enabled_among(
    connection: &impl ConnectionTrait,
    users: &[UserId],
) -> Result<Vec<UserId>, DbErr> {
    let rows = row::Entity::find()
        .filter(row::Column::UserId.is_in(users.iter().map(|user| user.uuid())))
        .filter(row::Column::ConfirmedAt.is_not_null())
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| row.user_id.into()).collect())
}

/// The account's second factor, confirmed or not.
pub(super) async fn get(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    user: UserId,
) -> Result<Option<Factor>, Fault> {
    let Some(row) = row::Entity::find_by_id(user.uuid()).one(connection).await? else {
        return Ok(None);
    };
    let text = Zeroizing::new(cipher.open(place(user), &row.secret_sealed)?);
    let secret = STANDARD
        .decode(text.as_bytes())
        .map_err(|error| Fault::new("the secret of a second factor could not be read", error))?;
    Ok(Some(Factor {
        secret: Zeroizing::new(secret),
        last_step: row.last_step,
        confirmed: row.confirmed_at.is_some(),
    }))
}

/// Keeps a factor that waits for confirmation, in place of an earlier one.
pub(super) async fn start(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    (user, factor): (UserId, &Factor),
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let secret = Zeroizing::new(STANDARD.encode(factor.secret.as_slice()));
    let row = row::ActiveModel {
        user_id: Set(user.uuid()),
        secret_sealed: Set(cipher.seal(place(user), &secret)),
        last_step: Set(factor.last_step),
        started_at: Set(now.into()),
        confirmed_at: Set(None),
    };
    let replace = OnConflict::column(row::Column::UserId)
        .update_columns([
            row::Column::SecretSealed,
            row::Column::LastStep,
            row::Column::StartedAt,
            row::Column::ConfirmedAt,
        ])
        .to_owned();
    row::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(connection)
        .await
        .map(|_| ())
}

/// Marks the factor as working.
pub(super) async fn confirm(
    connection: &impl ConnectionTrait,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    row::Entity::update_many()
        .col_expr(row::Column::ConfirmedAt, Expr::value(Some(Instant::from(now))))
        .filter(row::Column::UserId.eq(user.uuid()))
        .exec(connection)
        .await
        .map(|_| ())
}

/// Uses a step up; `false` when it, or a later one, was used before.
pub(super) async fn use_step(
    connection: &impl ConnectionTrait,
    user: UserId,
    step: i64,
) -> Result<bool, DbErr> {
    let updated = row::Entity::update_many()
        .col_expr(row::Column::LastStep, Expr::value(step))
        .filter(row::Column::UserId.eq(user.uuid()))
        .filter(row::Column::LastStep.lt(step))
        .exec(connection)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Removes the factor and its recovery codes.
pub(crate) async fn remove(connection: &impl ConnectionTrait, user: UserId) -> Result<(), DbErr> {
    code_row::Entity::delete_many()
        .filter(code_row::Column::UserId.eq(user.uuid()))
        .exec(connection)
        .await?;
    row::Entity::delete_by_id(user.uuid())
        .exec(connection)
        .await
        .map(|_| ())
}

/// Replaces all recovery codes.
pub(super) async fn set_recovery_codes(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    (user, codes): (UserId, &[String]),
) -> Result<(), DbErr> {
    code_row::Entity::delete_many()
        .filter(code_row::Column::UserId.eq(user.uuid()))
        .exec(connection)
        .await?;
    let rows = codes
        .iter()
        .filter_map(|code| recovery_code(code))
        .map(|code| code_row::ActiveModel {
            user_id: Set(user.uuid()),
            code_index: Set(index(cipher, user, &code)),
            used_at: Set(None),
        });
    code_row::Entity::insert_many(rows)
        .exec_without_returning(connection)
        .await
        .map(|_| ())
}

/// Uses a recovery code up; `false` when there is none such, or it was used before.
pub(super) async fn use_recovery_code(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    (user, code): (UserId, &str),
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let updated = code_row::Entity::update_many()
        .col_expr(code_row::Column::UsedAt, Expr::value(Some(Instant::from(now))))
        .filter(code_row::Column::UserId.eq(user.uuid()))
        .filter(code_row::Column::CodeIndex.eq(index(cipher, user, code)))
        .filter(code_row::Column::UsedAt.is_null())
        .exec(connection)
        .await?;
    Ok(updated.rows_affected == 1)
}

fn index(cipher: &FieldCipher, user: UserId, code: &str) -> String {
    cipher.blind_index("recovery_codes/code", &format!("{user}/{code}"))
}

fn place(user: UserId) -> FieldRef<'static> {
    FieldRef {
        table: "totp_factors",
        record: user.uuid(),
        field: "secret",
    }
}

//! Recent registrations, remembered for a day whether or not they made an account.

use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::database::Instant;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder,
};

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "registration_shadows")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub email_index: String,
        pub username: Option<String>,
        pub phone_index: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub password_hash: String,
        pub expires_at: Instant,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What a registration asked for.
pub(super) struct Shadow<'a> {
    pub(super) email: &'a str,
    pub(super) username: Option<&'a str>,
    pub(super) phone: Option<&'a str>,
    pub(super) password_hash: &'a str,
    pub(super) expires_at: DateTime<Utc>,
}

/// Remembers a registration in place of an earlier one with the same address.
pub(super) async fn keep(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    shadow: Shadow<'_>,
) -> Result<(), DbErr> {
    let row = row::ActiveModel {
        email_index: Set(email_index(cipher, shadow.email)),
        username: Set(shadow.username.map(str::to_owned)),
        phone_index: Set(shadow.phone.map(|phone| phone_index(cipher, phone))),
        password_hash: Set(shadow.password_hash.to_owned()),
        expires_at: Set(shadow.expires_at.into()),
    };
    let replace = OnConflict::column(row::Column::EmailIndex)
        .update_columns([
            row::Column::Username,
            row::Column::PhoneIndex,
            row::Column::PasswordHash,
            row::Column::ExpiresAt,
        ])
        .to_owned();
    row::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(connection)
        .await
        .map(|_| ())
}

/// The password hash of the latest registration that named this identifier.
pub(super) async fn hash_for(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    identifier: &str,
    now: DateTime<Utc>,
) -> Result<Option<String>, DbErr> {
    let named = Condition::any()
        .add(row::Column::EmailIndex.eq(email_index(cipher, identifier)))
        .add(row::Column::Username.eq(identifier))
        .add(row::Column::PhoneIndex.eq(phone_index(cipher, identifier)));
    let row = row::Entity::find()
        .filter(named)
        .filter(row::Column::ExpiresAt.gt(Instant::from(now)))
        .order_by_desc(row::Column::ExpiresAt)
        .one(connection)
        .await?;
    Ok(row.map(|row| row.password_hash))
}

/// Whether somebody with another address asked for this username lately.
pub(super) async fn username_is_asked_for(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    (username, email): (&str, &str),
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let asked = row::Entity::find()
        .filter(row::Column::Username.eq(username))
        .filter(row::Column::EmailIndex.ne(email_index(cipher, email)))
        .filter(row::Column::ExpiresAt.gt(Instant::from(now)));
    Ok(asked.count(connection).await? > 0)
}

/// Forgets the registration with an address: its owner has shown up.
pub(crate) async fn forget(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    email: &str,
) -> Result<(), DbErr> {
    row::Entity::delete_by_id(email_index(cipher, email))
        .exec(connection)
        .await
        .map(|_| ())
}

/// Removes what is over.
pub(crate) async fn forget_old(connection: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), DbErr> {
    row::Entity::delete_many()
        .filter(row::Column::ExpiresAt.lt(Instant::from(now)))
        .exec(connection)
        .await
        .map(|_| ())
}

fn email_index(cipher: &FieldCipher, email: &str) -> String {
    cipher.blind_index("registration_shadows/email", email)
}

fn phone_index(cipher: &FieldCipher, phone: &str) -> String {
    cipher.blind_index("registration_shadows/phone", phone)
}

//! Accounts in the store. Names, telephone numbers and postal addresses are sealed; a number is found by its keyed digest, a name by
//! those of how its words begin. E-mail addresses and usernames are in the clear: people sign in with them, they must be unique, and
//! administrators find accounts by any part of them.

mod clear;
mod listing;
mod mapping;
mod rows;

pub(crate) use clear::{in_the_clear, seal};
pub use listing::UserFilter;
pub(crate) use listing::{count_active, list};

use super::model::{User, UserStatus};
use caregraph_contracts::Role;
use caregraph_contracts::ids::{Id, UserId};
use caregraph_kit::Fault;
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::database::{Instant, is_unique_violation};
use caregraph_kit::search::NameTokens;
use chrono::{DateTime, Utc};
use mapping::{active, phone_index, read};
use rows::{role_row, row};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// By what accounts are found by name.
const NAMES: NameTokens = NameTokens {
    table: "user_name_tokens",
    owner: "user_id",
    // Each word is looked for alone: it may be part of an address instead.
    signature: None,
    purpose: "users/name",
};

/// A way to name an account at sign-in, in canonical form.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Identifier<'a> {
    Email(&'a str),
    Username(&'a str),
    Phone(&'a str),
}

/// Some accounts by id; unknown ids are left out.
pub(crate) async fn load(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    ids: impl IntoIterator<Item = UserId>,
) -> Result<Vec<User>, Fault> {
    let ids: Vec<Uuid> = ids.into_iter().map(Id::uuid).collect();
    let rows = row::Entity::find()
        .filter(row::Column::Id.is_in(ids))
        .all(connection)
        .await?;
    with_roles(connection, cipher, rows).await
}

/// One account.
pub(crate) async fn get(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    id: UserId,
) -> Result<Option<User>, Fault> {
    Ok(load(connection, cipher, [id]).await?.pop())
}

/// One account, held until the transaction ends.
pub(crate) async fn get_for_update(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    id: UserId,
) -> Result<Option<User>, Fault> {
    let row = row::Entity::find_by_id(id.uuid())
        .lock_exclusive()
        .one(connection)
        .await?;
    Ok(with_roles(connection, cipher, row.into_iter().collect())
        .await?
        .pop())
}

/// The account that an identifier names.
pub(crate) async fn find_id(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    identifier: Identifier<'_>,
) -> Result<Option<UserId>, DbErr> {
    let condition = match identifier {
        Identifier::Email(email) => row::Column::Email.eq(email),
        Identifier::Username(name) => row::Column::Username.eq(name),
        Identifier::Phone(phone) => row::Column::PhoneIndex.eq(phone_index(cipher, phone)),
    };
    let found: Option<Uuid> = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(condition)
        .into_tuple()
        .one(connection)
        .await?;
    Ok(found.map(UserId::from))
}

/// What a unique constraint said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Written {
    /// Stored.
    Done,
    /// Somebody else has the e-mail address, username or number. The transaction is over on some engines: look, in a new
    /// one, which of them it is.
    Taken,
}

/// Adds an account.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    user: &User,
) -> Result<Written, Fault> {
    match row::Entity::insert(active(cipher, user, user.version)?)
        .exec_without_returning(connection)
        .await
    {
        Ok(_) => {}
        Err(error) if is_unique_violation(&error) => return Ok(Written::Taken),
        Err(error) => return Err(error.into()),
    }
    insert_roles(connection, user).await?;
    keep_findable(connection, cipher, user).await?;
    Ok(Written::Done)
}

/// Stores a changed account, which must be held by this transaction, and raises its version.
pub(crate) async fn save(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    user: &mut User,
) -> Result<Written, Fault> {
    let update = row::Entity::update_many()
        .set(active(cipher, user, user.version + 1)?)
        .filter(row::Column::Id.eq(user.id.uuid()));
    match update.exec(connection).await {
        Ok(_) => {}
        Err(error) if is_unique_violation(&error) => return Ok(Written::Taken),
        Err(error) => return Err(error.into()),
    }
    user.version += 1;
    role_row::Entity::delete_many()
        .filter(role_row::Column::UserId.eq(user.id.uuid()))
        .exec(connection)
        .await?;
    insert_roles(connection, user).await?;
    keep_findable(connection, cipher, user).await?;
    Ok(Written::Done)
}

/// Stores a changed account whose e-mail address, username and number are as they were, so that nothing can be taken.
pub(crate) async fn save_unchanged_names(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    user: &mut User,
) -> Result<(), Fault> {
    match save(connection, cipher, user).await? {
        Written::Done => Ok(()),
        Written::Taken => Err(Fault::new(
            "an account could not be stored",
            "a constraint on names was violated",
        )),
    }
}

/// Notes a sign-in and holds the account until the transaction ends; `false` when it cannot sign in (any more).
pub(crate) async fn note_login(
    connection: &impl ConnectionTrait,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let updated = row::Entity::update_many()
        .col_expr(row::Column::LastLoginAt, Expr::value(Instant::from(now)))
        .filter(row::Column::Id.eq(user.uuid()))
        .filter(row::Column::Status.eq(UserStatus::Active.as_str()))
        .exec(connection)
        .await?;
    Ok(updated.rows_affected == 1)
}

async fn insert_roles(connection: &impl ConnectionTrait, user: &User) -> Result<(), DbErr> {
    let rows = user.roles.iter().map(|role| role_row::ActiveModel {
        user_id: Set(user.id.uuid()),
        role: Set(role.as_str().to_owned()),
    });
    role_row::Entity::insert_many(rows)
        .exec_without_returning(connection)
        .await
        .map(|_| ())
}

/// Keeps by what an account is found by name.
async fn keep_findable(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    user: &User,
) -> Result<(), DbErr> {
    NAMES
        .keep(
            connection,
            cipher,
            user.id.uuid(),
            &user.last_name,
            &user.first_name,
        )
        .await
}

async fn with_roles(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    rows: Vec<row::Model>,
) -> Result<Vec<User>, Fault> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids = rows.iter().map(|row| row.id);
    let mut roles: HashMap<Uuid, BTreeSet<Role>> = HashMap::with_capacity(rows.len());
    for row in role_row::Entity::find()
        .filter(role_row::Column::UserId.is_in(ids))
        .all(connection)
        .await?
    {
        // A role that this version does not know opens nothing.
        if let Ok(role) = row.role.parse() {
            roles.entry(row.user_id).or_default().insert(role);
        }
    }
    rows.into_iter()
        .map(|row| {
            let roles = roles.remove(&row.id).unwrap_or_default();
            read(cipher, row, roles)
        })
        .collect()
}

//! Accounts in the store. Telephone numbers and postal addresses are sealed; a number is found by its keyed digest.

use super::model::{Locale, User, UserStatus};
use caregraph_contracts::Role;
use caregraph_contracts::ids::{Id, UserId};
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::database::{Instant, is_unique_violation};
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::{Fault, search};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub email: String,
        pub username: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub phone_sealed: Option<String>,
        pub phone_index: Option<String>,
        pub first_name: String,
        pub last_name: String,
        #[sea_orm(column_type = "Text")]
        pub search_text: String,
        pub locale: String,
        pub time_zone: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub avatar_url: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub addresses_sealed: Option<String>,
        pub status: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub suspended_reason: Option<String>,
        pub email_verified: bool,
        pub joined_at: Instant,
        pub last_login_at: Option<Instant>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod role_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_roles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Which accounts to list. What is not set does not matter.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Words that occur in name, e-mail address or username; case and diacritics do not matter.
    pub text: Option<String>,
    /// Has this role.
    pub role: Option<Role>,
    /// Is in this status.
    pub status: Option<UserStatus>,
}

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

/// Accounts in the order in which they were made.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    filter: &UserFilter,
    page: &PageArgs<Uuid>,
) -> Result<Edges<Uuid, User>, Fault> {
    let mut query = row::Entity::find();
    for word in filter.text.as_deref().map(search::words).unwrap_or_default() {
        let pattern = LikeExpr::new(search::contains_pattern(&word)).escape('!');
        query = query.filter(Expr::col(row::Column::SearchText).like(pattern));
    }
    if let Some(role) = filter.role {
        query = query.filter(row::Column::Id.in_subquery(holders(role)));
    }
    if let Some(status) = filter.status {
        query = query.filter(row::Column::Status.eq(status.as_str()));
    }
    if let Some(after) = page.after {
        query = query.filter(row::Column::Id.gt(after));
    }
    let rows = query
        .order_by_asc(row::Column::Id)
        .limit(page.limit())
        .all(connection)
        .await?;
    let mut users = with_roles(connection, cipher, rows).await?;
    users.sort_by_key(|user| user.id);
    Ok(users.into_iter().map(|user| (user.id.uuid(), user)).collect())
}

/// How many people with a role can sign in.
pub(crate) async fn count_active(connection: &impl ConnectionTrait, role: Role) -> Result<u64, DbErr> {
    row::Entity::find()
        .filter(row::Column::Id.in_subquery(holders(role)))
        .filter(row::Column::Status.eq(UserStatus::Active.as_str()))
        .count(connection)
        .await
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

fn holders(role: Role) -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .column(role_row::Column::UserId)
        .from(role_row::Entity)
        .and_where(role_row::Column::Role.eq(role.as_str()))
        .to_owned()
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

fn active(cipher: &FieldCipher, user: &User, version: i64) -> Result<row::ActiveModel, Fault> {
    let id = user.id.uuid();
    let searchable = [
        user.last_name.as_str(),
        &user.first_name,
        &user.last_name,
        &user.email,
        user.username.as_deref().unwrap_or(""),
    ];
    let addresses = (!user.addresses.is_empty())
        .then(|| cipher.seal_json(place(id, "addresses"), &user.addresses))
        .transpose()?;
    Ok(row::ActiveModel {
        id: Set(id),
        email: Set(user.email.clone()),
        username: Set(user.username.clone()),
        phone_sealed: Set(user
            .phone
            .as_deref()
            .map(|phone| cipher.seal(place(id, "phone"), phone))),
        phone_index: Set(user.phone.as_deref().map(|phone| phone_index(cipher, phone))),
        first_name: Set(user.first_name.clone()),
        last_name: Set(user.last_name.clone()),
        search_text: Set(search::fold(&searchable.join(" "))),
        locale: Set(user.locale.as_str().to_owned()),
        time_zone: Set(user.time_zone.name().to_owned()),
        avatar_url: Set(user.avatar_url.clone()),
        addresses_sealed: Set(addresses),
        status: Set(user.status.as_str().to_owned()),
        suspended_reason: Set(user.suspended_reason.clone()),
        email_verified: Set(user.email_verified),
        joined_at: Set(user.joined_at.into()),
        last_login_at: Set(user.last_login_at.map(Instant::from)),
        version: Set(version),
    })
}

fn read(cipher: &FieldCipher, row: row::Model, roles: BTreeSet<Role>) -> Result<User, Fault> {
    let phone = row
        .phone_sealed
        .as_deref()
        .map(|sealed| cipher.open(place(row.id, "phone"), sealed))
        .transpose()?;
    let addresses = row
        .addresses_sealed
        .as_deref()
        .map(|sealed| cipher.open_json(place(row.id, "addresses"), sealed))
        .transpose()?
        .unwrap_or_default();
    Ok(User {
        id: row.id.into(),
        email: row.email,
        email_verified: row.email_verified,
        username: row.username,
        phone,
        first_name: row.first_name,
        last_name: row.last_name,
        locale: Locale::read(&row.locale)
            .map_err(|error| Fault::new("a stored language is unknown", error))?,
        time_zone: row
            .time_zone
            .parse()
            .map_err(|error| Fault::new("a stored time zone is unknown", error))?,
        avatar_url: row.avatar_url,
        addresses,
        roles,
        status: UserStatus::read(&row.status)
            .ok_or_else(|| Fault::new("a stored status is unknown", row.status.clone()))?,
        suspended_reason: row.suspended_reason,
        joined_at: row.joined_at.into(),
        last_login_at: row.last_login_at.map(DateTime::from),
        version: row.version,
    })
}

fn phone_index(cipher: &FieldCipher, phone: &str) -> String {
    cipher.blind_index("users/phone", phone)
}

fn place(user: Uuid, field: &'static str) -> FieldRef<'static> {
    FieldRef {
        table: "users",
        record: user,
        field,
    }
}

//! Accounts in the database. `position` is an event's place in identity's log: what is older than what is known changes nothing.

use super::Account;
use caregraph_contracts::Role;
use caregraph_contracts::ids::{Id, UserId};
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::database::Transaction;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QuerySelect,
};
use std::collections::{BTreeSet, HashMap};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "known_accounts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        #[sea_orm(column_type = "Text", nullable)]
        pub name: Option<String>,
        pub name_position: i64,
        pub roles: String,
        pub roles_position: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What an event told of an account, and where it stands in identity's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Whose account.
    pub user: UserId,
    /// The event's place.
    pub position: i64,
    /// The name for people to read, when it was told.
    pub name: Option<String>,
    /// All roles, when they were told.
    pub roles: Option<Vec<Role>>,
}

/// Takes down what was told, unless something later was told before.
pub async fn take_down(tx: &Transaction, cipher: &FieldCipher, told: Told) -> Result<(), DbErr> {
    let id = told.user.uuid();
    let known = row::Entity::find_by_id(id).lock_exclusive().one(&**tx).await?;
    let is_new = known.is_none();
    let mut row = known.unwrap_or(row::Model {
        user_id: id,
        name: None,
        name_position: 0,
        roles: String::new(),
        roles_position: 0,
    });
    if let Some(name) = told.name.filter(|_| told.position > row.name_position) {
        row.name = Some(cipher.seal(place(told.user), &name));
        row.name_position = told.position;
    }
    if let Some(roles) = told.roles.filter(|_| told.position > row.roles_position) {
        let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        row.roles = names.join(",");
        row.roles_position = told.position;
    }
    let active = row.into_active_model().reset_all();
    if is_new {
        row::Entity::insert(active).exec_without_returning(&**tx).await?;
        return Ok(());
    }
    row::Entity::update_many()
        .set(row::ActiveModel {
            user_id: ActiveValue::NotSet,
            ..active
        })
        .filter(row::Column::UserId.eq(id))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// What is known of some accounts; those that nobody told of are missing.
pub async fn known(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    users: &BTreeSet<UserId>,
) -> Result<HashMap<UserId, Account>, DbErr> {
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = row::Entity::find()
        .filter(row::Column::UserId.is_in(users.iter().map(|user| user.uuid())))
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (UserId::from(row.user_id), open(cipher, row)))
        .collect())
}

/// A name that somebody damaged must not hide the trail: it is left out.
fn open(cipher: &FieldCipher, row: row::Model) -> Account {
    let user = UserId::from(row.user_id);
    let name = row.name.and_then(|sealed| {
        cipher
            .open(place(user), &sealed)
            .inspect_err(|error| {
                tracing::error!(account = %user, error = error as &dyn std::error::Error,
                    "the sealed name of an account does not open");
            })
            .ok()
    });
    Account {
        name,
        roles: row.roles,
    }
}

fn place(user: UserId) -> FieldRef<'static> {
    FieldRef {
        table: "known_accounts",
        record: user.uuid(),
        field: "name",
    }
}

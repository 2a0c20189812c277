//! The `accounts` table.

use super::{Account, AccountDetails, Kept, Roles};
use crate::patient::Language;
use caregraph_contracts::Role;
use caregraph_contracts::ids::{Id, UserId};
use caregraph_kit::crypto::{CryptoError, FieldCipher, FieldRef};
use caregraph_kit::database::Transaction;
use caregraph_kit::failure::Fault;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect,
};
use std::collections::HashMap;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "accounts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        #[sea_orm(column_type = "Text", nullable)]
        pub details: Option<String>,
        pub details_position: i64,
        pub roles: String,
        pub roles_position: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What an event told, and where it stands in identity's log.
pub(crate) struct Told {
    pub user: UserId,
    pub position: i64,
    pub details: Option<AccountDetails>,
    pub roles: Option<Vec<Role>>,
}

/// Takes down what was told, unless something later was told before. Returns all that is known now.
pub(crate) async fn take_down(tx: &Transaction, cipher: &FieldCipher, told: Told) -> Result<Account, Fault> {
    let id = told.user.uuid();
    let known = row::Entity::find_by_id(id).lock_exclusive().one(&**tx).await?;
    let is_new = known.is_none();
    let mut row = known.unwrap_or(row::Model {
        user_id: id,
        details: None,
        details_position: 0,
        roles: String::new(),
        roles_position: 0,
    });
    if let Some(details) = told.details.filter(|_| told.position > row.details_position) {
        row.details = Some(seal(cipher, told.user, &details)?);
        row.details_position = told.position;
    }
    if let Some(roles) = told.roles.filter(|_| told.position > row.roles_position) {
        row.roles = roles
            .iter()
            .map(|role| role.as_str())
            .collect::<Vec<_>>()
            .join(",");
        row.roles_position = told.position;
    }
    let account = open(cipher, &row)?;
    let active = row.into_active_model().reset_all();
    if is_new {
        row::Entity::insert(active).exec_without_returning(&**tx).await?;
    } else {
        row::Entity::update_many()
            .set(row::ActiveModel {
                user_id: sea_orm::ActiveValue::NotSet,
                ..active
            })
            .filter(row::Column::UserId.eq(id))
            .exec(&**tx)
            .await?;
    }
    Ok(account)
}

/// The roles of accounts; accounts nobody told of are missing. For decisions that need no names.
pub(crate) async fn roles_of(
    connection: &impl ConnectionTrait,
    users: &[UserId],
) -> Result<HashMap<UserId, Roles>, DbErr> {
    let rows: Vec<(sea_orm::prelude::Uuid, String)> = row::Entity::find()
        .select_only()
        .columns([row::Column::UserId, row::Column::Roles])
        .filter(row::Column::UserId.is_in(users.iter().map(|user| user.uuid())))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, roles)| (UserId::from(id), read_roles(&roles)))
        .collect())
}

fn open(cipher: &FieldCipher, row: &row::Model) -> Result<Account, CryptoError> {
    let details = row.details.as_deref().map(|sealed| {
        let kept: Kept = cipher.open_json(place(row.user_id.into()), sealed)?;
        Ok::<_, CryptoError>(AccountDetails {
            first_name: kept.first_name,
            last_name: kept.last_name,
            phone: kept.phone,
            language: Language::parse(&kept.locale).unwrap_or(Language::En),
        })
    });
    Ok(Account {
        details: details.transpose()?,
        roles: read_roles(&row.roles),
    })
}

fn seal(cipher: &FieldCipher, user: UserId, details: &AccountDetails) -> Result<String, CryptoError> {
    let kept = Kept {
        first_name: details.first_name.clone(),
        last_name: details.last_name.clone(),
        phone: details.phone.clone(),
        locale: details.language.tag().to_owned(),
    };
    cipher.seal_json(place(user), &kept)
}

/// A role of a later version of the program is none that this one can act on.
fn read_roles(text: &str) -> Roles {
    Roles(text.split(',').filter_map(|name| name.parse().ok()).collect())
}

fn place(user: UserId) -> FieldRef<'static> {
    FieldRef {
        table: "accounts",
        record: user.uuid(),
        field: "details",
    }
}

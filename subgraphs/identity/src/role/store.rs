//! Roles and their permissions in the store.

use super::model::RoleDefinition;
use caregraph_contracts::{Role, Scope};
use caregraph_kit::database::{Database, is_unique_violation};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use std::collections::BTreeSet;

mod role_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "roles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub role: String,
        pub requires_totp: bool,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod scope_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "role_scopes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub role: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub scope: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Gives every role that the store does not know yet its default permissions. Safe to run in several processes at once.
pub(crate) async fn seed(database: &Database) -> Result<(), DbErr> {
    let known = role_row::Entity::find().all(database.reader()).await?;
    for role in Role::ALL
        .iter()
        .copied()
        .filter(|role| known.iter().all(|row| row.role != role.as_str()))
    {
        let scopes = role.default_scopes().iter().copied().collect();
        let definition = RoleDefinition {
            role,
            scopes,
            requires_totp: false,
            version: 1,
        };
        let tx = database.begin().await?;
        match role_row::Entity::insert(active(&definition))
            .exec_without_returning(&*tx)
            .await
        {
            Ok(_) => {
                insert_scopes(&*tx, &definition).await?;
                tx.commit().await?;
            }
            // Another process was faster.
            Err(error) if is_unique_violation(&error) => tx.rollback().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The definitions of some roles, in the order of declaration.
pub(crate) async fn load(
    connection: &impl ConnectionTrait,
    roles: impl IntoIterator<Item = Role>,
) -> Result<Vec<RoleDefinition>, DbErr> {
    let names: Vec<&str> = roles.into_iter().map(Role::as_str).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let rows = role_row::Entity::find()
        .filter(role_row::Column::Role.is_in(names.iter().copied()))
        .all(connection)
        .await?;
    let scopes = scope_row::Entity::find()
        .filter(scope_row::Column::Role.is_in(names))
        .all(connection)
        .await?;
    let mut definitions: Vec<RoleDefinition> = rows
        .into_iter()
        // Names that this version does not know open nothing.
        .filter_map(|row| {
            Some(RoleDefinition {
                role: row.role.parse().ok()?,
                scopes: scopes
                    .iter()
                    .filter(|scope| scope.role == row.role)
                    .filter_map(|scope| scope.scope.parse::<Scope>().ok())
                    .collect::<BTreeSet<_>>(),
                requires_totp: row.requires_totp,
                version: row.version,
            })
        })
        .collect();
    definitions.sort_by_key(|definition| definition.role);
    Ok(definitions)
}

/// Holds a role's row until the transaction ends, so that changes that depend on each other take turns.
pub(crate) async fn lock(connection: &impl ConnectionTrait, role: Role) -> Result<(), DbErr> {
    // Writing the row takes its lock on every engine.
    role_row::Entity::update_many()
        .col_expr(
            role_row::Column::Version,
            Expr::col(role_row::Column::Version).add(0),
        )
        .filter(role_row::Column::Role.eq(role.as_str()))
        .exec(connection)
        .await
        .map(|_| ())
}

/// Stores a changed definition. The row must be locked.
pub(crate) async fn save(
    connection: &impl ConnectionTrait,
    definition: &RoleDefinition,
) -> Result<(), DbErr> {
    role_row::Entity::update(active(definition))
        .exec_without_returning(connection)
        .await?;
    scope_row::Entity::delete_many()
        .filter(scope_row::Column::Role.eq(definition.role.as_str()))
        .exec(connection)
        .await?;
    insert_scopes(connection, definition).await
}

async fn insert_scopes(connection: &impl ConnectionTrait, definition: &RoleDefinition) -> Result<(), DbErr> {
    if definition.scopes.is_empty() {
        return Ok(());
    }
    let rows = definition.scopes.iter().map(|scope| scope_row::ActiveModel {
        role: Set(definition.role.as_str().to_owned()),
        scope: Set(scope.as_str().to_owned()),
    });
    scope_row::Entity::insert_many(rows)
        .exec_without_returning(connection)
        .await
        .map(|_| ())
}

fn active(definition: &RoleDefinition) -> role_row::ActiveModel {
    role_row::ActiveModel {
        role: Set(definition.role.as_str().to_owned()),
        requires_totp: Set(definition.requires_totp),
        version: Set(definition.version),
    }
}

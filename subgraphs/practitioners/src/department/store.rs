//! Departments in the database.

use super::Department;
use crate::name;
use caregraph_contracts::ids::{DepartmentId, Id};
use caregraph_kit::Fault;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use std::collections::HashMap;

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "departments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub name_key: String,
        #[sea_orm(column_type = "Text")]
        pub description: Option<String>,
        pub active: bool,
        pub version: i64,
        pub updated_at: Instant,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// All departments, or those in use.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    include_inactive: bool,
) -> Result<Vec<Department>, DbErr> {
    let mut query = row::Entity::find();
    if !include_inactive {
        query = query.filter(row::Column::Active.eq(true));
    }
    Ok(query.all(connection).await?.into_iter().map(read).collect())
}

/// Those of `ids` that exist.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    ids: &[DepartmentId],
) -> Result<HashMap<DepartmentId, Department>, Fault> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = row::Entity::find()
        .filter(row::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(read)
        .map(|department| (department.id, department))
        .collect())
}

/// One department, locked until the transaction ends.
pub(crate) async fn load_for_update(
    tx: &impl ConnectionTrait,
    id: DepartmentId,
) -> Result<Option<Department>, DbErr> {
    Ok(row::Entity::find_by_id(id.uuid())
        .lock_exclusive()
        .one(tx)
        .await?
        .map(read))
}

/// How many there are.
pub(crate) async fn count(connection: &impl ConnectionTrait) -> Result<u64, DbErr> {
    row::Entity::find().count(connection).await
}

/// Stores a new department. Breaks a unique constraint when the name is taken.
pub(crate) async fn insert(
    tx: &impl ConnectionTrait,
    department: &Department,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    row::Entity::insert(to_row(department, now))
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Stores a changed department that was loaded for update. Breaks a unique constraint when the name is taken.
pub(crate) async fn update(
    tx: &impl ConnectionTrait,
    department: &Department,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let id = department.id.uuid();
    row::Entity::update_many()
        .set(to_row(department, now))
        .filter(row::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

fn to_row(department: &Department, now: DateTime<Utc>) -> row::ActiveModel {
    row::ActiveModel {
        id: Set(department.id.uuid()),
        name: Set(department.name.clone()),
        name_key: Set(name::key(&department.name)),
        description: Set(department.description.clone()),
        active: Set(department.active),
        version: Set(department.version),
        updated_at: Set(now.into()),
    }
}

fn read(row: row::Model) -> Department {
    Department {
        id: row.id.into(),
        name: row.name,
        description: row.description,
        active: row.active,
        version: row.version,
    }
}

//! People in the database. `position` is an event's place in patients' log: what is older than what is known changes nothing.

use caregraph_contracts::events::PatientFacts;
use caregraph_contracts::ids::{Id, PatientId, UserId};
use caregraph_kit::database::Transaction;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::BTreeSet;
use uuid::Uuid;

mod patient {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "known_patients")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Option<Uuid>,
        pub merged_into: Option<Uuid>,
        pub facts_position: i64,
        pub merge_position: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod guardian {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "known_guardians")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub patient_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Keeps who a patient is and who acts for the patient.
pub async fn keep(tx: &Transaction, facts: &PatientFacts, position: i64) -> Result<(), DbErr> {
    let id = facts.patient_id.uuid();
    let (mut row, is_new) = known(tx, id).await?;
    if row.facts_position >= position {
        return Ok(());
    }
    row.user_id = facts.user_id.map(Id::uuid);
    row.facts_position = position;
    write(tx, row, is_new).await?;
    guardian::Entity::delete_many()
        .filter(guardian::Column::PatientId.eq(id))
        .exec(&**tx)
        .await?;
    let users: BTreeSet<Uuid> = facts.guardians.iter().map(|user| user.uuid()).collect();
    if !users.is_empty() {
        let rows = users.into_iter().map(|user_id| guardian::ActiveModel {
            patient_id: Set(id),
            user_id: Set(user_id),
        });
        guardian::Entity::insert_many(rows)
            .exec_without_returning(&**tx)
            .await?;
    }
    Ok(())
}

/// Notes into which record a patient's was merged, or that it stands for itself again.
pub async fn keep_merge(
    tx: &Transaction,
    merged: PatientId,
    into: Option<PatientId>,
    position: i64,
) -> Result<(), DbErr> {
    let (mut row, is_new) = known(tx, merged.uuid()).await?;
    if row.merge_position >= position {
        return Ok(());
    }
    row.merged_into = into.map(Id::uuid);
    row.merge_position = position;
    write(tx, row, is_new).await
}

async fn known(tx: &Transaction, id: Uuid) -> Result<(patient::Model, bool), DbErr> {
    let known = patient::Entity::find_by_id(id)
        .lock_exclusive()
        .one(&**tx)
        .await?;
    let is_new = known.is_none();
    let row = known.unwrap_or(patient::Model {
        id,
        user_id: None,
        merged_into: None,
        facts_position: 0,
        merge_position: 0,
    });
    Ok((row, is_new))
}

async fn write(tx: &Transaction, row: patient::Model, is_new: bool) -> Result<(), DbErr> {
    if is_new {
        patient::Entity::insert(row.into_active_model())
            .exec_without_returning(&**tx)
            .await?;
        return Ok(());
    }
    patient::Entity::update_many()
        .set(patient::ActiveModel {
            id: sea_orm::ActiveValue::NotSet,
            user_id: Set(row.user_id),
            merged_into: Set(row.merged_into),
            facts_position: Set(row.facts_position),
            merge_position: Set(row.merge_position),
        })
        .filter(patient::Column::Id.eq(row.id))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Whether there is such a patient.
pub async fn exists(connection: &impl ConnectionTrait, id: PatientId) -> Result<bool, DbErr> {
    Ok(patient::Entity::find_by_id(id.uuid())
        .one(connection)
        .await?
        .is_some())
}

/// Whether an account is the patient's own or a guardian's.
pub async fn is_acted_for_by(
    connection: &impl ConnectionTrait,
    id: PatientId,
    user: UserId,
) -> Result<bool, DbErr> {
    let own = patient::Entity::find_by_id(id.uuid())
        .filter(patient::Column::UserId.eq(user.uuid()))
        .one(connection)
        .await?;
    if own.is_some() {
        return Ok(true);
    }
    let guards = guardian::Entity::find_by_id((id.uuid(), user.uuid()));
    Ok(guards.one(connection).await?.is_some())
}

/// A patient and all whose records were merged into this one, directly or by way of others; the patient first.
pub async fn family(connection: &impl ConnectionTrait, id: PatientId) -> Result<Vec<PatientId>, DbErr> {
    let mut family = vec![id];
    let mut newest = vec![id.uuid()];
    while !newest.is_empty() {
        let merged: Vec<Uuid> = patient::Entity::find()
            .select_only()
            .column(patient::Column::Id)
            .filter(patient::Column::MergedInto.is_in(newest))
            .order_by_asc(patient::Column::Id)
            .into_tuple()
            .all(connection)
            .await?;
        // Nobody merges in a circle; if somebody did, this must still end.
        newest = merged
            .into_iter()
            .filter(|id| !family.contains(&PatientId::from(*id)))
            .collect();
        family.extend(newest.iter().copied().map(PatientId::from));
    }
    Ok(family)
}

//! The table `patient_match_keys`.

use super::keys;
use crate::patient::Patient;
use caregraph_contracts::ids::{Id, PatientId};
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::database::Transaction;
use caregraph_kit::failure::Fault;
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Most records that may share a key before it says nothing about any two of them: the telephone of a home, the first of
/// January of a year in which birthdays were not written down.
const COMMON: i64 = 25;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "patient_match_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub value: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub patient_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Keeps a record's keys as they are now. The record must be locked.
pub(crate) async fn keep_keys(
    tx: &Transaction,
    cipher: &FieldCipher,
    patient: &Patient,
) -> Result<(), Fault> {
    let id = patient.id.uuid();
    let wanted: BTreeSet<String> = keys(patient)
        .into_iter()
        .map(|(field, value)| cipher.blind_index(field, &value))
        .collect();
    let kept: Vec<String> = row::Entity::find()
        .select_only()
        .column(row::Column::Value)
        .filter(row::Column::PatientId.eq(id))
        .into_tuple()
        .all(&**tx)
        .await?;
    let kept: BTreeSet<String> = kept.into_iter().collect();
    let gone: Vec<&String> = kept.difference(&wanted).collect();
    if !gone.is_empty() {
        row::Entity::delete_many()
            .filter(row::Column::PatientId.eq(id))
            .filter(row::Column::Value.is_in(gone))
            .exec(&**tx)
            .await?;
    }
    let new: Vec<_> = wanted
        .difference(&kept)
        .map(|value| row::ActiveModel {
            value: Set(value.clone()),
            patient_id: Set(id),
        })
        .collect();
    if !new.is_empty() {
        row::Entity::insert_many(new)
            .exec_without_returning(&**tx)
            .await?;
    }
    Ok(())
}

/// Records that share a key with one of a greater id, by id from `from` on, at most `most`.
pub(crate) async fn sharing(
    connection: &impl ConnectionTrait,
    from: Bound<PatientId>,
    most: u64,
) -> Result<Vec<PatientId>, DbErr> {
    let other = Alias::new("other");
    let partner = Query::select()
        .expr(Expr::val(1))
        .from_as(row::Entity, other.clone())
        .and_where(Expr::col((other.clone(), row::Column::Value)).equals((row::Entity, row::Column::Value)))
        .and_where(
            Expr::col((other, row::Column::PatientId)).gt(Expr::col((row::Entity, row::Column::PatientId))),
        )
        .to_owned();
    let mut query = row::Entity::find()
        .select_only()
        .column(row::Column::PatientId)
        .distinct()
        .filter(Expr::exists(partner));
    match from {
        Bound::Unbounded => {}
        Bound::Included(id) => query = query.filter(row::Column::PatientId.gte(id.uuid())),
        Bound::Excluded(id) => query = query.filter(row::Column::PatientId.gt(id.uuid())),
    }
    let ids: Vec<Uuid> = query
        .order_by_asc(row::Column::PatientId)
        .limit(most)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(ids.into_iter().map(PatientId::from).collect())
}

/// Those who share a key with some records; keys that too many share do not count.
pub(crate) async fn partners(
    connection: &impl ConnectionTrait,
    ids: &[PatientId],
) -> Result<BTreeMap<PatientId, BTreeSet<PatientId>>, DbErr> {
    let own: Vec<(String, Uuid)> = row::Entity::find()
        .filter(row::Column::PatientId.is_in(ids.iter().map(|id| id.uuid())))
        .select_only()
        .columns([row::Column::Value, row::Column::PatientId])
        .into_tuple()
        .all(connection)
        .await?;
    let values: BTreeSet<&String> = own.iter().map(|(value, _)| value).collect();
    let telling: Vec<String> = row::Entity::find()
        .select_only()
        .column(row::Column::Value)
        .filter(row::Column::Value.is_in(values))
        .group_by(row::Column::Value)
        .having(Expr::col(row::Column::PatientId).count().between(2_i64, COMMON))
        .into_tuple()
        .all(connection)
        .await?;
    if telling.is_empty() {
        return Ok(BTreeMap::new());
    }
    let shared: Vec<(String, Uuid)> = row::Entity::find()
        .select_only()
        .columns([row::Column::Value, row::Column::PatientId])
        .filter(row::Column::Value.is_in(telling))
        .into_tuple()
        .all(connection)
        .await?;
    let mut by_value: BTreeMap<String, Vec<PatientId>> = BTreeMap::new();
    for (value, id) in shared {
        by_value.entry(value).or_default().push(id.into());
    }
    let mut partners: BTreeMap<PatientId, BTreeSet<PatientId>> = BTreeMap::new();
    for (value, id) in own {
        let id = PatientId::from(id);
        let others = by_value.get(&value).into_iter().flatten();
        partners
            .entry(id)
            .or_default()
            .extend(others.copied().filter(|other| *other != id));
    }
    Ok(partners)
}

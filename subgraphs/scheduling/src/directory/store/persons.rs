//! Persons behind the ids of patients. **This is the one place where an id becomes all records of its person**: whoever
//! reads or books by patient comes here first.

use super::rows::{guardian, patient};
use crate::directory::{Patient, Person, Persons};
use caregraph_contracts::ids::{Id, PatientId, UserId};
use caregraph_kit::Fault;
use caregraph_kit::database::Transaction;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// The person whom an id names.
pub async fn person(connection: &impl ConnectionTrait, id: PatientId) -> Result<Arc<Person>, DbErr> {
    Ok(persons(connection, &[id]).await?.of(id))
}

/// The persons whom some ids name, in one query, or two where an id is that of a duplicate.
pub async fn persons(connection: &impl ConnectionTrait, ids: &[PatientId]) -> Result<Persons, DbErr> {
    Ok(together(records(connection, ids).await?))
}

/// The person whom an id names, with its records locked until the transaction ends; see [`lock_persons`].
pub async fn lock_person(tx: &Transaction, id: PatientId) -> Result<Arc<Person>, Fault> {
    Ok(lock_persons(tx, &[id]).await?.of(id))
}

/// The persons whom some ids name, with all their records locked until the transaction ends.
///
/// Bookings for a person, and whoever puts its records together or parts them, come through here. So no two bookings for
/// one person are made at the same time, whichever of its records they name, and a booking either is committed before
/// records are put together, or knows of it.
pub async fn lock_persons(tx: &Transaction, ids: &[PatientId]) -> Result<Persons, Fault> {
    const ATTEMPTS: usize = 8;
    let mut expected = records(&**tx, ids).await?;
    if tx.is_alone() {
        return Ok(together(expected));
    }
    for _ in 0..ATTEMPTS {
        if !expected.is_empty() {
            // In the order of their ids, so that two who want the same records wait for each other in the same order.
            patient::Entity::find()
                .select_only()
                .column(patient::Column::Id)
                .filter(patient::Column::Id.is_in(expected.keys().copied()))
                .order_by_asc(patient::Column::Id)
                .lock_exclusive()
                .into_tuple::<Uuid>()
                .all(&**tx)
                .await?;
        }
        // Records may have been put together while this waited.
        let found = records(&**tx, ids).await?;
        if found.keys().eq(expected.keys()) {
            return Ok(together(found));
        }
        expected = found;
    }
    Err(Fault::new(
        "a patient could not be locked",
        "its records kept being put together and parted",
    ))
}

/// All records of everybody for whom an account acts, the account's own patient included.
pub async fn acted_for_by(connection: &impl ConnectionTrait, user: UserId) -> Result<Vec<PatientId>, DbErr> {
    let mut named = super::patients_of_guardian(connection, user).await?;
    named.push(PatientId::of_user(user));
    let told = records(connection, &named).await?;
    // Whoever has just registered was not told of yet.
    let all: BTreeSet<PatientId> = told.into_keys().map(PatientId::from).chain(named).collect();
    Ok(all.into_iter().collect())
}

/// All records of the persons whom some ids name, by id, each with the accounts of its guardians.
async fn records(
    connection: &impl ConnectionTrait,
    ids: &[PatientId],
) -> Result<BTreeMap<Uuid, Record>, DbErr> {
    let named: BTreeSet<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let mut records = pointing_to(connection, &named).await?;
    let roots: BTreeSet<Uuid> = records.values().filter_map(|(row, _)| row.merged_into).collect();
    let roots: BTreeSet<Uuid> = roots.difference(&named).copied().collect();
    records.extend(pointing_to(connection, &roots).await?);
    Ok(records)
}

type Record = (patient::Model, Vec<guardian::Model>);

/// The records with some ids, and those that point to them.
async fn pointing_to(
    connection: &impl ConnectionTrait,
    ids: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, Record>, DbErr> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let which = Condition::any()
        .add(patient::Column::Id.is_in(ids.iter().copied()))
        .add(patient::Column::MergedInto.is_in(ids.iter().copied()));
    let records = patient::Entity::find()
        .filter(which)
        .find_with_related(guardian::Entity)
        .all(connection)
        .await?;
    Ok(records.into_iter().map(|record| (record.0.id, record)).collect())
}

fn together(records: BTreeMap<Uuid, Record>) -> Persons {
    Persons::of_records(records.into_values().map(|(row, guardians)| {
        Patient {
            id: row.id.into(),
            user_id: row.user_id.map(UserId::from),
            guardians: guardians
                .into_iter()
                .map(|guardian| guardian.user_id.into())
                .collect(),
            deceased: row.deceased,
            merged_into: row.merged_into.map(PatientId::from),
        }
    }))
}

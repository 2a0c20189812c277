//! All records of a person at once, and locking them.

use super::rows::patient;
use super::with_guardians;
use crate::patient::Patient;
use caregraph_contracts::ids::{Id, PatientId, UserId};
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::database::Transaction;
use caregraph_kit::failure::Fault;
use sea_orm::prelude::Uuid;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::collections::{BTreeSet, HashMap};

/// Which record stands for the person of each of some records: itself, unless it is a duplicate. Unknown ids are missing.
pub(crate) async fn standing(
    connection: &impl ConnectionTrait,
    ids: &[PatientId],
) -> Result<HashMap<PatientId, PatientId>, DbErr> {
    let rows: Vec<(Uuid, Option<Uuid>)> = patient::Entity::find()
        .select_only()
        .columns([patient::Column::Id, patient::Column::MergedInto])
        .filter(patient::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, merged_into)| (id.into(), merged_into.unwrap_or(id).into()))
        .collect())
}

/// All records of the persons for whom some records stand: which one stands for which.
pub(crate) async fn together(
    connection: &impl ConnectionTrait,
    roots: &[PatientId],
) -> Result<HashMap<PatientId, PatientId>, DbErr> {
    let rows: Vec<(Uuid, Option<Uuid>)> = patient::Entity::find()
        .select_only()
        .columns([patient::Column::Id, patient::Column::MergedInto])
        .filter(patient::Column::MergedInto.is_in(roots.iter().map(|id| id.uuid())))
        .into_tuple()
        .all(connection)
        .await?;
    let duplicates = rows
        .into_iter()
        .filter_map(|(id, root)| Some((id.into(), root?.into())));
    Ok(roots
        .iter()
        .map(|root| (*root, *root))
        .chain(duplicates)
        .collect())
}

/// Locks some records and those that stand for their persons, in the order of their ids, and says which stand for which.
/// Records join and leave a person only under the lock of the one that stands for it, so the answer holds until the
/// transaction ends.
pub(crate) async fn lock_standing(
    tx: &Transaction,
    ids: &[PatientId],
) -> Result<HashMap<PatientId, PatientId>, Fault> {
    const ATTEMPTS: usize = 8;
    for _ in 0..ATTEMPTS {
        let expected = standing(&**tx, ids).await?;
        let concerned: BTreeSet<PatientId> = expected.iter().flat_map(|(id, root)| [*id, *root]).collect();
        patient::Entity::find()
            .select_only()
            .column(patient::Column::Id)
            .filter(patient::Column::Id.is_in(concerned.into_iter().map(Id::uuid)))
            .order_by_asc(patient::Column::Id)
            .lock_exclusive()
            .into_tuple::<Uuid>()
            .all(&**tx)
            .await?;
        // Somebody else may have put records together while this waited.
        let found = standing(&**tx, ids).await?;
        if found == expected {
            return Ok(found);
        }
    }
    Err(Fault::new(
        "a patient could not be locked",
        "its records kept being put together and parted",
    ))
}

/// All records of a person, by id. The one that stands for it must be locked.
pub(crate) async fn records(
    tx: &Transaction,
    cipher: &FieldCipher,
    root: PatientId,
) -> Result<Vec<Patient>, Fault> {
    let which = Condition::any()
        .add(patient::Column::Id.eq(root.uuid()))
        .add(patient::Column::MergedInto.eq(root.uuid()));
    let rows = patient::Entity::find()
        .filter(which)
        .order_by_asc(patient::Column::Id)
        .all(&**tx)
        .await?;
    with_guardians(&**tx, cipher, rows).await
}

/// Some records on nobody's behalf, for telling what they are.
pub(crate) async fn some(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    ids: &[PatientId],
) -> Result<HashMap<PatientId, Patient>, Fault> {
    let rows = patient::Entity::find()
        .filter(patient::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .all(connection)
        .await?;
    let patients = with_guardians(connection, cipher, rows).await?;
    Ok(patients
        .into_iter()
        .map(|patient| (patient.id, patient))
        .collect())
}

/// Lets records point to the one that stands for their person, or stand for themselves.
pub(crate) async fn point(
    tx: &Transaction,
    records: &[PatientId],
    to: Option<PatientId>,
) -> Result<(), DbErr> {
    if records.is_empty() {
        return Ok(());
    }
    patient::Entity::update_many()
        .set(patient::ActiveModel {
            merged_into: Set(to.map(Id::uuid)),
            ..Default::default()
        })
        .filter(patient::Column::Id.is_in(records.iter().map(|id| id.uuid())))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Records whose match keys were made in an older way, at most `most`.
pub(crate) async fn outdated(
    connection: &impl ConnectionTrait,
    version: i16,
    most: u64,
) -> Result<Vec<PatientId>, DbErr> {
    let ids: Vec<Uuid> = patient::Entity::find()
        .select_only()
        .column(patient::Column::Id)
        .filter(patient::Column::MatchVersion.lt(version))
        .order_by_asc(patient::Column::Id)
        .limit(most)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(ids.into_iter().map(PatientId::from).collect())
}

/// Notes in which way a record's match keys were made.
pub(crate) async fn mark_matched(tx: &Transaction, id: PatientId, version: i16) -> Result<(), DbErr> {
    patient::Entity::update_many()
        .set(patient::ActiveModel {
            match_version: Set(version),
            ..Default::default()
        })
        .filter(patient::Column::Id.eq(id.uuid()))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Records that name one of these accounts as guardian, by id.
pub(crate) async fn wards(
    tx: &Transaction,
    cipher: &FieldCipher,
    guardians: &[UserId],
) -> Result<Vec<Patient>, Fault> {
    use super::rows::guardian as row;
    let ids: Vec<Uuid> = row::Entity::find()
        .select_only()
        .column(row::Column::PatientId)
        .distinct()
        .filter(row::Column::GuardianId.is_in(guardians.iter().map(|guardian| guardian.uuid())))
        .into_tuple()
        .all(&**tx)
        .await?;
    let ids: Vec<PatientId> = ids.into_iter().map(PatientId::from).collect();
    let mut wards: Vec<Patient> = some(&**tx, cipher, &ids).await?.into_values().collect();
    wards.sort_by_key(|ward| ward.id);
    Ok(wards)
}

/// Ends a guardianship that records beside the one that stands for the person name.
pub(crate) async fn drop_guardian(
    tx: &Transaction,
    records: &[PatientId],
    guardian: UserId,
) -> Result<(), DbErr> {
    use super::rows::guardian as row;
    row::Entity::delete_many()
        .filter(row::Column::PatientId.is_in(records.iter().map(|id| id.uuid())))
        .filter(row::Column::GuardianId.eq(guardian.uuid()))
        .exec(&**tx)
        .await?;
    Ok(())
}

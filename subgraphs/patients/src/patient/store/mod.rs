//! The tables `patients`, `patient_guardians`, `patient_name_tokens` and `patient_mrn_counter`.
//!
//! **Invariant:** every read on somebody's behalf goes through a condition of [`reach`]; there is no way around it by which
//! a caller could see that a patient exists.

mod clear;
mod listing;
mod mapping;
mod names;
mod person;
mod reach;
mod rows;

pub(crate) use clear::{in_the_clear, seal};
pub use listing::{ListFilter, ListKey};
pub(crate) use listing::{list, own};
pub(crate) use person::{
    drop_guardian, lock_standing, mark_matched, outdated, point, records, some, standing, together, wards,
};

use super::model::Patient;
use super::mrn::Mrn;
use super::viewer::Viewer;
use crate::duplicate::store as duplicates;
use caregraph_contracts::ids::{Id, PatientId, UserId};
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::database::Transaction;
use caregraph_kit::failure::Fault;
use chrono::{DateTime, Utc};
use mapping::{Member, from_rows, guardian_rows, to_row};
use names::NAMES;
use rows::{counter, guardian, patient};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeSet, HashMap};

/// Draws the next medical record number. The counter's row stays locked until the transaction ends, so numbers have
/// gaps only where a registration fails after this, and none is given twice.
pub(crate) async fn draw_mrn(tx: &Transaction) -> Result<Mrn, DbErr> {
    counter::Entity::update_many()
        .col_expr(counter::Column::Last, Expr::col(counter::Column::Last).add(1))
        .filter(counter::Column::Id.eq(1))
        .exec(&**tx)
        .await?;
    let row = counter::Entity::find_by_id(1).one(&**tx).await?;
    let last = row
        .ok_or_else(|| DbErr::RecordNotFound("the medical record number counter".to_owned()))?
        .last;
    Ok(Mrn::from_counter(last.unsigned_abs()))
}

/// Opens a record.
pub(crate) async fn insert(tx: &Transaction, cipher: &FieldCipher, patient: &Patient) -> Result<(), Fault> {
    let row = to_row(cipher, patient)?.into_active_model().reset_all();
    patient::Entity::insert(row).exec_without_returning(&**tx).await?;
    insert_guardians(tx, patient).await?;
    keep_findable(tx, cipher, patient).await
}

/// Keeps a changed record, one version further. The row must have been locked by [`load_for_update`] or [`lock`], and
/// still have the version the patient was read with; `false` when it has not.
pub(crate) async fn save(
    tx: &Transaction,
    cipher: &FieldCipher,
    patient: &mut Patient,
    now: DateTime<Utc>,
) -> Result<bool, Fault> {
    let read = patient.version;
    patient.version += 1;
    patient.updated_at = now;
    let id = patient.id.uuid();
    let row = to_row(cipher, patient)?.into_active_model().reset_all();
    let written = patient::Entity::update_many()
        .set(row)
        .filter(patient::Column::Id.eq(id))
        .filter(patient::Column::Version.eq(read))
        .exec(&**tx)
        .await?;
    if written.rows_affected == 0 {
        return Ok(false);
    }
    let kept = guardian::Entity::find()
        .filter(guardian::Column::PatientId.eq(id))
        .all(&**tx)
        .await?;
    if kept.len() != patient.guardians.len() || guardian_rows(patient).any(|row| !kept.contains(&row)) {
        guardian::Entity::delete_many()
            .filter(guardian::Column::PatientId.eq(id))
            .exec(&**tx)
            .await?;
        insert_guardians(tx, patient).await?;
    }
    keep_findable(tx, cipher, patient).await?;
    Ok(true)
}

/// Keeps by what a record is found: by name, and as one of somebody's two.
async fn keep_findable(tx: &Transaction, cipher: &FieldCipher, patient: &Patient) -> Result<(), Fault> {
    let name = &patient.profile.identification;
    NAMES
        .keep(
            &**tx,
            cipher,
            patient.id.uuid(),
            &name.family_name,
            &name.given_name,
        )
        .await?;
    duplicates::keep_keys(tx, cipher, patient).await
}

/// For how many patients an account acts.
pub(crate) async fn count_dependants(tx: &Transaction, user: UserId) -> Result<u64, DbErr> {
    guardian::Entity::find()
        .filter(guardian::Column::GuardianId.eq(user.uuid()))
        .count(&**tx)
        .await
}

async fn insert_guardians(tx: &Transaction, patient: &Patient) -> Result<(), DbErr> {
    let rows: Vec<_> = guardian_rows(patient)
        .map(|row| row.into_active_model().reset_all())
        .collect();
    if !rows.is_empty() {
        guardian::Entity::insert_many(rows)
            .exec_without_returning(&**tx)
            .await?;
    }
    Ok(())
}

/// A patient whom `viewer` may see, locked for a change. The id of a duplicate gives the record that stands for the person.
pub(crate) async fn load_for_update(
    tx: &Transaction,
    cipher: &FieldCipher,
    viewer: Viewer,
    id: PatientId,
    now: DateTime<Utc>,
) -> Result<Option<Patient>, Fault> {
    let Some(root) = lock_standing(tx, &[id]).await?.remove(&id) else {
        return Ok(None);
    };
    load_locked(
        tx,
        cipher,
        reach::visible_to(viewer, now).add(patient::Column::Id.eq(root.uuid())),
    )
    .await
}

/// A record on nobody's behalf, locked for a reaction to an event, whether or not it is a duplicate.
pub(crate) async fn lock(
    tx: &Transaction,
    cipher: &FieldCipher,
    id: PatientId,
) -> Result<Option<Patient>, Fault> {
    lock_standing(tx, &[id]).await?;
    load_locked(
        tx,
        cipher,
        Condition::all().add(patient::Column::Id.eq(id.uuid())),
    )
    .await
}

async fn load_locked(
    tx: &Transaction,
    cipher: &FieldCipher,
    which: Condition,
) -> Result<Option<Patient>, Fault> {
    let row = patient::Entity::find()
        .filter(which)
        .lock_exclusive()
        .one(&**tx)
        .await?;
    Ok(with_guardians(&**tx, cipher, row.into_iter().collect())
        .await?
        .pop())
}

/// Those of some patients whom `viewer` may see, by the ids that were asked for: the id of a duplicate gives the record that
/// stands for the person.
pub(crate) async fn visible(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    viewer: Viewer,
    ids: &[PatientId],
    now: DateTime<Utc>,
) -> Result<HashMap<PatientId, Patient>, Fault> {
    let standing = standing(connection, ids).await?;
    let roots: BTreeSet<Uuid> = standing.values().map(|root| root.uuid()).collect();
    if roots.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = patient::Entity::find()
        .filter(patient::Column::Id.is_in(roots))
        .filter(reach::visible_to(viewer, now))
        .all(connection)
        .await?;
    let patients = with_guardians(connection, cipher, rows).await?;
    let by_id: HashMap<PatientId, Patient> = patients
        .into_iter()
        .map(|patient| (patient.id, patient))
        .collect();
    Ok(standing
        .into_iter()
        .filter_map(|(id, root)| Some((id, by_id.get(&root)?.clone())))
        .collect())
}

/// Rows as patients, in the same order.
async fn with_guardians(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    rows: Vec<patient::Model>,
) -> Result<Vec<Patient>, Fault> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let members = members(connection, &rows).await?;
    let guardians = guardian::Entity::find()
        .filter(guardian::Column::PatientId.is_in(members.iter().map(|member| member.id)))
        .order_by_asc(guardian::Column::Since)
        .order_by_asc(guardian::Column::GuardianId)
        .all(connection)
        .await?;
    from_rows(cipher, rows, guardians, &members)
}

/// All records of the persons behind some rows, by id.
async fn members(connection: &impl ConnectionTrait, rows: &[patient::Model]) -> Result<Vec<Member>, DbErr> {
    let roots: BTreeSet<Uuid> = rows.iter().map(|row| row.merged_into.unwrap_or(row.id)).collect();
    let which = Condition::any()
        .add(patient::Column::Id.is_in(roots.iter().copied()))
        .add(patient::Column::MergedInto.is_in(roots));
    let found: Vec<(Uuid, bool, Option<Uuid>)> = patient::Entity::find()
        .select_only()
        .columns([
            patient::Column::Id,
            patient::Column::HasAccount,
            patient::Column::MergedInto,
        ])
        .filter(which)
        .order_by_asc(patient::Column::Id)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(found
        .into_iter()
        .map(|(id, has_account, merged_into)| Member {
            id,
            has_account,
            merged_into,
        })
        .collect())
}

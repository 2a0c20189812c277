//! Taking in what other domains tell. `position` is the event's place in its domain's log: facts that are older than
//! what is known already change nothing, so an event that was parked and comes late does no harm.
//!
//! Each function answers whether anything changed that decides which times are offered.

use super::lock_persons;
use super::rows::{guardian, location, patient, practitioner, suspension};
use caregraph_contracts::events::{LocationFacts, PatientFacts, PractitionerFacts};
use caregraph_contracts::ids::{Id, PatientId, PractitionerId, UserId};
use caregraph_kit::Fault;
use caregraph_kit::database::Transaction;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
};

/// Keeps a practitioner's facts.
pub async fn keep_practitioner(
    connection: &impl ConnectionTrait,
    facts: &PractitionerFacts,
    position: i64,
) -> Result<bool, DbErr> {
    let row = practitioner::Model {
        id: facts.practitioner_id.uuid(),
        display_name: facts.display_name.clone(),
        licence_expires_on: facts.licence_expires_on,
        accepting_new: facts.accepting_new_patients,
        active: facts.active,
        locations: serde_json::to_string(&facts.locations).map_err(|error| DbErr::Json(error.to_string()))?,
        position,
    };
    let known = practitioner::Entity::find_by_id(row.id).one(connection).await?;
    let Some(known) = known else {
        practitioner::Entity::insert(row.into_active_model())
            .exec_without_returning(connection)
            .await?;
        return Ok(true);
    };
    if known.position >= position {
        return Ok(false);
    }
    let decisive = |row: &practitioner::Model| (row.licence_expires_on, row.accepting_new, row.active);
    let changed = decisive(&known) != decisive(&row);
    practitioner::Entity::update(row.into_active_model().reset_all())
        .exec(connection)
        .await?;
    Ok(changed)
}

/// Notes that a practitioner no longer gives care.
pub async fn deactivate_practitioner(
    connection: &impl ConnectionTrait,
    id: PractitionerId,
    position: i64,
) -> Result<bool, DbErr> {
    let Some(known) = practitioner::Entity::find_by_id(id.uuid())
        .one(connection)
        .await?
    else {
        return Ok(false);
    };
    if known.position >= position {
        return Ok(false);
    }
    let changed = known.active;
    let mut row = known.into_active_model();
    row.active = Set(false);
    row.position = Set(position);
    row.update(connection).await?;
    Ok(changed)
}

/// Keeps a location's facts. The zone must be one that we know.
pub async fn keep_location(
    connection: &impl ConnectionTrait,
    facts: &LocationFacts,
    position: i64,
) -> Result<bool, DbErr> {
    let row = location::Model {
        id: facts.location_id.uuid(),
        name: facts.name.clone(),
        time_zone: facts.time_zone.clone(),
        active: facts.active,
        position,
    };
    let known = location::Entity::find_by_id(row.id).one(connection).await?;
    let Some(known) = known else {
        location::Entity::insert(row.into_active_model())
            .exec_without_returning(connection)
            .await?;
        return Ok(true);
    };
    if known.position >= position {
        return Ok(false);
    }
    let changed = (known.active, &known.time_zone) != (row.active, &row.time_zone);
    location::Entity::update(row.into_active_model().reset_all())
        .exec(connection)
        .await?;
    Ok(changed)
}

/// Keeps a patient's facts and guardians.
pub async fn keep_patient(
    connection: &impl ConnectionTrait,
    facts: &PatientFacts,
    position: i64,
) -> Result<(), DbErr> {
    let id = facts.patient_id.uuid();
    let known = patient::Entity::find_by_id(id).one(connection).await?;
    if known.as_ref().is_some_and(|known| known.position >= position) {
        return Ok(());
    }
    let row = patient::Model {
        id,
        user_id: facts.user_id.map(Id::uuid),
        deceased: facts.deceased,
        merged_into: known.as_ref().and_then(|known| known.merged_into),
        position,
    };
    if known.is_some() {
        patient::Entity::update(row.into_active_model().reset_all())
            .exec(connection)
            .await?;
        guardian::Entity::delete_many()
            .filter(guardian::Column::PatientId.eq(id))
            .exec(connection)
            .await?;
    } else {
        patient::Entity::insert(row.into_active_model())
            .exec_without_returning(connection)
            .await?;
    }
    let mut users: Vec<_> = facts.guardians.iter().map(|user| user.uuid()).collect();
    users.sort_unstable();
    users.dedup();
    if !users.is_empty() {
        let rows = users.into_iter().map(|user_id| guardian::ActiveModel {
            patient_id: Set(id),
            user_id: Set(user_id),
        });
        guardian::Entity::insert_many(rows)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Notes that a patient's record was a duplicate: what is booked for it from now on is booked for the one that stands for
/// the person. Waits for bookings that are being made for either of them.
pub async fn merge_patients(tx: &Transaction, merged: PatientId, surviving: PatientId) -> Result<(), Fault> {
    lock_persons(tx, &[merged, surviving]).await?;
    patient::Entity::update_many()
        .set(patient::ActiveModel {
            merged_into: Set(Some(surviving.uuid())),
            ..Default::default()
        })
        .filter(patient::Column::Id.eq(merged.uuid()))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Notes that a patient's record stands for itself again. Where it points to another one than `surviving`, it was put to that
/// one since, and stays. Waits for bookings that are being made for either of them.
pub async fn unmerge_patients(
    tx: &Transaction,
    merged: PatientId,
    surviving: PatientId,
) -> Result<(), Fault> {
    lock_persons(tx, &[merged, surviving]).await?;
    patient::Entity::update_many()
        .set(patient::ActiveModel {
            merged_into: Set(None),
            ..Default::default()
        })
        .filter(patient::Column::Id.eq(merged.uuid()))
        .filter(patient::Column::MergedInto.eq(surviving.uuid()))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Notes whether an account is suspended. Kept for every account, because nobody says that the practitioner's facts
/// arrive before the suspension.
pub async fn keep_suspension(
    connection: &impl ConnectionTrait,
    user: UserId,
    suspended: bool,
    position: i64,
) -> Result<bool, DbErr> {
    let row = suspension::Model {
        user_id: user.uuid(),
        suspended,
        position,
    };
    let known = suspension::Entity::find_by_id(row.user_id)
        .one(connection)
        .await?;
    let Some(known) = known else {
        suspension::Entity::insert(row.into_active_model())
            .exec_without_returning(connection)
            .await?;
        return Ok(suspended);
    };
    if known.position >= position {
        return Ok(false);
    }
    suspension::Entity::update(row.into_active_model().reset_all())
        .exec(connection)
        .await?;
    Ok(known.suspended != suspended)
}

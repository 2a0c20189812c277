//! Looking up what other domains told, for one or for many at once.

mod keep;
mod persons;
mod rows;

pub use keep::{
    deactivate_practitioner, keep_location, keep_patient, keep_practitioner, keep_suspension, merge_patients,
    unmerge_patients,
};
pub use persons::{acted_for_by, lock_person, lock_persons, person, persons};

use super::{Location, Practitioner};
use caregraph_contracts::ids::{Id, LocationId, PatientId, PractitionerId, UserId};
use rows::{guardian, location as location_row, practitioner as practitioner_row, suspension};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// One practitioner.
pub async fn practitioner(
    connection: &impl ConnectionTrait,
    id: PractitionerId,
) -> Result<Option<Practitioner>, DbErr> {
    Ok(practitioners(connection, &[id]).await?.remove(&id))
}

/// Several practitioners; unknown ones are left out.
pub async fn practitioners(
    connection: &impl ConnectionTrait,
    ids: &[PractitionerId],
) -> Result<HashMap<PractitionerId, Practitioner>, DbErr> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = practitioner_row::Entity::find()
        .filter(practitioner_row::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .all(connection)
        .await?;
    let suspended: HashSet<Uuid> = suspension::Entity::find()
        .filter(suspension::Column::UserId.is_in(ids.iter().map(|id| id.uuid())))
        .filter(suspension::Column::Suspended.eq(true))
        .all(connection)
        .await?
        .into_iter()
        .map(|row| row.user_id)
        .collect();
    rows.into_iter()
        .map(|row| {
            let practitioner = Practitioner {
                id: row.id.into(),
                display_name: row.display_name,
                licence_expires_on: row.licence_expires_on,
                accepting_new: row.accepting_new,
                active: row.active && !suspended.contains(&row.id),
                locations: serde_json::from_str(&row.locations)
                    .map_err(|error| DbErr::Json(error.to_string()))?,
            };
            Ok((practitioner.id, practitioner))
        })
        .collect()
}

/// One location.
pub async fn location(connection: &impl ConnectionTrait, id: LocationId) -> Result<Option<Location>, DbErr> {
    Ok(locations(connection, &[id]).await?.remove(&id))
}

/// Several locations; unknown ones are left out.
pub async fn locations(
    connection: &impl ConnectionTrait,
    ids: &[LocationId],
) -> Result<HashMap<LocationId, Location>, DbErr> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = location_row::Entity::find()
        .filter(location_row::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .all(connection)
        .await?;
    rows.into_iter()
        .map(|row| {
            // Only names of zones that we know are ever written.
            let time_zone = row
                .time_zone
                .parse()
                .map_err(|_| DbErr::Type(format!("time zone {}", row.time_zone)))?;
            let location = Location {
                id: row.id.into(),
                name: row.name,
                time_zone,
                active: row.active,
            };
            Ok((location.id, location))
        })
        .collect()
}

/// The accounts that act for a patient by one record, the record's own not included.
pub async fn guardians_of(
    connection: &impl ConnectionTrait,
    patient: PatientId,
) -> Result<Vec<UserId>, DbErr> {
    let users: Vec<Uuid> = guardian::Entity::find()
        .select_only()
        .column(guardian::Column::UserId)
        .filter(guardian::Column::PatientId.eq(patient.uuid()))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(users.into_iter().map(UserId::from).collect())
}

/// The records that name an account as guardian. Its own is not included, nor are other records of the same persons: see
/// [`acted_for_by`].
pub async fn patients_of_guardian(
    connection: &impl ConnectionTrait,
    user: UserId,
) -> Result<Vec<PatientId>, DbErr> {
    let patients: Vec<Uuid> = guardian::Entity::find()
        .select_only()
        .column(guardian::Column::PatientId)
        .filter(guardian::Column::UserId.eq(user.uuid()))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(patients.into_iter().map(PatientId::from).collect())
}

/// Everybody who takes no bookings: no longer works here, or the account is suspended.
pub async fn not_working(connection: &impl ConnectionTrait) -> Result<Vec<PractitionerId>, DbErr> {
    let suspended = Query::select()
        .column(suspension::Column::UserId)
        .from(suspension::Entity)
        .and_where(suspension::Column::Suspended.eq(true))
        .to_owned();
    let either = Condition::any()
        .add(practitioner_row::Column::Active.eq(false))
        .add(practitioner_row::Column::Id.in_subquery(suspended));
    let found: Vec<Uuid> = practitioner_row::Entity::find()
        .select_only()
        .column(practitioner_row::Column::Id)
        .filter(either)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(found.into_iter().map(PractitionerId::from).collect())
}

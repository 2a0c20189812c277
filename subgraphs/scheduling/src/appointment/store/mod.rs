//! Rows of appointments.

mod days;
mod listing;
mod mapping;

pub use days::{agenda, overlapping};
pub use listing::{Filter, ListKey, Reach, page};
pub(super) use mapping::{status_of, status_text};

use super::model::Appointment;
use super::status::{ALL_STATUSES, occupies};
use caregraph_contracts::events::AppointmentStatus;
use caregraph_contracts::ids::{AppointmentId, Id, PatientId, PractitionerId};
use caregraph_kit::Fault;
use caregraph_kit::crypto::FieldCipher;
use mapping::{from_row, to_row};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "appointments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub patient_id: Uuid,
        pub practitioner_id: Uuid,
        pub service_id: Uuid,
        pub location_id: Option<Uuid>,
        pub time_zone: String,
        pub starts_at: Instant,
        pub ends_at: Instant,
        pub occupied_from: Instant,
        pub occupied_to: Instant,
        pub status: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub reason: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub note_for_doctor: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub doctors_notes: Option<String>,
        pub booked_by: Uuid,
        pub booked_at: Instant,
        pub revision: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Stores a new appointment.
pub async fn insert(
    tx: &DatabaseTransaction,
    cipher: &FieldCipher,
    appointment: &Appointment,
) -> Result<(), DbErr> {
    row::Entity::insert(to_row(cipher, appointment))
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Stores a changed appointment. The caller holds its row by [`load_for_update`].
pub async fn save(
    tx: &DatabaseTransaction,
    cipher: &FieldCipher,
    appointment: &Appointment,
) -> Result<(), DbErr> {
    to_row(cipher, appointment).update(tx).await?;
    Ok(())
}

/// An appointment with its row locked until the transaction ends.
pub async fn load_for_update(
    tx: &DatabaseTransaction,
    cipher: &FieldCipher,
    id: AppointmentId,
) -> Result<Option<Appointment>, Fault> {
    let found = row::Entity::find_by_id(id.uuid())
        .lock_exclusive()
        .one(tx)
        .await?;
    found.map(|row| from_row(cipher, row)).transpose()
}

/// Several appointments by id, in no particular order; unknown ones are left out.
pub async fn find_many(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    ids: &[AppointmentId],
) -> Result<Vec<Appointment>, Fault> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = ids.iter().map(|id| id.uuid());
    let rows = row::Entity::find()
        .filter(row::Column::Id.is_in(ids))
        .all(connection)
        .await?;
    rows.into_iter().map(|row| from_row(cipher, row)).collect()
}

/// All appointments that were booked for some records, by id.
pub async fn of_patients(
    connection: &impl ConnectionTrait,
    patients: &[PatientId],
) -> Result<Vec<AppointmentId>, DbErr> {
    let ids: Vec<Uuid> = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::PatientId.is_in(patients.iter().map(|id| id.uuid())))
        .order_by_asc(row::Column::Id)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(ids.into_iter().map(AppointmentId::from).collect())
}

/// Whether somebody with these records has, or had, a visit with a practitioner that was not called off.
pub async fn has_met(
    connection: &impl ConnectionTrait,
    practitioner: PractitionerId,
    records: &[PatientId],
) -> Result<bool, DbErr> {
    let found: Option<Uuid> = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::PatientId.is_in(records.iter().map(|id| id.uuid())))
        .filter(row::Column::PractitionerId.eq(practitioner.uuid()))
        .filter(row::Column::Status.is_in(occupying()))
        .into_tuple()
        .one(connection)
        .await?;
    Ok(found.is_some())
}

/// States in which a visit still has to take place and may be moved.
pub const OPEN: [AppointmentStatus; 2] = [AppointmentStatus::Pending, AppointmentStatus::Confirmed];

fn occupying() -> impl Iterator<Item = &'static str> {
    ALL_STATUSES
        .iter()
        .filter(|status| occupies(**status))
        .map(|status| status_text(*status))
}

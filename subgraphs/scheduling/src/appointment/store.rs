//! Rows of appointments. Clinical texts are sealed before they come here and opened when they leave.

use super::model::{Appointment, ClinicalTexts, Visit};
use super::status::{ALL_STATUSES, occupies};
use crate::medical_service::Timing;
use caregraph_contracts::events::AppointmentStatus;
use caregraph_contracts::ids::{AppointmentId, Id, MedicalServiceId, PatientId, PractitionerId};
use caregraph_kit::Fault;
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::database::{Instant, behind_ascending};
use caregraph_kit::graphql::PageArgs;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr,
    EntityTrait, QueryFilter, QueryOrder, QuerySelect,
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

/// Key by which lists are sorted: beginning in microseconds, then id.
pub type ListKey = (i64, Uuid);

/// Whose appointments a list may hold at all.
#[derive(Debug, Clone)]
pub enum Reach {
    /// Everybody's.
    All,
    /// Those of some patients, and those with one practitioner.
    Own {
        /// All records of oneself and of one's dependants.
        patients: Vec<PatientId>,
        /// Oneself as a practitioner.
        practitioner: PractitionerId,
    },
}

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// With one of these practitioners.
    pub practitioners: Option<Vec<PractitionerId>>,
    /// Of one of these patients.
    pub patients: Option<Vec<PatientId>>,
    /// In one of these states; empty means any.
    pub statuses: Vec<AppointmentStatus>,
    /// Beginning at or after.
    pub from: Option<DateTime<Utc>>,
    /// Beginning before.
    pub to: Option<DateTime<Utc>>,
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

/// A page of appointments by beginning, then id.
pub async fn page(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    (reach, filter): (&Reach, &Filter),
    page: &PageArgs<ListKey>,
) -> Result<Vec<(ListKey, Appointment)>, Fault> {
    let mut query = row::Entity::find().filter(narrowed(filter));
    match reach {
        Reach::All => {}
        Reach::Own {
            patients,
            practitioner,
        } => {
            let own = Condition::any()
                .add(row::Column::PatientId.is_in(patients.iter().map(|id| id.uuid())))
                .add(row::Column::PractitionerId.eq(practitioner.uuid()));
            query = query.filter(own);
        }
    }
    if let Some((start, id)) = page.after {
        query = query.filter(behind_ascending(
            (row::Column::StartsAt, Instant(start)),
            (row::Column::Id, id),
        ));
    }
    let rows = query
        .order_by_asc(row::Column::StartsAt)
        .order_by_asc(row::Column::Id)
        .limit(page.limit())
        .all(connection)
        .await?;
    rows.into_iter()
        .map(|row| Ok(((row.starts_at.0, row.id), from_row(cipher, row)?)))
        .collect()
}

/// A practitioner's appointments that keep some of `from..to` busy (cancelled ones and no-shows do not), by beginning.
pub async fn agenda(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    practitioner: PractitionerId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Appointment>, Fault> {
    let rows = row::Entity::find()
        .filter(row::Column::PractitionerId.eq(practitioner.uuid()))
        .filter(row::Column::EndsAt.gt(Instant::from(from)))
        .filter(starting(from, Timing::LONGEST_VISIT, to, TimeDelta::zero()))
        .filter(row::Column::Status.is_in(occupying()))
        .order_by_asc(row::Column::StartsAt)
        .order_by_asc(row::Column::Id)
        .all(connection)
        .await?;
    rows.into_iter().map(|row| from_row(cipher, row)).collect()
}

/// Appointments of a practitioner that still have to take place and overlap `from..to`, buffers included, by beginning.
/// An absence in this time hits them.
pub async fn overlapping(
    connection: &impl ConnectionTrait,
    practitioner: PractitionerId,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<AppointmentId>, DbErr> {
    let ids: Vec<Uuid> = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::PractitionerId.eq(practitioner.uuid()))
        .filter(row::Column::OccupiedFrom.lt(Instant::from(to)))
        .filter(row::Column::OccupiedTo.gt(Instant::from(from)))
        .filter(starting(
            from,
            Timing::LONGEST_VISIT + Timing::LONGEST_BUFFER,
            to,
            Timing::LONGEST_BUFFER,
        ))
        .filter(row::Column::Status.is_in(OPEN.iter().map(|status| status_text(*status))))
        .order_by_asc(row::Column::StartsAt)
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

/// Beginning later than `before` ahead of `from`, and earlier than `after` behind `to`: what ends says nothing about where in an index it
/// stands, so without this all of a practitioner's past would be read.
fn starting(from: DateTime<Utc>, before: TimeDelta, to: DateTime<Utc>, after: TimeDelta) -> Condition {
    let earliest = from.checked_sub_signed(before).unwrap_or(from);
    let latest = to.checked_add_signed(after).unwrap_or(to);
    Condition::all()
        .add(row::Column::StartsAt.gt(Instant::from(earliest)))
        .add(row::Column::StartsAt.lt(Instant::from(latest)))
}

fn narrowed(filter: &Filter) -> Condition {
    let statuses = (!filter.statuses.is_empty())
        .then(|| row::Column::Status.is_in(filter.statuses.iter().map(|status| status_text(*status))));
    Condition::all()
        .add_option(
            filter
                .practitioners
                .as_ref()
                .map(|ids| row::Column::PractitionerId.is_in(ids.iter().map(|id| id.uuid()))),
        )
        .add_option(
            filter
                .patients
                .as_ref()
                .map(|ids| row::Column::PatientId.is_in(ids.iter().map(|id| id.uuid()))),
        )
        .add_option(statuses)
        .add_option(
            filter
                .from
                .map(|from| row::Column::StartsAt.gte(Instant::from(from))),
        )
        .add_option(filter.to.map(|to| row::Column::StartsAt.lt(Instant::from(to))))
}

fn occupying() -> impl Iterator<Item = &'static str> {
    ALL_STATUSES
        .iter()
        .filter(|status| occupies(**status))
        .map(|status| status_text(*status))
}

/// How a status stands in a column.
pub(super) const fn status_text(status: AppointmentStatus) -> &'static str {
    match status {
        AppointmentStatus::Pending => "PENDING",
        AppointmentStatus::Confirmed => "CONFIRMED",
        AppointmentStatus::CheckedIn => "CHECKED_IN",
        AppointmentStatus::Completed => "COMPLETED",
        AppointmentStatus::CancelledPatient => "CANCELLED_PATIENT",
        AppointmentStatus::CancelledDoctor => "CANCELLED_DOCTOR",
        AppointmentStatus::NoShow => "NO_SHOW",
    }
}

/// Reads what [`status_text`] wrote.
pub(super) fn status_of(text: &str) -> Result<AppointmentStatus, Fault> {
    ALL_STATUSES
        .iter()
        .copied()
        .find(|status| status_text(*status) == text)
        .ok_or_else(|| Fault::new("an appointment's row is damaged", format!("status `{text}`")))
}

fn place(id: Uuid, field: &str) -> FieldRef<'_> {
    FieldRef {
        table: "appointments",
        record: id,
        field,
    }
}

fn to_row(cipher: &FieldCipher, appointment: &Appointment) -> row::ActiveModel {
    let id = appointment.id.uuid();
    let seal = |field, text: &Option<String>| text.as_deref().map(|text| cipher.seal(place(id, field), text));
    let visit = &appointment.visit;
    row::ActiveModel {
        id: Set(id),
        patient_id: Set(appointment.patient_id.uuid()),
        practitioner_id: Set(visit.practitioner_id.uuid()),
        service_id: Set(appointment.service_id.uuid()),
        location_id: Set(visit.location_id.map(Id::uuid)),
        time_zone: Set(visit.time_zone.name().to_owned()),
        starts_at: Set(visit.start.into()),
        ends_at: Set(visit.end.into()),
        occupied_from: Set(visit.occupied_from.into()),
        occupied_to: Set(visit.occupied_to.into()),
        status: Set(status_text(appointment.status).to_owned()),
        reason: Set(seal("reason", &appointment.texts.reason)),
        note_for_doctor: Set(seal("note_for_doctor", &appointment.texts.note_for_doctor)),
        doctors_notes: Set(seal("doctors_notes", &appointment.texts.doctors_notes)),
        booked_by: Set(appointment.booked_by.uuid()),
        booked_at: Set(appointment.booked_at.into()),
        revision: Set(appointment.revision),
    }
}

fn from_row(cipher: &FieldCipher, row: row::Model) -> Result<Appointment, Fault> {
    let open = |field, sealed: Option<String>| {
        sealed
            .map(|sealed| cipher.open(place(row.id, field), &sealed))
            .transpose()
    };
    Ok(Appointment {
        id: row.id.into(),
        patient_id: row.patient_id.into(),
        service_id: MedicalServiceId::from(row.service_id),
        visit: Visit {
            practitioner_id: row.practitioner_id.into(),
            location_id: row.location_id.map(Into::into),
            time_zone: row.time_zone.parse().map_err(|error: chrono_tz::ParseError| {
                Fault::new("an appointment's row is damaged", error)
            })?,
            start: row.starts_at.into(),
            end: row.ends_at.into(),
            occupied_from: row.occupied_from.into(),
            occupied_to: row.occupied_to.into(),
        },
        status: status_of(&row.status)?,
        texts: ClinicalTexts {
            reason: open("reason", row.reason)?,
            note_for_doctor: open("note_for_doctor", row.note_for_doctor)?,
            doctors_notes: open("doctors_notes", row.doctors_notes)?,
        },
        booked_by: row.booked_by.into(),
        booked_at: row.booked_at.into(),
        revision: row.revision,
    })
}

//! Who has which cell.

use super::{Cell, Owner};
use caregraph_contracts::ids::{AppointmentId, HoldId, Id, PatientId, PractitionerId};
use caregraph_kit::database::{Instant, is_unique_violation};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
};
use sea_orm::{QueryFilter, QuerySelect};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

mod practitioner_cell {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "practitioner_cells")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub practitioner_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub cell: i64,
        pub owner_kind: String,
        pub owner_id: Uuid,
        pub expires_at: Option<Instant>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod patient_cell {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "patient_cells")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub patient_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub cell: i64,
        pub appointment_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Why cells could not be taken. After either the transaction must be rolled back: on `PostgreSQL` a broken constraint
/// has spoilt it already.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// Somebody else has at least one of them.
    #[error("the time is taken")]
    Taken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] DbErr),
}

/// The cells of each practitioner that are taken in `from..to`. Holds that have expired do not count. Practitioners
/// whose time is all free are left out.
///
/// Asks for the first and the last cell of each owner, a row for each visit instead of one for each five minutes: an owner's cells are
/// without a gap, because [`take`] takes an interval and [`free`] gives all of it back.
pub async fn taken(
    connection: &impl ConnectionTrait,
    practitioners: &[PractitionerId],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<HashMap<PractitionerId, BTreeSet<Cell>>, DbErr> {
    let mut taken: HashMap<PractitionerId, BTreeSet<Cell>> = HashMap::new();
    if practitioners.is_empty() || to <= from {
        return Ok(taken);
    }
    let rows: Vec<(Uuid, i64, i64)> = practitioner_cell::Entity::find()
        .select_only()
        .column(practitioner_cell::Column::PractitionerId)
        .column_as(practitioner_cell::Column::Cell.min(), "first")
        .column_as(practitioner_cell::Column::Cell.max(), "last")
        .filter(practitioner_cell::Column::PractitionerId.is_in(practitioners.iter().map(|id| id.uuid())))
        .filter(practitioner_cell::Column::Cell.gte(Cell::of(from).0))
        .filter(practitioner_cell::Column::Cell.lt(Cell::behind(to).0))
        .filter(alive(now))
        .group_by(practitioner_cell::Column::PractitionerId)
        .group_by(practitioner_cell::Column::OwnerId)
        .into_tuple()
        .all(connection)
        .await?;
    for (practitioner, first, last) in rows {
        let cells = (first..=last).map(Cell);
        taken.entry(practitioner.into()).or_default().extend(cells);
    }
    Ok(taken)
}

/// Takes a practitioner's cells in `from..to` for `owner`; for a hold, until `expires_at`. Cells of expired holds are
/// free to take. The primary key decides races: whoever comes second gets [`TakeError::Taken`].
pub async fn take(
    tx: &DatabaseTransaction,
    (practitioner, from, to): (PractitionerId, DateTime<Utc>, DateTime<Utc>),
    owner: Owner,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), TakeError> {
    // A look first: most losers of a race lose here, without waiting for anybody's lock.
    let cells: Vec<i64> = Cell::spanning(from, to).map(|cell| cell.0).collect();
    let present: Vec<(i64, Option<Instant>)> = practitioner_cell::Entity::find()
        .select_only()
        .column(practitioner_cell::Column::Cell)
        .column(practitioner_cell::Column::ExpiresAt)
        .filter(practitioner_cell::Column::PractitionerId.eq(practitioner.uuid()))
        .filter(practitioner_cell::Column::Cell.is_in(cells.iter().copied()))
        .into_tuple()
        .all(tx)
        .await?;
    if present
        .iter()
        .any(|(_, expires_at)| expires_at.is_none_or(|at| at > Instant::from(now)))
    {
        return Err(TakeError::Taken);
    }
    if !present.is_empty() {
        practitioner_cell::Entity::delete_many()
            .filter(practitioner_cell::Column::PractitionerId.eq(practitioner.uuid()))
            .filter(practitioner_cell::Column::Cell.is_in(present.iter().map(|(cell, _)| *cell)))
            .filter(practitioner_cell::Column::ExpiresAt.lte(Instant::from(now)))
            .exec(tx)
            .await?;
    }
    // In ascending order, so that two who want the same cells wait for each other in the same order.
    let rows = cells.into_iter().map(|cell| practitioner_cell::ActiveModel {
        practitioner_id: Set(practitioner.uuid()),
        cell: Set(cell),
        owner_kind: Set(owner.kind().to_owned()),
        owner_id: Set(owner.id()),
        expires_at: Set(expires_at.map(Instant::from)),
    });
    practitioner_cell::Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await
        .map_err(lost_or_broken)?;
    Ok(())
}

/// Takes a patient's cells in `from..to` for an appointment, if no other of the person's `records` is busy then. The
/// caller holds them by [`crate::directory::store::lock_person`]. Call it behind [`take`], never before, so that all
/// bookings lock in one order.
pub async fn take_for_patient(
    tx: &DatabaseTransaction,
    (patient, records): (PatientId, &[PatientId]),
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    appointment: AppointmentId,
) -> Result<(), TakeError> {
    if patient_is_busy(tx, records, (from, to)).await? {
        return Err(TakeError::Taken);
    }
    let rows = Cell::spanning(from, to).map(|cell| patient_cell::ActiveModel {
        patient_id: Set(patient.uuid()),
        cell: Set(cell.0),
        appointment_id: Set(appointment.uuid()),
    });
    patient_cell::Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await
        .map_err(lost_or_broken)?;
    Ok(())
}

/// The cells in `from..to` in which a person with these records has a visit.
pub async fn taken_by_patient(
    connection: &impl ConnectionTrait,
    records: &[PatientId],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<BTreeSet<Cell>, DbErr> {
    let cells: Vec<i64> = patient_cell::Entity::find()
        .select_only()
        .column(patient_cell::Column::Cell)
        .filter(of_person(records, (from, to)))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(cells.into_iter().map(Cell).collect())
}

/// Whether a person with these records has a visit in `from..to`.
pub async fn patient_is_busy(
    connection: &impl ConnectionTrait,
    records: &[PatientId],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<bool, DbErr> {
    let found = patient_cell::Entity::find()
        .filter(of_person(records, (from, to)))
        .one(connection)
        .await?;
    Ok(found.is_some())
}

/// Visits that keep the time of a person with these records at or after `since` while another one does too, by id. No
/// booking makes such a pair; records that are put together may bring one.
pub async fn clashing(
    connection: &impl ConnectionTrait,
    records: &[PatientId],
    since: DateTime<Utc>,
) -> Result<Vec<AppointmentId>, DbErr> {
    let rows: Vec<(i64, Uuid)> = patient_cell::Entity::find()
        .select_only()
        .column(patient_cell::Column::Cell)
        .column(patient_cell::Column::AppointmentId)
        .filter(patient_cell::Column::PatientId.is_in(records.iter().map(|id| id.uuid())))
        .filter(patient_cell::Column::Cell.gte(Cell::of(since).0))
        .into_tuple()
        .all(connection)
        .await?;
    let mut by_cell: HashMap<i64, Vec<Uuid>> = HashMap::new();
    for (cell, appointment) in rows {
        by_cell.entry(cell).or_default().push(appointment);
    }
    let shared = by_cell.into_values().filter(|visits| visits.len() > 1);
    let clashing: BTreeSet<Uuid> = shared.flatten().collect();
    Ok(clashing.into_iter().map(AppointmentId::from).collect())
}

/// Makes the cells of a hold those of an appointment. `false` when not all `expected` of them were there any more:
/// the hold had expired and somebody took them.
pub async fn hand_over(
    tx: &DatabaseTransaction,
    hold: HoldId,
    appointment: AppointmentId,
    expected: usize,
) -> Result<bool, DbErr> {
    let (from, to) = (Owner::Hold(hold), Owner::Appointment(appointment));
    let moved = practitioner_cell::Entity::update_many()
        .col_expr(practitioner_cell::Column::OwnerKind, Expr::value(to.kind()))
        .col_expr(practitioner_cell::Column::OwnerId, Expr::value(to.id()))
        .col_expr(practitioner_cell::Column::ExpiresAt, Expr::value(None::<i64>))
        .filter(practitioner_cell::Column::OwnerKind.eq(from.kind()))
        .filter(practitioner_cell::Column::OwnerId.eq(from.id()))
        .exec(tx)
        .await?;
    Ok(usize::try_from(moved.rows_affected).is_ok_and(|moved| moved == expected))
}

/// Gives back everything an owner has, the practitioner's cells and the patient's.
pub async fn free(tx: &DatabaseTransaction, owner: Owner) -> Result<(), DbErr> {
    practitioner_cell::Entity::delete_many()
        .filter(practitioner_cell::Column::OwnerKind.eq(owner.kind()))
        .filter(practitioner_cell::Column::OwnerId.eq(owner.id()))
        .exec(tx)
        .await?;
    match owner {
        Owner::Appointment(id) => {
            patient_cell::Entity::delete_many()
                .filter(patient_cell::Column::AppointmentId.eq(id.uuid()))
                .exec(tx)
                .await?;
        }
        // A hold keeps the practitioner's time only: the patient may still think it over.
        Owner::Hold(_) => {}
    }
    Ok(())
}

fn alive(now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(practitioner_cell::Column::ExpiresAt.is_null())
        .add(practitioner_cell::Column::ExpiresAt.gt(Instant::from(now)))
}

fn of_person(records: &[PatientId], (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Condition {
    Condition::all()
        .add(patient_cell::Column::PatientId.is_in(records.iter().map(|id| id.uuid())))
        .add(patient_cell::Column::Cell.gte(Cell::of(from).0))
        .add(patient_cell::Column::Cell.lt(Cell::behind(to).0))
}

fn lost_or_broken(error: DbErr) -> TakeError {
    if is_unique_violation(&error) {
        TakeError::Taken
    } else {
        TakeError::Store(error)
    }
}

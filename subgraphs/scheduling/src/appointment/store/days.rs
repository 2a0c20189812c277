//! Appointments by the time that they take.

use super::mapping::{from_row, status_text};
use super::{OPEN, occupying, row};
use crate::appointment::model::Appointment;
use crate::medical_service::Timing;
use caregraph_contracts::ids::{AppointmentId, Id, PractitionerId};
use caregraph_kit::Fault;
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::database::Instant;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

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

/// Beginning later than `before` ahead of `from`, and earlier than `after` behind `to`: what ends says nothing about where in an index it
/// stands, so without this all of a practitioner's past would be read.
fn starting(from: DateTime<Utc>, before: TimeDelta, to: DateTime<Utc>, after: TimeDelta) -> Condition {
    let earliest = from.checked_sub_signed(before).unwrap_or(from);
    let latest = to.checked_add_signed(after).unwrap_or(to);
    Condition::all()
        .add(row::Column::StartsAt.gt(Instant::from(earliest)))
        .add(row::Column::StartsAt.lt(Instant::from(latest)))
}

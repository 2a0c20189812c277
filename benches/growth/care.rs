//! Care that follows from visits: rows of `care_appointments` as the migration `patients/m20260301_000004_care` made the table, and as
//! patients fills it when it hears of a visit.

use anyhow::Result;
use caregraph_contracts::events::AppointmentStatus;
use caregraph_contracts::ids::Id;
use caregraph_kit::database::Transaction;
use caregraph_scheduling::appointment::Appointment;
use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::Query;

/// How long after a visit its practitioner goes on caring.
const AFTER_VISIT: TimeDelta = TimeDelta::days(30);

/// Notes what visits mean for care.
pub async fn insert<'a>(tx: &Transaction, appointments: impl Iterator<Item = &'a Appointment>) -> Result<()> {
    let mut rows = Query::insert();
    rows.into_table("care_appointments").columns([
        "appointment_id",
        "revision",
        "patient_id",
        "user_id",
        "since",
        "until",
        "cancelled",
    ]);
    for appointment in appointments {
        let visit = &appointment.visit;
        rows.values([
            appointment.id.uuid().into(),
            appointment.revision.into(),
            appointment.patient_id.uuid().into(),
            visit.practitioner_id.uuid().into(),
            appointment.booked_at.timestamp_micros().into(),
            (visit.end + AFTER_VISIT).timestamp_micros().into(),
            is_called_off(appointment.status).into(),
        ])?;
    }
    tx.execute(&rows).await?;
    Ok(())
}

/// Who did not come may need a call, so a missed visit counts like one that took place.
fn is_called_off(status: AppointmentStatus) -> bool {
    match status {
        AppointmentStatus::CancelledPatient | AppointmentStatus::CancelledDoctor => true,
        AppointmentStatus::Pending
        | AppointmentStatus::Confirmed
        | AppointmentStatus::CheckedIn
        | AppointmentStatus::Completed
        | AppointmentStatus::NoShow => false,
    }
}

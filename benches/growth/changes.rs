//! The history of visits: rows of `appointment_changes` as the migration `scheduling/m20260301_000012_appointments` made the table,
//! and as `appointment/history.rs` of scheduling fills it. Nothing outside of scheduling may write them one by one, so they are
//! written here, many with each statement.

use anyhow::Result;
use caregraph_contracts::events::AppointmentStatus;
use caregraph_contracts::ids::Id;
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::database::Transaction;
use caregraph_scheduling::appointment::model::Change;
use caregraph_scheduling::appointment::status::ChangeKind;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::Query;

const TABLE: &str = "appointment_changes";

/// Adds entries to histories.
pub async fn insert<'a>(
    tx: &Transaction,
    cipher: &FieldCipher,
    changes: impl Iterator<Item = &'a Change>,
) -> Result<()> {
    let mut rows = Query::insert();
    rows.into_table(TABLE).columns([
        "appointment_id",
        "revision",
        "kind",
        "changed_by",
        "changed_at",
        "previous_status",
        "status",
        "previous_practitioner_id",
        "practitioner_id",
        "previous_starts_at",
        "starts_at",
        "previous_ends_at",
        "ends_at",
        "clinical",
    ]);
    for change in changes {
        let (before, after) = (change.before, change.after);
        let field = format!("clinical/{}", change.revision);
        let place = FieldRef {
            table: TABLE,
            record: change.appointment_id.uuid(),
            field: &field,
        };
        rows.values([
            change.appointment_id.uuid().into(),
            change.revision.into(),
            kind_text(change.kind).into(),
            change.by.uuid().into(),
            change.at.timestamp_micros().into(),
            before.map(|before| status_text(before.status)).into(),
            status_text(after.status).into(),
            before.map(|before| before.practitioner_id.uuid()).into(),
            after.practitioner_id.uuid().into(),
            before.map(|before| before.start.timestamp_micros()).into(),
            after.start.timestamp_micros().into(),
            before.map(|before| before.end.timestamp_micros()).into(),
            after.end.timestamp_micros().into(),
            cipher.seal_json(place, &change.texts)?.into(),
        ])?;
    }
    tx.execute(&rows).await?;
    Ok(())
}

fn kind_text(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Booked => "BOOKED",
        ChangeKind::Confirmed => "CONFIRMED",
        ChangeKind::Declined => "DECLINED",
        ChangeKind::Rescheduled => "RESCHEDULED",
        ChangeKind::Cancelled => "CANCELLED",
        ChangeKind::CheckedIn => "CHECKED_IN",
        ChangeKind::Completed => "COMPLETED",
        ChangeKind::NoShow => "NO_SHOW",
        ChangeKind::NotesUpdated => "NOTES_UPDATED",
    }
}

fn status_text(status: AppointmentStatus) -> &'static str {
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

//! Between appointments and their rows. Clinical texts are sealed before they come here and opened when they leave.

use super::row;
use crate::appointment::model::{Appointment, ClinicalTexts, Visit};
use crate::appointment::status::ALL_STATUSES;
use caregraph_contracts::events::AppointmentStatus;
use caregraph_contracts::ids::{Id, MedicalServiceId};
use caregraph_kit::Fault;
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

/// How a status stands in a column.
pub(crate) const fn status_text(status: AppointmentStatus) -> &'static str {
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
pub(crate) fn status_of(text: &str) -> Result<AppointmentStatus, Fault> {
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

pub(super) fn to_row(cipher: &FieldCipher, appointment: &Appointment) -> row::ActiveModel {
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

pub(super) fn from_row(cipher: &FieldCipher, row: row::Model) -> Result<Appointment, Fault> {
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

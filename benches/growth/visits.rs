//! Visits as the program keeps them: what happens to each goes through its rules, and its own store writes what comes of it.

use super::changes;
use super::diary::{BEFORE, Fate, LENGTH, Planned, ZONE};
use super::practice::Practice;
use anyhow::Result;
use caregraph_contracts::ids::{AppointmentId, UserId};
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::database::Transaction;
use caregraph_scheduling::appointment::model::{Actor, Booking, Change, ClinicalTexts, Visit};
use caregraph_scheduling::appointment::status::{Side, occupies};
use caregraph_scheduling::appointment::{Appointment, store};
use caregraph_scheduling::cells::{self, Owner};
use chrono::{DateTime, TimeDelta, Utc};

/// How long before a visit patients may last call it off.
const NOTICE: TimeDelta = TimeDelta::hours(2);

/// A visit with all that was done to it.
pub struct Happened {
    /// Where it stands now.
    pub appointment: Appointment,
    /// Its history, from the booking on.
    pub changes: Vec<Change>,
}

impl Happened {
    /// Lets a visit of the diary happen as far as it has. The front desk books it and receives the patient.
    pub fn of(practice: &Practice, planned: &Planned, desk: UserId, id: AppointmentId) -> Result<Self> {
        let (start, end) = (planned.start, planned.start + LENGTH);
        let practitioner = practice.practitioner(planned.doctor);
        let booking = Booking {
            id,
            patient_id: practice.patient(planned.doctor, planned.patient),
            service_id: practice.service,
            visit: Visit {
                practitioner_id: practitioner,
                location_id: Some(practice.location),
                time_zone: ZONE,
                start,
                end,
                occupied_from: start,
                occupied_to: end,
            },
            texts: ClinicalTexts {
                reason: Some("Tái khám theo hẹn".to_owned()),
                ..ClinicalTexts::default()
            },
        };
        let at_desk = |now| acting(desk, now);
        let (mut appointment, booked) = Appointment::book(booking, at_desk(start - BEFORE));
        let mut changes = vec![booked];
        match planned.fate {
            Fate::Ahead => {}
            Fate::Done => {
                changes.push(appointment.check_in(at_desk(start - TimeDelta::minutes(10)))?);
                let notes = Some("Ổn định, tiếp tục điều trị".to_owned());
                changes.push(appointment.complete(notes, acting(practitioner.as_user(), end))?);
            }
            Fate::CalledOff => {
                let why = (Some("Bận việc".to_owned()), true);
                let when = at_desk(start - TimeDelta::days(2));
                changes.push(appointment.cancel(why, when, NOTICE)?);
            }
            Fate::Missed => {
                changes.push(appointment.mark_no_show(acting(practitioner.as_user(), end))?);
            }
        }
        Ok(Self { appointment, changes })
    }
}

/// Somebody of the practice does something.
fn acting(user: UserId, now: DateTime<Utc>) -> Actor {
    Actor {
        user,
        side: Side::Practice,
        now,
    }
}

/// Writes visits down: `appointments` with the time that they keep of practitioners and patients (`practitioner_cells`,
/// `patient_cells`), and `appointment_changes`. Nothing is told of them, and no idempotency key is kept.
pub async fn keep(tx: &Transaction, cipher: &FieldCipher, happened: &[Happened]) -> Result<()> {
    for Happened { appointment, .. } in happened {
        if occupies(appointment.status) {
            take_time(tx, appointment).await?;
        }
        store::insert(tx, cipher, appointment).await?;
    }
    changes::insert(tx, cipher, happened.iter().flat_map(|one| &one.changes)).await
}

async fn take_time(tx: &Transaction, appointment: &Appointment) -> Result<()> {
    let (visit, patient) = (&appointment.visit, appointment.patient_id);
    let span = (visit.practitioner_id, visit.occupied_from, visit.occupied_to);
    let owner = Owner::Appointment(appointment.id);
    cells::take(tx, span, owner, None, appointment.booked_at).await?;
    let times = (visit.start, visit.end);
    cells::take_for_patient(tx, (patient, &[patient]), times, appointment.id).await?;
    Ok(())
}

//! The audit trail of bookings, as the program would have taken it down if it had heard of all of them today, as it does of the demo.

use super::visits::Happened;
use anyhow::Result;
use caregraph_administration::entry::{Entry, Outcome, Subject, SubjectKind};
use caregraph_administration::trail::Recorder;
use caregraph_contracts::events::Actor;
use caregraph_contracts::ids::{AuditEntryId, Id, SessionId, UserId};
use caregraph_contracts::{Domain, Role};
use caregraph_kit::Clock;
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::subgraph::Ground;
use chrono::{DateTime, Utc};

/// Entries that are written by one statement, whose values an engine counts.
const AT_ONCE: usize = 500;

/// What it digests payloads of events for.
const PAYLOAD: &str = "administration/payload";

/// Writes the trail.
pub struct Trail {
    ground: Ground,
    recorder: Recorder,
}

impl Trail {
    /// The trail on administration's ground.
    pub fn new(ground: Ground) -> Self {
        let recorder = Recorder::new(ground.cipher.clone(), Clock::system());
        Self { ground, recorder }
    }

    /// Takes down that visits were booked, as the program does, but for more of them at once.
    pub async fn append(&self, happened: &[Happened], ids: &Clock) -> Result<()> {
        let Ground { database, cipher, .. } = &self.ground;
        let tx = database.begin().await?;
        for some in happened.chunks(AT_ONCE) {
            let entries = some.iter().map(|one| booking(one, cipher, ids)).collect();
            self.recorder.record(&tx, entries).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// What the trail says of a booking at the front desk.
fn booking(happened: &Happened, cipher: &FieldCipher, ids: &Clock) -> Entry {
    let appointment = &happened.appointment;
    ids.set(appointment.booked_at);
    Entry {
        id: ids.new_id::<AuditEntryId>(),
        domain: Domain::Scheduling,
        action: "AppointmentBooked".to_owned(),
        outcome: Outcome::Granted,
        actor: Some(at_desk(appointment.booked_by, appointment.booked_at)),
        subject: Subject::new(SubjectKind::Appointment, appointment.id),
        patient: Some(appointment.patient_id),
        purpose: None,
        parts: Vec::new(),
        what: None,
        reason: None,
        before: None,
        after: Some(cipher.blind_index(PAYLOAD, &appointment.id.to_string())),
        occurred_at: appointment.booked_at,
    }
}

fn at_desk(user: UserId, at: DateTime<Utc>) -> Actor {
    Actor {
        user: Some(user),
        session: Some(SessionId::from(user.uuid())),
        roles: vec![Role::Nurse],
        address: Some("127.0.0.1".to_owned()),
        request: format!("growth-{}", at.timestamp()),
    }
}

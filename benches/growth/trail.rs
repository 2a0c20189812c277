//! The audit trail of bookings, as the program would have taken it down if it had heard of all of them today, as it does of the demo.

use super::visits::Happened;
use anyhow::{Context, Result};
use caregraph_administration::entry::{Entry, Outcome, Subject, SubjectKind};
use caregraph_administration::trail::{Head, Place, Written, store};
use caregraph_contracts::events::Actor;
use caregraph_contracts::ids::{AuditEntryId, Id, SessionId, UserId};
use caregraph_contracts::{Domain, Role};
use caregraph_kit::Clock;
use caregraph_kit::crypto::{FieldCipher, Signer};
use caregraph_kit::subgraph::Ground;
use chrono::{DateTime, Utc};

/// What administration signs the heads of days for.
const PURPOSE: &str = "administration/audit";

/// What it digests payloads of events for.
const PAYLOAD: &str = "administration/payload";

/// Writes the trail.
pub struct Trail {
    ground: Ground,
    signer: Signer,
}

impl Trail {
    /// The trail on administration's ground.
    pub fn new(ground: Ground) -> Self {
        let signer = Signer::new(ground.cipher.ring(), PURPOSE);
        Self { ground, signer }
    }

    /// Takes down that visits were booked, behind whatever the newest day of the trail holds. The day's head is signed once instead of
    /// with each entry; the chain is whole, and verifies.
    pub async fn append(&self, happened: &[Happened], ids: &Clock) -> Result<()> {
        let Ground { database, cipher, .. } = &self.ground;
        let now = Clock::system().now();
        let tx = database.begin().await?;
        store::take_turn(&tx).await?;
        let head = store::newest_head(&*tx).await?;
        let mut head = head.context("the trail has not begun")?;
        for one in happened {
            let place = Place(head.day, head.count + 1);
            let written = Written::down(booking(one, cipher, ids), place, &head.last_hash, now, cipher);
            store::append(&tx, &written).await?;
            head.count += 1;
            head.last_hash = written.hash;
        }
        let before_last = Head {
            count: head.count - 1,
            ..head.clone()
        };
        store::keep_head(&tx, &before_last.with(head.last_hash, &self.signer)).await?;
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

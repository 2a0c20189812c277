//! Appointments make care relationships.

use crate::care::store as care;
use crate::care::store::Sources;
use crate::care::{AppointmentCare, told};
use crate::patient::store as patients;
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::{AppointmentFacts, SchedulingEvent};
use caregraph_contracts::ids::{PatientId, UserId};
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{Envelope, EventHandler, HandlerError};
use caregraph_kit::subgraph::Ground;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Appointments make care relationships, move them, and end them when they are cancelled.
pub struct AppointmentsMakeCare {
    ground: Ground,
}

impl AppointmentsMakeCare {
    /// The reaction on its ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    async fn follow(
        &self,
        tx: &mut Transaction,
        facts: &AppointmentFacts,
        at: DateTime<Utc>,
    ) -> Result<(), HandlerError> {
        let now = self.ground.clock.now();
        // The patient's row first, as everywhere: that orders events about one patient and avoids deadlocks.
        patients::lock(tx, &self.ground.cipher, facts.patient_id).await?;
        let before = care::appointment_for_update(tx, facts.appointment_id).await?;
        let Some(after) = AppointmentCare::after(before.as_ref(), facts, at) else {
            return Ok(());
        };
        let concerned: BTreeSet<(PatientId, UserId)> = before
            .iter()
            .chain([&after])
            .map(|care| (care.patient, care.user))
            .collect();
        let patients: Vec<PatientId> = concerned.iter().map(|(patient, _)| *patient).collect();
        let old = Sources::load(&**tx, &patients, now).await?;
        care::keep_appointment(tx, before.as_ref(), &after).await?;
        let new = Sources::load(&**tx, &patients, now).await?;
        let events: Vec<_> = concerned
            .into_iter()
            .filter_map(|(patient, user)| {
                told(
                    patient,
                    user,
                    old.between(patient, user, now),
                    new.between(patient, user, now),
                )
            })
            .collect();
        self.ground.events.append(tx, &events).await?;
        Ok(())
    }
}

#[async_trait]
impl EventHandler for AppointmentsMakeCare {
    fn name(&self) -> &'static str {
        "patients.care"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Scheduling]
    }

    fn locks_rows(&self) -> bool {
        true
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        let Some(scheduling) = event.decode::<SchedulingEvent>()? else {
            return Ok(());
        };
        let Some(facts) = scheduling.appointment() else {
            return Ok(());
        };
        self.follow(tx, facts, event.occurred_at).await
    }
}

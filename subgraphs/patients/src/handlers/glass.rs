//! Broken glass makes patients visible for a while.

use crate::glass::store as glass;
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::RecordsEvent;
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{Envelope, EventHandler, HandlerError};

/// Whoever opened a record in an emergency sees whose it is until the leave ends.
#[derive(Debug, Default)]
pub struct GlassOpensPatients;

#[async_trait]
impl EventHandler for GlassOpensPatients {
    fn name(&self) -> &'static str {
        "patients.glass"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Records]
    }

    fn hears(&self, name: &str) -> bool {
        name == "GlassBroken"
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        match event.decode::<RecordsEvent>()? {
            Some(RecordsEvent::GlassBroken {
                patient_id,
                user_id,
                until,
                ..
            }) => Ok(glass::keep(tx, patient_id, user_id, until).await?),
            // What is written in records, and who reads it, says nothing about who sees whom.
            Some(
                RecordsEvent::RecordChanged { .. }
                | RecordsEvent::EncounterSigned { .. }
                | RecordsEvent::AllergyRecorded { .. }
                | RecordsEvent::MedicationChanged { .. }
                | RecordsEvent::VitalsAbnormal { .. }
                | RecordsEvent::RecordAccessed { .. }
                | RecordsEvent::DataExportRequested { .. }
                | RecordsEvent::DataExportReady { .. }
                | RecordsEvent::ErasureAnswered { .. },
            )
            | None => Ok(()),
        }
    }
}

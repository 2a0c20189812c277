//! What patients tell about who acts for whom.

use crate::people::store;
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::PatientsEvent;
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{Envelope, EventHandler, HandlerError};

/// Keeps [`crate::people`] up to date.
pub struct KnowPeople;

#[async_trait]
impl EventHandler for KnowPeople {
    fn name(&self) -> &'static str {
        "administration.people"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Patients]
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        let position = event.position;
        match event.decode::<PatientsEvent>()? {
            Some(
                PatientsEvent::PatientRegistered { patient } | PatientsEvent::PatientUpdated { patient },
            ) => store::keep(tx, &patient, position).await?,
            Some(PatientsEvent::PatientsMerged { surviving, merged }) => {
                store::keep_merge(tx, merged, Some(surviving), position).await?;
            }
            Some(PatientsEvent::PatientsUnmerged { merged, .. }) => {
                store::keep_merge(tx, merged, None, position).await?;
            }
            Some(
                PatientsEvent::CareRelationshipChanged { .. }
                | PatientsEvent::ConsentChanged { .. }
                | PatientsEvent::DataExported { .. }
                | PatientsEvent::ErasureAsked { .. }
                | PatientsEvent::ErasureScheduled { .. }
                | PatientsEvent::ErasureCancelled { .. }
                // Who somebody was, and who acted for them, is told by an update.
                | PatientsEvent::ErasureCarriedOut { .. },
            )
            | None => {}
        }
        Ok(())
    }
}

//! What scheduling does when other domains tell something: it keeps its directory, and says when free times change.

use crate::cells;
use crate::directory::store;
use crate::schedule;
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::{IdentityEvent, PatientsEvent, PractitionersEvent, SchedulingEvent};
use caregraph_contracts::ids::{PatientId, PractitionerId, UserId};
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{Envelope, EventHandler, EventStore, HandlerError};
use chrono::{DateTime, Utc};

/// Keeps [`crate::directory`] up to date.
pub struct DirectoryHandler {
    events: EventStore,
}

impl DirectoryHandler {
    /// A handler that tells what follows through `events`.
    pub fn new(events: EventStore) -> Self {
        Self { events }
    }

    async fn practitioners(
        &self,
        tx: &mut Transaction,
        event: PractitionersEvent,
        position: i64,
    ) -> Result<(), HandlerError> {
        let affected = match event {
            PractitionersEvent::PractitionerCreated { practitioner }
            | PractitionersEvent::PractitionerUpdated { practitioner } => {
                let changed = store::keep_practitioner(&**tx, &practitioner, position).await?;
                if changed {
                    vec![practitioner.practitioner_id]
                } else {
                    Vec::new()
                }
            }
            PractitionersEvent::PractitionerDeactivated { practitioner_id, .. } => {
                let changed = store::deactivate_practitioner(&**tx, practitioner_id, position).await?;
                if changed {
                    vec![practitioner_id]
                } else {
                    Vec::new()
                }
            }
            PractitionersEvent::DataExported { .. } => Vec::new(),
            PractitionersEvent::LocationSaved { location } => {
                // A zone that this version does not know cannot be calculated with; the event is parked until it does.
                caregraph_kit::validate::time_zone(&location.time_zone).map_err(HandlerError::other)?;
                let changed = store::keep_location(&**tx, &location, position).await?;
                if changed {
                    schedule::store::working_at(&**tx, location.location_id).await?
                } else {
                    Vec::new()
                }
            }
        };
        self.tell(tx, affected).await
    }

    async fn accounts(
        &self,
        tx: &mut Transaction,
        event: IdentityEvent,
        position: i64,
    ) -> Result<(), HandlerError> {
        let (user, suspended): (UserId, bool) = match event {
            IdentityEvent::UserSuspended { user_id, .. } => (user_id, true),
            IdentityEvent::UserReactivated { user_id } => (user_id, false),
            IdentityEvent::UserRegistered { .. }
            | IdentityEvent::UserUpdated { .. }
            | IdentityEvent::UserRolesChanged { .. }
            | IdentityEvent::SessionRevoked { .. }
            | IdentityEvent::PasswordResetRequested { .. }
            | IdentityEvent::EmailVerificationRequested { .. }
            | IdentityEvent::UserInvited { .. }
            | IdentityEvent::DataExported { .. }
            | IdentityEvent::RolePermissionsChanged { .. }
            | IdentityEvent::ErasureAnswered { .. } => return Ok(()),
        };
        let changed = store::keep_suspension(&**tx, user, suspended, position).await?;
        let practitioner = PractitionerId::of_user(user);
        let works_here = changed && store::practitioner(&**tx, practitioner).await?.is_some();
        self.tell(
            tx,
            if works_here {
                vec![practitioner]
            } else {
                Vec::new()
            },
        )
        .await
    }

    async fn tell(&self, tx: &mut Transaction, affected: Vec<PractitionerId>) -> Result<(), HandlerError> {
        let events: Vec<_> = affected
            .into_iter()
            .map(|practitioner_id| SchedulingEvent::AvailabilityChanged { practitioner_id })
            .collect();
        self.events.append(tx, &events).await?;
        Ok(())
    }
}

#[async_trait]
impl EventHandler for DirectoryHandler {
    fn name(&self) -> &'static str {
        "scheduling.directory"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Identity, Domain::Patients, Domain::Practitioners]
    }

    fn locks_rows(&self) -> bool {
        true
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        match event.domain {
            Domain::Identity => match event.decode::<IdentityEvent>()? {
                Some(told) => self.accounts(tx, told, event.position).await,
                None => Ok(()),
            },
            Domain::Practitioners => match event.decode::<PractitionersEvent>()? {
                Some(told) => self.practitioners(tx, told, event.position).await,
                None => Ok(()),
            },
            Domain::Patients => match event.decode::<PatientsEvent>()? {
                Some(told) => patients(tx, told, (event.position, event.occurred_at)).await,
                None => Ok(()),
            },
            // Nobody else is listened to.
            Domain::Scheduling | Domain::Records | Domain::Notifications | Domain::Administration => Ok(()),
        }
    }
}

async fn patients(
    tx: &Transaction,
    event: PatientsEvent,
    (position, at): (i64, DateTime<Utc>),
) -> Result<(), HandlerError> {
    match event {
        PatientsEvent::PatientRegistered { patient } | PatientsEvent::PatientUpdated { patient } => {
            store::keep_patient(&**tx, &patient, position).await?;
        }
        PatientsEvent::PatientsMerged { surviving, merged } => {
            store::merge_patients(tx, merged, surviving).await?;
            warn_of_clashes(tx, surviving, at).await?;
        }
        PatientsEvent::PatientsUnmerged { surviving, merged } => {
            store::unmerge_patients(tx, merged, surviving).await?;
        }
        PatientsEvent::CareRelationshipChanged { .. }
        | PatientsEvent::ConsentChanged { .. }
        | PatientsEvent::DataExported { .. }
        // Another handler answers; the directory keeps nothing but ids, and whether somebody has died.
        | PatientsEvent::ErasureAsked { .. }
        | PatientsEvent::ErasureScheduled { .. }
        | PatientsEvent::ErasureCancelled { .. }
        | PatientsEvent::ErasureCarriedOut { .. } => {}
    }
    Ok(())
}

/// Two visits at one time can be booked while nobody knows that two records are one person's. They are not ours to call
/// off: both show under the person from now on, and somebody has to ask which one is meant.
async fn warn_of_clashes(
    tx: &Transaction,
    patient: PatientId,
    since: DateTime<Utc>,
) -> Result<(), HandlerError> {
    let person = store::person(&**tx, patient).await?;
    let clashing = cells::clashing(&**tx, &person.records, since).await?;
    if !clashing.is_empty() {
        tracing::warn!(appointments = ?clashing, "records were put together whose visits are at the same time");
    }
    Ok(())
}

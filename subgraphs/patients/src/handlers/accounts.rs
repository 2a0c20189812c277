//! Accounts become patients.

use crate::account::store::{Told, take_down};
use crate::account::{Account, AccountDetails};
use crate::patient::{Patient, store as patients};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::{IdentityEvent, PatientsEvent};
use caregraph_contracts::ids::{PatientId, UserId};
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{Envelope, EventHandler, HandlerError};
use caregraph_kit::subgraph::Ground;

/// Whoever becomes a patient's account gets a profile; what the account says about contact is the profile's default.
pub struct AccountsBecomePatients {
    ground: Ground,
}

impl AccountsBecomePatients {
    /// The reaction on its ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// What an event tells about an account; nothing when it is about something else.
    fn told(event: IdentityEvent, position: i64) -> Option<Told> {
        match event {
            IdentityEvent::UserRegistered {
                user_id,
                phone,
                first_name,
                last_name,
                locale,
                roles,
                ..
            } => Some(Told {
                user: user_id,
                position,
                details: Some(AccountDetails::told(
                    &first_name,
                    &last_name,
                    phone.as_deref(),
                    &locale,
                )),
                roles: Some(roles),
            }),
            IdentityEvent::UserUpdated {
                user_id,
                phone,
                first_name,
                last_name,
                locale,
                ..
            } => Some(Told {
                user: user_id,
                position,
                details: Some(AccountDetails::told(
                    &first_name,
                    &last_name,
                    phone.as_deref(),
                    &locale,
                )),
                roles: None,
            }),
            IdentityEvent::UserRolesChanged { user_id, roles } => Some(Told {
                user: user_id,
                position,
                details: None,
                roles: Some(roles),
            }),
            IdentityEvent::UserSuspended { .. }
            | IdentityEvent::UserReactivated { .. }
            | IdentityEvent::SessionRevoked { .. }
            | IdentityEvent::PasswordResetRequested { .. }
            | IdentityEvent::EmailVerificationRequested { .. }
            | IdentityEvent::UserInvited { .. }
            | IdentityEvent::DataExported { .. }
            | IdentityEvent::RolePermissionsChanged { .. }
            | IdentityEvent::ErasureAnswered { .. } => None,
        }
    }

    async fn follow(
        &self,
        tx: &mut Transaction,
        user: UserId,
        account: &Account,
    ) -> Result<(), HandlerError> {
        let Ground {
            cipher,
            clock,
            events,
            ..
        } = &self.ground;
        let Some(details) = &account.details else {
            return Ok(());
        };
        let known = patients::lock(tx, cipher, PatientId::of_user(user)).await?;
        let event = match known {
            Some(mut patient) => {
                let before = patient.facts();
                if !patient.follow_account(details) {
                    return Ok(());
                }
                if !patients::save(tx, cipher, &mut patient, clock.now()).await? {
                    return Err(HandlerError::other("the profile changed under its lock"));
                }
                let facts = patient.facts();
                (facts != before).then_some(PatientsEvent::PatientUpdated { patient: facts })
            }
            None if account.roles.include_patient() => {
                let mrn = patients::draw_mrn(tx).await?;
                let patient = Patient::of_account(user, mrn, details, clock.now());
                patients::insert(tx, cipher, &patient).await?;
                Some(PatientsEvent::PatientRegistered {
                    patient: patient.facts(),
                })
            }
            None => None,
        };
        events.append(tx, event.as_slice()).await?;
        Ok(())
    }
}

#[async_trait]
impl EventHandler for AccountsBecomePatients {
    fn name(&self) -> &'static str {
        "patients.accounts"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Identity]
    }

    fn locks_rows(&self) -> bool {
        true
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        let Some(identity) = event.decode::<IdentityEvent>()? else {
            return Ok(());
        };
        let Some(told) = Self::told(identity, event.position) else {
            return Ok(());
        };
        let user = told.user;
        let account = take_down(tx, &self.ground.cipher, told).await?;
        self.follow(tx, user, &account).await
    }
}

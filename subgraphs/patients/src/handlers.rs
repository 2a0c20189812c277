//! Reactions to other domains' events.

use crate::account::store::{Told, take_down};
use crate::account::{Account, AccountDetails};
use crate::care::store as care;
use crate::care::store::Sources;
use crate::care::{AppointmentCare, told};
use crate::patient::{Patient, store as patients};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::{AppointmentFacts, IdentityEvent, PatientsEvent, SchedulingEvent};
use caregraph_contracts::ids::{PatientId, UserId};
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{Envelope, EventHandler, HandlerError};
use caregraph_kit::subgraph::Ground;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

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
            | IdentityEvent::UserInvited { .. } => None,
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

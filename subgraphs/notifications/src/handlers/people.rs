//! Who people are and how they are reached.

use crate::contact::store::People;
use crate::contact::{Contact, Ward, is_only_a_patients};
use crate::language::Language;
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::{IdentityEvent, PatientFacts, PatientsEvent};
use caregraph_contracts::ids::UserId;
use caregraph_kit::Fault;
use caregraph_kit::documents::{Commit, DocumentHandler};
use caregraph_kit::events::{Envelope, HandlerError};
use chrono_tz::Tz;

/// Keeps contacts and wards as identity and patients tell of them.
pub(crate) struct PeopleBecomeKnown {
    pub(crate) people: People,
}

/// What an event says of an account.
struct Told {
    email: String,
    phone: Option<String>,
    first_name: String,
    last_name: String,
    locale: String,
    time_zone: String,
    /// Whether the account is a patient's and nothing else, when that is told.
    only_a_patients: Option<bool>,
}

#[async_trait]
impl DocumentHandler for PeopleBecomeKnown {
    fn name(&self) -> &'static str {
        "notifications.people"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Identity, Domain::Patients]
    }

    async fn handle(&self, event: &Envelope) -> Result<Commit, HandlerError> {
        let commit = match event.domain {
            Domain::Identity => match event.decode::<IdentityEvent>()? {
                Some(event) => self.hear_of_account(event).await,
                None => Ok(Commit::new()),
            },
            Domain::Patients => match event.decode::<PatientsEvent>()? {
                Some(event) => self.hear_of_patient(event).await,
                None => Ok(Commit::new()),
            },
            Domain::Practitioners
            | Domain::Scheduling
            | Domain::Records
            | Domain::Notifications
            | Domain::Administration => Ok(Commit::new()),
        };
        commit.map_err(HandlerError::other)
    }
}

impl PeopleBecomeKnown {
    async fn hear_of_account(&self, event: IdentityEvent) -> Result<Commit, Fault> {
        let only_a_patients = match &event {
            IdentityEvent::UserRegistered { roles, .. } => Some(is_only_a_patients(roles)),
            _ => None,
        };
        match event {
            IdentityEvent::UserRegistered {
                user_id,
                email,
                phone,
                first_name,
                last_name,
                locale,
                time_zone,
                ..
            }
            | IdentityEvent::UserUpdated {
                user_id,
                email,
                phone,
                first_name,
                last_name,
                locale,
                time_zone,
            } => {
                let told = Told {
                    email,
                    phone,
                    first_name,
                    last_name,
                    locale,
                    time_zone,
                    only_a_patients,
                };
                self.keep(user_id, told).await
            }
            IdentityEvent::UserSuspended { user_id, .. } => {
                self.change(user_id, |contact| contact.active = false).await
            }
            IdentityEvent::UserReactivated { user_id } => {
                self.change(user_id, |contact| contact.active = true).await
            }
            IdentityEvent::UserRolesChanged { user_id, roles } => {
                let only_a_patients = Some(is_only_a_patients(&roles));
                self.change(user_id, |contact| contact.only_a_patients = only_a_patients)
                    .await
            }
            IdentityEvent::SessionRevoked { .. }
            | IdentityEvent::PasswordResetRequested { .. }
            | IdentityEvent::EmailVerificationRequested { .. }
            | IdentityEvent::UserInvited { .. }
            | IdentityEvent::DataExported { .. }
            | IdentityEvent::RolePermissionsChanged { .. }
            | IdentityEvent::ErasureAnswered { .. } => Ok(Commit::new()),
        }
    }

    async fn keep(&self, user: UserId, told: Told) -> Result<Commit, Fault> {
        let known = self.people.contact(user).await?;
        let version = known.as_ref().map(|known| known.version);
        let known = known.map(|known| known.value);
        if known.as_ref().is_some_and(Contact::is_erased) {
            // Closed for good: what still comes was told before.
            return Ok(Commit::new());
        }
        let mut contact = Contact {
            email: told.email,
            phone: told.phone,
            first_name: told.first_name,
            last_name: told.last_name,
            devices: known
                .as_ref()
                .map(|known| known.devices.clone())
                .unwrap_or_default(),
            language: Language::read(&told.locale).unwrap_or_default(),
            time_zone: told.time_zone.parse().unwrap_or(Tz::Asia__Ho_Chi_Minh),
            only_a_patients: told
                .only_a_patients
                .or(known.as_ref().and_then(|known| known.only_a_patients)),
            active: known.is_none_or(|known| known.active),
        };
        let mut commit = Commit::new();
        if contact.is_erased() {
            // Identity does not know of them, so nobody else takes them away.
            for token in std::mem::take(&mut contact.devices) {
                self.people.forget_device(&mut commit, &token, user).await?;
            }
        }
        self.people.put_contact(&mut commit, user, version, &contact)?;
        Ok(commit)
    }

    async fn change(&self, user: UserId, change: impl FnOnce(&mut Contact) + Send) -> Result<Commit, Fault> {
        let mut commit = Commit::new();
        if let Some(known) = self.people.contact(user).await? {
            let mut contact = known.value;
            change(&mut contact);
            self.people
                .put_contact(&mut commit, user, Some(known.version), &contact)?;
        }
        Ok(commit)
    }

    async fn hear_of_patient(&self, event: PatientsEvent) -> Result<Commit, Fault> {
        let mut commit = Commit::new();
        match event {
            PatientsEvent::PatientRegistered { patient } | PatientsEvent::PatientUpdated { patient } => {
                let known = self.people.ward(patient.patient_id).await?;
                let merged_into = known.as_ref().and_then(|known| known.value.merged_into);
                let version = known.map(|known| known.version);
                let PatientFacts {
                    patient_id,
                    user_id,
                    guardians,
                    display_name,
                    deceased,
                    ..
                } = patient;
                let ward = Ward {
                    user: user_id,
                    guardians,
                    name: display_name,
                    deceased,
                    merged_into,
                };
                self.people.put_ward(&mut commit, patient_id, version, &ward)?;
            }
            PatientsEvent::PatientsMerged { surviving, merged } => {
                if let Some(known) = self.people.ward(merged).await? {
                    let ward = Ward {
                        merged_into: Some(surviving),
                        ..known.value
                    };
                    self.people
                        .put_ward(&mut commit, merged, Some(known.version), &ward)?;
                }
            }
            PatientsEvent::PatientsUnmerged { surviving, merged } => {
                // Where it points to another record than `surviving`, it was put to that one since, and stays.
                let known = self.people.ward(merged).await?;
                if let Some(known) = known.filter(|known| known.value.merged_into == Some(surviving)) {
                    let ward = Ward {
                        merged_into: None,
                        ..known.value
                    };
                    self.people
                        .put_ward(&mut commit, merged, Some(known.version), &ward)?;
                }
            }
            PatientsEvent::CareRelationshipChanged { .. }
            | PatientsEvent::ConsentChanged { .. }
            | PatientsEvent::DataExported { .. }
            | PatientsEvent::ErasureAsked { .. }
            | PatientsEvent::ErasureScheduled { .. }
            | PatientsEvent::ErasureCancelled { .. }
            // What is left of the person, and that nobody acts for them any more, is told by an update.
            | PatientsEvent::ErasureCarriedOut { .. } => {}
        }
        Ok(commit)
    }
}

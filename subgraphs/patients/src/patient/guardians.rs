//! Use cases about who may act for a patient.

use super::model::{Guardian, GuardianProblem, Patient};
use super::service::PatientService;
use super::store;
use super::values::GuardianRelationship;
use crate::account;
use caregraph_contracts::Scope;
use caregraph_contracts::ids::{EventId, PatientId, UserId};
use caregraph_kit::Rejection;
use caregraph_kit::auth::Principal;
use caregraph_kit::database::Transaction;
use caregraph_kit::failure::Failure;

/// Lets somebody act for a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkGuardian {
    /// The patient.
    pub patient: PatientId,
    /// The account of whoever is to act for the patient.
    pub guardian: UserId,
    /// What the guardian is to the patient.
    pub relationship: GuardianRelationship,
}

/// Ends a guardianship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnlinkGuardian {
    /// The patient.
    pub patient: PatientId,
    /// The account of whoever acts for the patient.
    pub guardian: UserId,
}

/// Why a guardianship was not ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnlinkRefusal {
    /// A refusal like any other.
    #[error(transparent)]
    Common(#[from] Rejection),
    /// Nobody would be left who could act for the patient.
    #[error("a dependant without an account keeps at least one guardian; link another one first")]
    LastGuardian,
}

impl PatientService {
    /// Lets somebody act for a patient: said by the patient, by somebody who already acts for them, or by the front desk.
    pub async fn link_guardian(
        &self,
        principal: &Principal,
        command: LinkGuardian,
    ) -> Result<Patient, Failure> {
        principal.require_any(&[Scope::PatientsWrite, Scope::PatientsManage])?;
        let (patient, events) = self
            .ground
            .database
            .retrying(|| async { self.try_link(principal, command).await })
            .await?;
        self.ground.settle_all(events).await;
        Ok(patient)
    }

    async fn try_link(
        &self,
        principal: &Principal,
        command: LinkGuardian,
    ) -> Result<(Patient, Vec<EventId>), Failure> {
        let tx = self.ground.database.begin().await?;
        let (viewer, mut patient) = self.load(&tx, principal, command.patient, "patientId").await?;
        if !viewer.manages && !patient.is_own_of(viewer.user) {
            return Err(
                Rejection::not_allowed("only the person, a guardian or the front desk may do this").into(),
            );
        }
        known_guardian(&tx, command.guardian, "guardianId").await?;
        let before = patient.clone();
        let since = self.ground.clock.now();
        let guardian = Guardian {
            user: command.guardian,
            relationship: command.relationship,
            since,
        };
        patient.link(guardian).map_err(|problem| match problem {
            GuardianProblem::TooMany => Rejection::conflict("guardianId", problem.to_string()),
            GuardianProblem::Oneself | GuardianProblem::Unknown | GuardianProblem::Last => {
                Rejection::invalid("guardianId", problem.to_string())
            }
        })?;
        if patient == before {
            return Ok((patient, Vec::new()));
        }
        let before = store::records(&tx, &self.ground.cipher, patient.id).await?;
        self.keep(tx, patient, &before).await
    }

    /// Ends a guardianship: said by the patient, by the guardian in question, or by the front desk. One guardian does not
    /// remove another, because who may act for a child is not decided between quarrelling parents here.
    pub async fn unlink_guardian(
        &self,
        principal: &Principal,
        command: UnlinkGuardian,
    ) -> Result<Patient, Failure<UnlinkRefusal>> {
        principal.require_any(&[Scope::PatientsWrite, Scope::PatientsManage])?;
        let (patient, events) = self
            .ground
            .database
            .retrying(|| async { self.try_unlink(principal, command).await })
            .await?;
        self.ground.settle_all(events).await;
        Ok(patient)
    }

    async fn try_unlink(
        &self,
        principal: &Principal,
        command: UnlinkGuardian,
    ) -> Result<(Patient, Vec<EventId>), Failure<UnlinkRefusal>> {
        let tx = self.ground.database.begin().await?;
        let (viewer, mut patient) = self
            .load(&tx, principal, command.patient, "patientId")
            .await
            .map_err(Failure::widen)?;
        let own = patient.is_account_of(viewer.user) || command.guardian == viewer.user;
        if !viewer.manages && !own {
            let message = "only the person, the guardian in question or the front desk may do this";
            return Err(Rejection::not_allowed(message).into());
        }
        let before = store::records(&tx, &self.ground.cipher, patient.id).await?;
        patient
            .unlink(command.guardian)
            .map_err(|problem| match problem {
                GuardianProblem::Last => UnlinkRefusal::LastGuardian,
                GuardianProblem::Unknown | GuardianProblem::Oneself | GuardianProblem::TooMany => {
                    Rejection::not_found("guardianId", "guardian").into()
                }
            })
            .map_err(Failure::refused)?;
        let others: Vec<PatientId> = patient.same_person.iter().map(|other| other.id).collect();
        store::drop_guardian(&tx, &others, command.guardian).await?;
        self.keep(tx, patient, &before).await.map_err(Failure::widen)
    }
}

/// A guardian must be somebody who can sign in.
pub(super) async fn known_guardian(tx: &Transaction, user: UserId, path: &str) -> Result<(), Failure> {
    if account::store::roles_of(&**tx, &[user])
        .await?
        .contains_key(&user)
    {
        Ok(())
    } else {
        Err(Rejection::not_found(path, "guardian").into())
    }
}

//! Use cases about consents: who gives them, who withdraws them, who sees them.

use super::keyed::Kept;
use super::model::{Consent, MOST_CONSENTS, Revocation, RevocationProblem, Terms, revocation_reason};
use super::store::{self, ConsentFilter, ConsentKey};
use crate::account;
use crate::patient::{Patient, authorise, form_reference, load_seen, sees_all};
use caregraph_contracts::events::PatientsEvent;
use caregraph_contracts::ids::{ConsentId, EventId, PatientId, UserId};
use caregraph_contracts::{RecordPart, Scope};
use caregraph_kit::auth::Principal;
use caregraph_kit::database::Transaction;
use caregraph_kit::failure::Failure;
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::idempotency::Keyed;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::validate::Checks;
use caregraph_kit::{Fault, Rejection};
use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;

/// Lets somebody see parts of a patient's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantConsent {
    /// Whose record.
    pub patient: PatientId,
    /// The account of somebody who gives care.
    pub grantee: UserId,
    /// Which parts, at least one; none when `all_parts` is true.
    pub parts: Vec<RecordPart>,
    /// Every part that there is today, instead of naming them.
    pub all_parts: bool,
    /// Until when; in the future, at most ten years.
    pub until: Option<DateTime<Utc>>,
    /// What for, at most 500 characters.
    pub purpose: Option<String>,
    /// The signed form on which the front desk acts, at most 120 characters. Nobody else needs one.
    pub signed_form: Option<String>,
    /// Chosen by the client for this intention.
    pub idempotency_key: String,
}

/// What makes a consent the one that it is, for repetitions under the same key.
///
/// Answers are kept under a digest of this for a month, and a client may repeat across an upgrade: so fields and their order stay, and
/// all parts are named, however they were asked for.
#[derive(Serialize)]
struct Granting<'a> {
    patient: PatientId,
    grantee: UserId,
    parts: &'a [RecordPart],
    until: Option<DateTime<Utc>>,
    purpose: Option<&'a str>,
    signed_form: Option<&'a str>,
}

impl<'a> From<&'a GrantConsent> for Granting<'a> {
    fn from(command: &'a GrantConsent) -> Self {
        Self {
            patient: command.patient,
            grantee: command.grantee,
            parts: if command.all_parts {
                RecordPart::ALL
            } else {
                &command.parts
            },
            until: command.until,
            purpose: command.purpose.as_deref(),
            signed_form: command.signed_form.as_deref(),
        }
    }
}

/// Withdraws a consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeConsent {
    /// Which.
    pub consent: ConsentId,
    /// Why, at most 500 characters.
    pub reason: Option<String>,
    /// The signed form on which the front desk acts, at most 120 characters. Nobody else needs one.
    pub signed_form: Option<String>,
}

/// Why a consent was not given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantRefusal {
    /// A refusal like any other.
    #[error(transparent)]
    Common(#[from] Rejection),
    /// Enough of them hold.
    #[error("at most {MOST_CONSENTS} consents of one person hold at a time; withdraw one first")]
    TooMany,
}

/// How one attempt ended.
enum Attempt {
    Granted(Box<Consent>, Vec<EventId>),
    TooMany,
    /// Another request with the same key was faster; nothing was done here.
    Beaten,
}

/// Use cases about consents. Cheap to clone.
#[derive(Clone)]
pub struct ConsentService {
    pub(super) ground: Ground,
}

impl ConsentService {
    /// The service on its ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// The time by which consents hold or have ended.
    pub fn now(&self) -> DateTime<Utc> {
        self.ground.clock.now()
    }

    /// Gives a consent: said by the patient, by a guardian, or by the front desk with a form that one of them has signed.
    pub async fn grant(
        &self,
        principal: &Principal,
        command: GrantConsent,
    ) -> Result<Consent, Failure<GrantRefusal>> {
        let user = principal.require_any(&[Scope::PatientsWrite, Scope::PatientsManage])?;
        let granting = Granting::from(&command);
        let keyed = Keyed::new(user, "grantConsent", &command.idempotency_key, &granting)?;
        // Before anything else: what was in the future when it was granted may lie in the past now.
        if let Some(answer) = self.answered(&keyed).await? {
            return answer;
        }
        let attempt = self
            .ground
            .database
            .retrying(|| async { self.try_grant(principal, user, &command, &keyed).await })
            .await
            .map_err(Failure::widen)?;
        match attempt {
            Attempt::Granted(consent, events) => {
                self.ground.settle_all(events).await;
                Ok(*consent)
            }
            Attempt::TooMany => Err(Failure::refused(GrantRefusal::TooMany)),
            Attempt::Beaten => match self.answered(&keyed).await? {
                Some(answer) => answer,
                None => Err(Fault::new("an idempotency key was taken and is not there", "no answer").into()),
            },
        }
    }

    async fn try_grant(
        &self,
        principal: &Principal,
        user: UserId,
        command: &GrantConsent,
        keyed: &Keyed,
    ) -> Result<Attempt, Failure> {
        let now = self.ground.clock.now().trunc_subsecs(6);
        let mut checks = Checks::new();
        let terms = Terms::read(
            &mut checks,
            &command.parts,
            command.all_parts,
            command.until,
            command.purpose.as_deref(),
            command.signed_form.as_deref(),
            now,
        );
        checks.done::<Rejection>()?;
        let mut tx = self.ground.database.begin().await?;
        let patient = load_seen(&self.ground, &tx, principal, command.patient, "patientId").await?;
        authorise(principal, &patient, terms.form.as_deref())?;
        let roles = account::store::roles_of(&*tx, &[command.grantee]).await?;
        if !roles
            .get(&command.grantee)
            .is_some_and(account::Roles::include_care)
        {
            return Err(Rejection::not_found("granteeId", "practitioner").into());
        }
        // The patient is locked, so nobody else adds one in between.
        if store::count_holding(&tx, patient.records(), now).await? >= MOST_CONSENTS as u64 {
            let kept = keyed.keep(&tx, &Kept::TooMany, now).await?;
            return finish(tx, kept, Attempt::TooMany).await;
        }
        let consent = Consent {
            id: self.ground.clock.new_id(),
            patient: patient.id,
            grantee: command.grantee,
            parts: terms.parts,
            since: now,
            until: terms.until,
            purpose: terms.purpose,
            granted_by: user,
            granting_form: terms.form,
            revocation: None,
        };
        store::insert(&tx, &self.ground.cipher, &consent).await?;
        let events = self.ground.events.append(&mut tx, &[changed(&consent)]).await?;
        let kept = keyed.keep(&tx, &Kept::Granted(consent.id), now).await?;
        finish(tx, kept, Attempt::Granted(Box::new(consent), events)).await
    }

    /// Withdraws a consent: said by the patient, by a guardian, or by the front desk with a form that one of them has signed.
    /// For everybody else there is no such consent.
    pub async fn revoke(&self, principal: &Principal, command: RevokeConsent) -> Result<Consent, Failure> {
        let user = principal.require_any(&[Scope::PatientsWrite, Scope::PatientsManage])?;
        let mut checks = Checks::new();
        let reason = revocation_reason(&mut checks, command.reason.as_deref());
        let form = form_reference(&mut checks, command.signed_form.as_deref());
        checks.done::<Rejection>()?;
        let (consent, events) = self
            .ground
            .database
            .retrying(|| async {
                let revocation = Revocation {
                    at: self.ground.clock.now().trunc_subsecs(6),
                    by: user,
                    reason: reason.clone(),
                    form: form.clone(),
                };
                self.try_revoke(principal, command.consent, revocation).await
            })
            .await?;
        self.ground.settle_all(events).await;
        Ok(consent)
    }

    async fn try_revoke(
        &self,
        principal: &Principal,
        id: ConsentId,
        revocation: Revocation,
    ) -> Result<(Consent, Vec<EventId>), Failure> {
        let absent = || Rejection::not_found("consentId", "consent");
        let cipher = &self.ground.cipher;
        let mut tx = self.ground.database.begin().await?;
        let patient = store::find(&*tx, cipher, id).await?.ok_or_else(absent)?.patient;
        let patient = load_seen(&self.ground, &tx, principal, patient, "consentId")
            .await
            .map_err(|failure| match failure {
                Failure::Refused(_) => absent().into(),
                other => other,
            })?;
        // Read again under the patient's lock, which everybody takes who withdraws one.
        let mut consent = store::find(&*tx, cipher, id).await?.ok_or_else(absent)?;
        if !sees_all(principal, &patient) && consent.grantee != revocation.by {
            return Err(absent().into());
        }
        authorise(principal, &patient, revocation.form.as_deref())?;
        let conflict = |problem: RevocationProblem| Rejection::conflict("consentId", problem.to_string());
        consent.revoke(revocation.clone()).map_err(conflict)?;
        if !store::revoke(&tx, cipher, id, &revocation).await? {
            return Err(conflict(RevocationProblem::Revoked).into());
        }
        let events = self.ground.events.append(&mut tx, &[changed(&consent)]).await?;
        tx.commit().await?;
        Ok((consent, events))
    }

    /// A page of the consents of a patient whom the caller sees, the latest first: all for the patient, guardians and the front
    /// desk; for anybody else those given to them.
    pub async fn list(
        &self,
        principal: &Principal,
        patient: &Patient,
        filter: ConsentFilter,
        page: &PageArgs<ConsentKey>,
    ) -> Result<Edges<ConsentKey, Consent>, Failure> {
        let user = principal.require_user()?;
        let mut filter = filter;
        if !sees_all(principal, patient) {
            if filter.grantee.is_some_and(|wanted| wanted != user) {
                return Ok(Vec::new());
            }
            filter.grantee = Some(user);
        }
        let Ground { database, cipher, .. } = &self.ground;
        Ok(store::list(
            database.reader(),
            cipher,
            patient.records(),
            &filter,
            page,
            self.now(),
        )
        .await?)
    }
}

/// Commits an attempt whose answer was kept, and undoes one that a twin was faster than.
async fn finish(tx: Transaction, kept: bool, attempt: Attempt) -> Result<Attempt, Failure> {
    if kept {
        tx.commit().await?;
        Ok(attempt)
    } else {
        tx.rollback().await?;
        Ok(Attempt::Beaten)
    }
}

/// What others are told of a consent.
pub(crate) fn changed(consent: &Consent) -> PatientsEvent {
    PatientsEvent::ConsentChanged {
        patient_id: consent.patient,
        consent: consent.facts(),
    }
}

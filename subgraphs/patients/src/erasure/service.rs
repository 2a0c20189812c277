//! Asking for an erasure, calling it off, and seeing what became of it.

use super::model::Erasure;
use super::{own, store};
use crate::patient::{Patient, Viewer, authorise, form_reference, load_seen, sees_all, store as patients};
use caregraph_contracts::Scope;
use caregraph_contracts::events::PatientsEvent;
use caregraph_contracts::ids::{ErasureId, EventId, PatientId, UserId};
use caregraph_kit::Rejection;
use caregraph_kit::auth::{AccessDenied, Principal};
use caregraph_kit::database::Transaction;
use caregraph_kit::failure::Failure;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::validate::Checks;
use chrono::SubsecRound;

/// Wants everything erased that is kept about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestErasure {
    /// The person.
    pub patient: PatientId,
    /// The signed form on which the front desk acts, at most 120 characters. Nobody else needs one.
    pub signed_form: Option<String>,
}

/// Wants it no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelErasure {
    /// Which.
    pub erasure: ErasureId,
    /// The signed form on which the front desk acts, at most 120 characters. Nobody else needs one.
    pub signed_form: Option<String>,
}

/// Use cases about erasures. Cheap to clone.
#[derive(Clone)]
pub struct ErasureService {
    ground: Ground,
}

impl ErasureService {
    /// The service on its ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// Has everything erased that is kept about a person and that no law keeps: said by the person, by a guardian of somebody without an
    /// account, or by the front desk with a form that one of them has signed. Whoever asks while one is under way gets that one.
    pub async fn request(&self, principal: &Principal, command: RequestErasure) -> Result<Erasure, Failure> {
        let user = principal.require_any(&[Scope::PatientsWrite, Scope::PatientsManage])?;
        let form = checked_form(command.signed_form.as_deref())?;
        let (erasure, events) = self
            .ground
            .database
            .retrying(|| async {
                self.try_request(principal, user, command.patient, form.as_deref())
                    .await
            })
            .await?;
        self.ground.settle_all(events).await;
        Ok(erasure)
    }

    async fn try_request(
        &self,
        principal: &Principal,
        user: UserId,
        patient: PatientId,
        form: Option<&str>,
    ) -> Result<(Erasure, Vec<EventId>), Failure> {
        let Ground {
            cipher,
            clock,
            events,
            database,
            retention,
            ..
        } = &self.ground;
        let now = clock.now().trunc_subsecs(6);
        let mut tx = database.begin().await?;
        let patient = load_seen(&self.ground, &tx, principal, patient, "patientId").await?;
        // Only the front desk holds signed forms in its hands.
        let form = form.filter(|_| principal.has(Scope::PatientsManage));
        authorise(principal, &patient, form)?;
        if patient.account().is_some() && !patient.is_account_of(user) && form.is_none() {
            let message =
                "this person has an account and asks for it themselves, or signs a form at the front desk";
            return Err(Rejection::not_allowed(message).into());
        }
        if let Some(open) = store::open_for(&*tx, cipher, patient.records()).await? {
            return Ok((open, Vec::new()));
        }
        own::require_other_guardians(&tx, cipher, &patient).await?;
        // From now on this one decides what goes when.
        store::end_reviews(&tx, patient.records()).await?;
        let said_by = (user, form.map(str::to_owned));
        let erasure = Erasure::requested(clock.new_id(), &patient, said_by, now, retention);
        store::insert(&tx, cipher, &erasure).await?;
        let asked = PatientsEvent::ErasureAsked {
            step: erasure.step(now),
        };
        let events = events.append(&mut tx, &[asked]).await?;
        tx.commit().await?;
        Ok((erasure, events))
    }

    /// Calls an erasure off while there is time: said by the person, a guardian, or the front desk with a form that one of them has
    /// signed. Nobody else knows of it.
    pub async fn cancel(&self, principal: &Principal, command: CancelErasure) -> Result<Erasure, Failure> {
        principal.require_any(&[Scope::PatientsWrite, Scope::PatientsManage])?;
        let form = checked_form(command.signed_form.as_deref())?;
        let (erasure, events) = self
            .ground
            .database
            .retrying(|| async { self.try_cancel(principal, command.erasure, form.as_deref()).await })
            .await?;
        self.ground.settle_all(events).await;
        Ok(erasure)
    }

    async fn try_cancel(
        &self,
        principal: &Principal,
        id: ErasureId,
        form: Option<&str>,
    ) -> Result<(Erasure, Vec<EventId>), Failure> {
        let Ground {
            cipher,
            events,
            database,
            ..
        } = &self.ground;
        let absent = || Rejection::not_found("erasureId", "erasure");
        let mut tx = database.begin().await?;
        let known = store::find(&*tx, cipher, id).await?.ok_or_else(absent)?;
        let patient = load_seen(&self.ground, &tx, principal, known.patient, "erasureId").await;
        let patient = patient.map_err(|failure| match failure {
            Failure::Refused(_) => absent().into(),
            other => other,
        })?;
        if !sees_all(principal, &patient) {
            return Err(absent().into());
        }
        authorise(principal, &patient, form)?;
        // Read again under the patient's lock, which everybody takes who carries one on.
        let mut erasure = store::find(&*tx, cipher, id).await?.ok_or_else(absent)?;
        erasure
            .cancel()
            .map_err(|problem| Rejection::conflict("erasureId", problem.to_string()))?;
        store::save(&tx, cipher, &mut erasure).await?;
        let cancelled = PatientsEvent::ErasureCancelled {
            erasure_id: erasure.id,
            patient_id: erasure.patient,
            requested_by: erasure.requested_by,
        };
        let events = events.append(&mut tx, &[cancelled]).await?;
        tx.commit().await?;
        Ok((erasure, events))
    }

    /// An erasure, for whoever asked for it, and for the person, guardians and the front desk.
    pub async fn get(&self, principal: &Principal, id: ErasureId) -> Result<Option<Erasure>, Failure> {
        let user = principal.require_user()?;
        let viewer = Viewer::of(principal).ok_or(AccessDenied::Unauthenticated)?;
        let Ground {
            database,
            cipher,
            clock,
            ..
        } = &self.ground;
        let Some(erasure) = store::find(database.reader(), cipher, id).await? else {
            return Ok(None);
        };
        if erasure.requested_by == user {
            return Ok(Some(erasure));
        }
        let ids = [erasure.patient];
        let mut seen = patients::visible(database.reader(), cipher, viewer, &ids, clock.now()).await?;
        let patient = seen.remove(&erasure.patient);
        Ok(patient
            .filter(|patient| sees_all(principal, patient))
            .map(|_| erasure))
    }

    /// The erasures of a person whom the caller sees, the latest first; `None` for everybody but the person, guardians and the front desk.
    pub async fn list(
        &self,
        principal: &Principal,
        patient: &Patient,
    ) -> Result<Option<Vec<Erasure>>, Failure> {
        if !sees_all(principal, patient) {
            return Ok(None);
        }
        let Ground { database, cipher, .. } = &self.ground;
        let erasures = store::of(database.reader(), cipher, patient.records()).await?;
        Ok(Some(erasures))
    }
}

fn checked_form(form: Option<&str>) -> Result<Option<String>, Failure> {
    let mut checks = Checks::new();
    let form = form_reference(&mut checks, form);
    checks.done::<Rejection>()?;
    Ok(form)
}

/// Refuses to put together or part records of somebody whose data are about to be erased: nobody would have asked for those of the others.
pub(crate) async fn refuse_while_open(
    tx: &Transaction,
    ground: &Ground,
    records: impl Iterator<Item = PatientId>,
    path: &str,
) -> Result<(), Failure> {
    if store::open_for(&**tx, &ground.cipher, records).await?.is_none() {
        return Ok(());
    }
    let message = "the data of one of them are about to be erased; wait for that, or have it called off";
    Err(Rejection::conflict(path, message).into())
}

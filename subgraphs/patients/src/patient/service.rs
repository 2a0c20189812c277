//! Use cases about patients.

use super::changes::ProfileChanges;
use super::guardians::known_guardian;
use super::model::{Guardian, MOST_DEPENDANTS, MOST_GUARDIANS, Patient};
use super::person::told;
use super::profile::Profile;
use super::search::Search;
use super::store::{self, ListFilter, ListKey};
use super::values::{GuardianRelationship, Language};
use super::viewer::Viewer;
use caregraph_contracts::Scope;
use caregraph_contracts::events::PatientsEvent;
use caregraph_contracts::ids::{EventId, PatientId, UserId};
use caregraph_kit::auth::{AccessDenied, Principal};
use caregraph_kit::database::Transaction;
use caregraph_kit::failure::Failure;
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::subgraph::Ground;
use caregraph_kit::{Fault, Rejection};
use chrono::NaiveDate;
use std::collections::{BTreeSet, HashMap};

/// Somebody who is to act for a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardianDraft {
    /// The guardian's account.
    pub user: UserId,
    /// What the guardian is to the patient.
    pub relationship: GuardianRelationship,
}

/// Puts somebody on record who has no account; the front desk's task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegisterPatient {
    /// Everything known about the person; the given name at least.
    pub profile: ProfileChanges,
    /// Who acts for the person. With at least one the patient is a dependant.
    pub guardians: Vec<GuardianDraft>,
}

/// Puts somebody on record for whom the caller acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddDependant {
    /// What the caller is to the patient.
    pub relationship: GuardianRelationship,
    /// Everything known about the person; the given name at least.
    pub profile: ProfileChanges,
}

/// The patient behind an id, locked, if the caller may see one.
pub(crate) async fn load_seen(
    ground: &Ground,
    tx: &Transaction,
    principal: &Principal,
    id: PatientId,
    path: &str,
) -> Result<Patient, Failure> {
    let viewer = Viewer::of(principal).ok_or(AccessDenied::Unauthenticated)?;
    let patient = store::load_for_update(tx, &ground.cipher, viewer, id, ground.clock.now()).await?;
    Ok(patient.ok_or_else(|| Rejection::not_found(path, "patient"))?)
}

/// Use cases about patients. Cheap to clone.
#[derive(Clone)]
pub struct PatientService {
    pub(super) ground: Ground,
}

impl PatientService {
    /// The service on its ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// The day it is, in UTC: ages are counted by it.
    pub fn today(&self) -> NaiveDate {
        self.ground.clock.now().date_naive()
    }

    /// A patient, if the caller may see one under this id.
    pub async fn get(&self, principal: &Principal, id: PatientId) -> Result<Option<Patient>, Failure> {
        let viewer = Viewer::of(principal).ok_or(AccessDenied::Unauthenticated)?;
        Ok(self.visible(viewer, &[id]).await?.remove(&id))
    }

    /// Those of some patients whom a viewer may see.
    pub async fn visible(
        &self,
        viewer: Viewer,
        ids: &[PatientId],
    ) -> Result<HashMap<PatientId, Patient>, Fault> {
        let Ground {
            database,
            cipher,
            clock,
            ..
        } = &self.ground;
        store::visible(database.reader(), cipher, viewer, ids, clock.now()).await
    }

    /// The caller's own profile first, then those for whom the caller acts, by name.
    pub async fn mine(&self, principal: &Principal) -> Result<Vec<Patient>, Failure> {
        let user = principal.require_user()?;
        let mut patients = store::own(self.ground.database.reader(), &self.ground.cipher, user).await?;
        patients.sort_by_key(|patient| !patient.is_account_of(user));
        Ok(patients)
    }

    /// A page of patients, the latest first: everybody for the front desk, those in their care for other members of staff.
    pub async fn list(
        &self,
        principal: &Principal,
        search: Option<&str>,
        filter: &ListFilter,
        page: &PageArgs<ListKey>,
    ) -> Result<Edges<ListKey, Patient>, Failure> {
        principal.require_any(&[Scope::PatientsRead, Scope::PatientsManage])?;
        let viewer = Viewer::of(principal).ok_or(AccessDenied::Unauthenticated)?;
        let search = Search::parse(search.unwrap_or_default())
            .map_err(|error| Rejection::invalid("search", error.to_string()))?;
        let Ground {
            database,
            cipher,
            clock,
            ..
        } = &self.ground;
        Ok(store::list(
            database.reader(),
            cipher,
            viewer,
            &search,
            filter,
            page,
            clock.now(),
        )
        .await?)
    }

    /// Puts a walk-in on record.
    pub async fn register(
        &self,
        principal: &Principal,
        command: RegisterPatient,
    ) -> Result<Patient, Failure> {
        principal.require(Scope::PatientsManage)?;
        self.open_record(&command.profile, &command.guardians, "guardians")
            .await
    }

    /// Puts a child, a parent or somebody else on record for whom the caller acts.
    pub async fn add_dependant(
        &self,
        principal: &Principal,
        command: AddDependant,
    ) -> Result<Patient, Failure> {
        let user = principal.require(Scope::PatientsWrite)?;
        let guardian = GuardianDraft {
            user,
            relationship: command.relationship,
        };
        self.open_record(&command.profile, &[guardian], "").await
    }

    async fn open_record(
        &self,
        changes: &ProfileChanges,
        guardians: &[GuardianDraft],
        path: &str,
    ) -> Result<Patient, Failure> {
        let distinct: BTreeSet<UserId> = guardians.iter().map(|guardian| guardian.user).collect();
        if distinct.len() != guardians.len() || guardians.len() > MOST_GUARDIANS {
            let message = format!("must name at most {MOST_GUARDIANS} people, each once");
            return Err(Rejection::invalid(path, message).into());
        }
        let profile = Profile::blank(Language::Vi).changed(changes, self.ground.clock.now())?;
        let (patient, events) = self
            .ground
            .database
            .retrying(|| async { self.try_open(&profile, guardians, path).await })
            .await?;
        self.ground.settle_all(events).await;
        Ok(patient)
    }

    async fn try_open(
        &self,
        profile: &Profile,
        guardians: &[GuardianDraft],
        path: &str,
    ) -> Result<(Patient, Vec<EventId>), Failure> {
        let now = self.ground.clock.now();
        let mut tx = self.ground.database.begin().await?;
        let mrn = store::draw_mrn(&tx).await?;
        if path.is_empty() {
            // Drawing the number took a lock that everybody who opens a record waits for, so nobody adds in between.
            for guardian in guardians {
                if store::count_dependants(&tx, guardian.user).await? >= MOST_DEPENDANTS {
                    let message = format!("you act for {MOST_DEPENDANTS} people already; ask the front desk");
                    return Err(Rejection::not_allowed(message).into());
                }
            }
        }
        let mut patient = Patient::new(self.ground.clock.new_id(), mrn, profile.clone(), now);
        for (i, draft) in guardians.iter().enumerate() {
            // Whoever adds a dependant is signed in, so only the front desk's guardians need looking up.
            if !path.is_empty() {
                known_guardian(&tx, draft.user, &format!("{path}.{i}.guardianId")).await?;
            }
            patient.guardians.push(Guardian {
                user: draft.user,
                relationship: draft.relationship,
                since: now,
            });
        }
        patient.dependant = !guardians.is_empty();
        store::insert(&tx, &self.ground.cipher, &patient).await?;
        let event = PatientsEvent::PatientRegistered {
            patient: patient.facts(),
        };
        let events = self.ground.events.append(&mut tx, &[event]).await?;
        tx.commit().await?;
        Ok((patient, events))
    }

    /// The patient behind an id, locked, if the caller may see one.
    pub(super) async fn load(
        &self,
        tx: &Transaction,
        principal: &Principal,
        id: PatientId,
        path: &str,
    ) -> Result<(Viewer, Patient), Failure> {
        let viewer = Viewer::of(principal).ok_or(AccessDenied::Unauthenticated)?;
        Ok((viewer, load_seen(&self.ground, tx, principal, id, path).await?))
    }

    /// Stores a changed patient and tells others what they may know of it, and of those records in `before` that are the same
    /// person's.
    pub(super) async fn keep(
        &self,
        mut tx: Transaction,
        mut patient: Patient,
        before: &[Patient],
    ) -> Result<(Patient, Vec<EventId>), Failure> {
        let Ground {
            cipher,
            clock,
            events,
            ..
        } = &self.ground;
        if !store::save(&tx, cipher, &mut patient, clock.now()).await? {
            return Err(changed_meanwhile().into());
        }
        let after = if patient.same_person.is_empty() {
            vec![patient.clone()]
        } else {
            store::records(&tx, cipher, patient.id).await?
        };
        let ids = events.append(&mut tx, &told(before, &after)).await?;
        tx.commit().await?;
        Ok((patient, ids))
    }
}

pub(super) fn changed_meanwhile() -> Rejection {
    Rejection::conflict(
        "version",
        "somebody else has changed this profile meanwhile; read it again",
    )
}

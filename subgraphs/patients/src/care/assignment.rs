//! Putting together a care team.

use super::model::{Assignment, CareRelationship, CareTeamRole, told};
use super::store::{self, Sources};
use crate::account;
use crate::patient::{Patient, Viewer, store as patients};
use caregraph_contracts::Scope;
use caregraph_contracts::events::PatientsEvent;
use caregraph_contracts::ids::{PatientId, UserId};
use caregraph_kit::auth::Principal;
use caregraph_kit::database::Transaction;
use caregraph_kit::failure::Failure;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::validate::Checks;
use caregraph_kit::{Fault, Rejection};
use chrono::{DateTime, Utc};
use std::collections::{BTreeSet, HashMap};

/// Most people assigned to one patient.
const MOST_MEMBERS: usize = 20;

/// One person on a care team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamMember {
    /// The account of somebody who gives care.
    pub user: UserId,
    /// What the person does on the team.
    pub role: CareTeamRole,
}

/// Sets a patient's whole care team. Relationships that follow from appointments are not touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignCareTeam {
    /// The patient.
    pub patient: PatientId,
    /// Everybody who is to be on the team, at most 20, each once.
    pub members: Vec<TeamMember>,
}

/// Use cases about care relationships. Cheap to clone.
#[derive(Clone)]
pub struct CareService {
    ground: Ground,
}

impl CareService {
    /// The service on its ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// Sets a patient's care team: the front desk's task.
    pub async fn assign(&self, principal: &Principal, command: AssignCareTeam) -> Result<Patient, Failure> {
        let by = principal.require(Scope::PatientsManage)?;
        let users: BTreeSet<UserId> = command.members.iter().map(|member| member.user).collect();
        let mut checks = Checks::new();
        checks
            .require(
                command.members.len() <= MOST_MEMBERS,
                "members",
                "must have at most 20 entries",
            )
            .require(
                users.len() == command.members.len(),
                "members",
                "must name everybody once",
            );
        checks.done::<Rejection>()?;
        let (patient, events) = self
            .ground
            .database
            .retrying(|| async { self.try_assign(principal, by, &command).await })
            .await?;
        self.ground.settle_all(events).await;
        Ok(patient)
    }

    async fn try_assign(
        &self,
        principal: &Principal,
        by: UserId,
        command: &AssignCareTeam,
    ) -> Result<(Patient, Vec<caregraph_contracts::ids::EventId>), Failure> {
        let now = self.ground.clock.now();
        let mut tx = self.ground.database.begin().await?;
        let patient = match Viewer::of(principal) {
            Some(viewer) => {
                patients::load_for_update(&tx, &self.ground.cipher, viewer, command.patient, now).await?
            }
            None => None,
        };
        let patient = patient.ok_or_else(|| Rejection::not_found("patientId", "patient"))?;
        let records: Vec<PatientId> = patient.records().collect();
        let before = Sources::load(&*tx, &records, now).await?;
        let team = check_members(&tx, patient.id, command, &before, now).await?;
        store::replace_team(&tx, patient.id, &team, by).await?;
        // Whoever cares for the person by another of their records is on the team too, and may be taken off.
        store::take_off(&tx, &records[1..], &team).await?;
        let after = Sources::load(&*tx, &records, now).await?;
        let events: Vec<_> = records
            .iter()
            .flat_map(|record| changes(*record, &before, &after, now))
            .collect();
        let ids = self.ground.events.append(&mut tx, &events).await?;
        tx.commit().await?;
        Ok((patient, ids))
    }

    /// Who cares for patients now, by whichever of their records. Whoever asks must have made sure that the caller sees these
    /// patients.
    pub(crate) async fn teams(
        &self,
        roots: &[PatientId],
    ) -> Result<HashMap<PatientId, Vec<CareRelationship>>, Fault> {
        let now = self.ground.clock.now();
        let reader = self.ground.database.reader();
        let standing = patients::together(reader, roots).await?;
        let records: Vec<PatientId> = standing.keys().copied().collect();
        let sources = Sources::load(reader, &records, now).await?;
        Ok(sources.gathered(&standing).teams(now))
    }
}

/// What others are told of one record's relationships.
pub(crate) fn changes(
    patient: PatientId,
    before: &Sources,
    after: &Sources,
    now: DateTime<Utc>,
) -> Vec<PatientsEvent> {
    let mut concerned: BTreeSet<UserId> = before.assigned_to(patient);
    concerned.extend(after.assigned_to(patient));
    concerned
        .into_iter()
        .filter_map(|user| {
            let (before, after) = (
                before.between(patient, user, now),
                after.between(patient, user, now),
            );
            told(patient, user, before, after)
        })
        .collect()
}

/// The team as assignments; who stays keeps the beginning.
async fn check_members(
    tx: &Transaction,
    patient: PatientId,
    command: &AssignCareTeam,
    before: &Sources,
    now: DateTime<Utc>,
) -> Result<Vec<Assignment>, Failure> {
    let users: Vec<UserId> = command.members.iter().map(|member| member.user).collect();
    let known = account::store::roles_of(&**tx, &users).await?;
    let mut rejections = Vec::new();
    let mut team = Vec::with_capacity(command.members.len());
    for (i, member) in command.members.iter().enumerate() {
        if !known.get(&member.user).is_some_and(account::Roles::include_care) {
            rejections.push(Rejection::not_found(
                &format!("members.{i}.practitionerId"),
                "practitioner",
            ));
        }
        let since = before.assigned_since(patient, member.user).unwrap_or(now);
        team.push(Assignment {
            patient,
            user: member.user,
            role: member.role,
            since,
        });
    }
    if rejections.is_empty() {
        Ok(team)
    } else {
        Err(Failure::Refused(rejections))
    }
}

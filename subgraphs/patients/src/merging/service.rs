//! Use cases about records of one person: the front desk's task.

use super::model::{MOST_RECORDS, Merge, MergeConcern, Undoing, carried, concerns};
use super::store::{self, MergeKey};
use crate::duplicate::store as duplicates;
use crate::erasure;
use crate::patient::{Patient, store as patients, told};
use caregraph_contracts::Scope;
use caregraph_contracts::ids::{EventId, MergeId, PatientId, UserId};
use caregraph_kit::auth::Principal;
use caregraph_kit::database::Transaction;
use caregraph_kit::failure::Failure;
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::subgraph::Ground;
use caregraph_kit::validate::Checks;
use caregraph_kit::{Fault, Rejection};
use chrono::SubsecRound;
use std::collections::{BTreeSet, HashMap};

/// Longest reason, in characters.
const REASON_LENGTH: usize = 500;

/// Puts a record to another one of the same person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergePatients {
    /// The record that is to stand for the person.
    pub surviving: PatientId,
    /// The record that turned out to be a duplicate.
    pub merged: PatientId,
    /// Why, at most 500 characters.
    pub reason: String,
    /// Everything that speaks against it and was checked.
    pub checked: BTreeSet<MergeConcern>,
}

/// Lets a merged record stand for itself again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoMerge {
    /// Which merge.
    pub merge: MergeId,
    /// Why, at most 500 characters.
    pub reason: String,
}

/// Why records were not put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeRefusal {
    /// A refusal like any other.
    #[error(transparent)]
    Common(#[from] Rejection),
    /// Something speaks against it that nobody has checked.
    #[error("something speaks against these two being one person; check it and say so")]
    Unchecked(Vec<MergeConcern>),
}

/// Use cases about merging. Cheap to clone.
#[derive(Clone)]
pub struct MergeService {
    ground: Ground,
}

impl MergeService {
    /// The service on its ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// Puts a record, and whatever was put to it before, to another one. Naming a duplicate as the surviving record means the
    /// one that stands for its person.
    pub async fn merge(
        &self,
        principal: &Principal,
        command: MergePatients,
    ) -> Result<Merge, Failure<MergeRefusal>> {
        let by = principal.require(Scope::PatientsManage)?;
        let reason = checked_reason(&command.reason).map_err(Failure::widen)?;
        if command.surviving == command.merged {
            return Err(
                Rejection::invalid("mergedId", "must be another record than the surviving one").into(),
            );
        }
        let (merge, events) = self
            .ground
            .database
            .retrying(|| async { self.try_merge(by, &command, &reason).await })
            .await?;
        self.ground.settle_all(events).await;
        Ok(merge)
    }

    async fn try_merge(
        &self,
        by: UserId,
        command: &MergePatients,
        reason: &str,
    ) -> Result<(Merge, Vec<EventId>), Failure<MergeRefusal>> {
        let Ground {
            cipher,
            clock,
            events,
            database,
            ..
        } = &self.ground;
        let mut tx = database.begin().await?;
        let standing = patients::lock_standing(&tx, &[command.surviving, command.merged]).await?;
        let surviving = *standing
            .get(&command.surviving)
            .ok_or_else(|| Rejection::not_found("survivingId", "patient"))?;
        let merged = command.merged;
        let stands = *standing
            .get(&merged)
            .ok_or_else(|| Rejection::not_found("mergedId", "patient"))?;
        if surviving == merged || surviving == stands {
            return Err(Rejection::conflict("mergedId", "these two are one person's already").into());
        }
        if stands != merged {
            return Err(merged_already().into());
        }
        let mut before = patients::records(&tx, cipher, surviving).await?;
        let joining = patients::records(&tx, cipher, merged).await?;
        let all = before.iter().chain(&joining).map(|record| record.id);
        erasure::refuse_while_open(&tx, &self.ground, all, "mergedId")
            .await
            .map_err(Failure::widen)?;
        if before.len() + joining.len() > MOST_RECORDS {
            let message = format!("one person has at most {MOST_RECORDS} records");
            return Err(Rejection::conflict("mergedId", message).into());
        }
        let concerns = match (one_of(&before, surviving), one_of(&joining, merged)) {
            (Some(one), Some(other)) => concerns(one, other),
            _ => return Err(Fault::new("a locked patient is gone", "no row").into()),
        };
        let unchecked: Vec<MergeConcern> = concerns.difference(&command.checked).copied().collect();
        if !unchecked.is_empty() {
            return Err(Failure::refused(MergeRefusal::Unchecked(unchecked)));
        }
        let merge = Merge {
            id: clock.new_id(),
            surviving,
            merged,
            concerns: concerns.into_iter().collect(),
            reason: reason.to_owned(),
            by,
            at: clock.now().trunc_subsecs(6),
            undone: None,
        };
        if !store::insert(&tx, cipher, &merge).await? {
            return Err(merged_already().into());
        }
        let ids: Vec<PatientId> = joining.iter().map(|record| record.id).collect();
        patients::point(&tx, &ids, Some(surviving)).await?;
        before.extend(joining);
        let after = patients::records(&tx, cipher, surviving).await?;
        self.keep_keys(&tx, &after, merged).await?;
        let events = events.append(&mut tx, &told(&before, &after)).await?;
        tx.commit().await?;
        Ok((merge, events))
    }

    /// Lets a merged record stand for itself again, with whatever had been put to it before.
    pub async fn undo(&self, principal: &Principal, command: UndoMerge) -> Result<Merge, Failure> {
        let by = principal.require(Scope::PatientsManage)?;
        let reason = checked_reason(&command.reason)?;
        let (merge, events) = self
            .ground
            .database
            .retrying(|| async { self.try_undo(by, command.merge, &reason).await })
            .await?;
        self.ground.settle_all(events).await;
        Ok(merge)
    }

    async fn try_undo(
        &self,
        by: UserId,
        id: MergeId,
        reason: &str,
    ) -> Result<(Merge, Vec<EventId>), Failure> {
        let Ground {
            cipher,
            clock,
            events,
            database,
            ..
        } = &self.ground;
        let absent = || Rejection::not_found("mergeId", "merge");
        let undone = || Rejection::conflict("mergeId", "this merge was undone already");
        let mut tx = database.begin().await?;
        let merged = store::find(&*tx, cipher, id).await?.ok_or_else(absent)?.merged;
        let standing = patients::lock_standing(&tx, &[merged]).await?;
        let surviving = *standing.get(&merged).ok_or_else(absent)?;
        // Read again under the lock, which everybody takes who puts records together or parts them.
        let mut merge = store::find(&*tx, cipher, id).await?.ok_or_else(absent)?;
        if merge.undone.is_some() {
            return Err(undone().into());
        }
        let before = patients::records(&tx, cipher, surviving).await?;
        let ids: Vec<PatientId> = before.iter().map(|record| record.id).collect();
        erasure::refuse_while_open(&tx, &self.ground, ids.iter().copied(), "mergeId").await?;
        let mut parting = carried(merged, &store::holding(&tx, &ids).await?);
        parting.remove(&merged);
        let parting: Vec<PatientId> = parting.into_iter().collect();
        patients::point(&tx, &[merged], None).await?;
        patients::point(&tx, &parting, Some(merged)).await?;
        let undoing = Undoing {
            reason: reason.to_owned(),
            by,
            at: clock.now().trunc_subsecs(6),
        };
        if !store::undo(&tx, cipher, id, &undoing).await? {
            return Err(undone().into());
        }
        merge.undone = Some(undoing);
        let mut after = patients::records(&tx, cipher, surviving).await?;
        after.extend(patients::records(&tx, cipher, merged).await?);
        self.keep_keys(&tx, &after, merged).await?;
        let events = events.append(&mut tx, &told(&before, &after)).await?;
        tx.commit().await?;
        Ok((merge, events))
    }

    /// A page of the merges in which a person's records took part, the latest first, undone ones too; for the front desk.
    pub async fn list(
        &self,
        principal: &Principal,
        patient: &Patient,
        page: &PageArgs<MergeKey>,
    ) -> Result<Edges<MergeKey, Merge>, Failure> {
        principal.require(Scope::PatientsManage)?;
        let records: Vec<PatientId> = patient.records().collect();
        let Ground { database, cipher, .. } = &self.ground;
        Ok(store::list(database.reader(), cipher, &records, page).await?)
    }

    /// Records as they are, whether or not they are duplicates. Whoever asks must have made sure that the caller sees everybody.
    pub(crate) async fn records(&self, ids: &[PatientId]) -> Result<HashMap<PatientId, Patient>, Fault> {
        let Ground { database, cipher, .. } = &self.ground;
        patients::some(database.reader(), cipher, ids).await
    }

    /// Duplicates are found by the record that stands for the person, so the keys of one come and go with its merges.
    async fn keep_keys(&self, tx: &Transaction, records: &[Patient], id: PatientId) -> Result<(), Fault> {
        match one_of(records, id) {
            Some(record) => duplicates::keep_keys(tx, &self.ground.cipher, record).await,
            None => Ok(()),
        }
    }
}

fn one_of(records: &[Patient], id: PatientId) -> Option<&Patient> {
    records.iter().find(|record| record.id == id)
}

fn merged_already() -> Rejection {
    let message = "this record was put to another one already; name the one that stands for the person, or undo that first";
    Rejection::conflict("mergedId", message)
}

fn checked_reason(reason: &str) -> Result<String, Failure> {
    let mut checks = Checks::new();
    let reason = checks.text("reason", reason, REASON_LENGTH);
    checks.done::<Rejection>()?;
    Ok(reason)
}

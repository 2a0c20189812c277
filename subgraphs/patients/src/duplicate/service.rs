//! Looking for records that may be one person's.

use super::model::{Likeness, MATCH_VERSION, MatchReason, likeness};
use super::store;
use crate::patient::{Patient, store as patients};
use caregraph_contracts::Scope;
use caregraph_contracts::ids::PatientId;
use caregraph_kit::auth::Principal;
use caregraph_kit::failure::Failure;
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::subgraph::Ground;
use caregraph_kit::{Fault, Rejection};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;

/// Where a pair stands in a list: by the lower id, then by the higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PairKey(PatientId, PatientId);

/// Two records that may be one person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateCandidate {
    /// The record that was opened first.
    pub one: Patient,
    /// The other record.
    pub other: Patient,
    /// How much they look like one person's, 0 to 100.
    pub score: i32,
    /// Why, the strongest first.
    pub reasons: Vec<MatchReason>,
}

/// From which score on pairs are shown unless somebody asks for others: more than a telephone in common.
const LEAST_SCORE: i32 = 30;

/// Records looked at in one go.
const BATCH: u64 = 100;

/// Use cases about possible duplicates. Cheap to clone.
#[derive(Clone)]
pub struct DuplicateService {
    ground: Ground,
}

impl DuplicateService {
    /// The service on its ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// A page of pairs that score at least `min_score` (0 to 100, 30 when left out), of one patient or of all: the front desk's task.
    pub async fn candidates(
        &self,
        principal: &Principal,
        of: Option<PatientId>,
        min_score: Option<i32>,
        page: &PageArgs<PairKey>,
    ) -> Result<Edges<PairKey, DuplicateCandidate>, Failure> {
        principal.require(Scope::PatientsManage)?;
        let lowest = min_score.unwrap_or(LEAST_SCORE);
        if !(0..=100).contains(&lowest) {
            return Err(Rejection::invalid("minScore", "`minScore` must be between 0 and 100").into());
        }
        Ok(match of {
            Some(patient) => self.of_one(patient, lowest, page).await?,
            None => self.of_all(lowest, page).await?,
        })
    }

    async fn of_one(
        &self,
        patient: PatientId,
        lowest: i32,
        page: &PageArgs<PairKey>,
    ) -> Result<Edges<PairKey, DuplicateCandidate>, Fault> {
        let reader = self.ground.database.reader();
        let standing = patients::standing(reader, &[patient]).await?;
        let Some(root) = standing.get(&patient) else {
            return Ok(Vec::new());
        };
        let partners = store::partners(reader, &[*root]).await?;
        let pairs = partners.into_iter().flat_map(|(id, others)| {
            others
                .into_iter()
                .map(move |other| PairKey(id.min(other), id.max(other)))
        });
        self.weighed(pairs.collect(), lowest, page).await
    }

    async fn of_all(
        &self,
        lowest: i32,
        page: &PageArgs<PairKey>,
    ) -> Result<Edges<PairKey, DuplicateCandidate>, Fault> {
        let reader = self.ground.database.reader();
        let mut found = Vec::new();
        let mut from = page
            .after
            .map_or(Bound::Unbounded, |PairKey(one, _)| Bound::Included(one));
        loop {
            let batch = store::sharing(reader, from, BATCH).await?;
            let Some(end) = batch.last() else {
                return Ok(found);
            };
            from = Bound::Excluded(*end);
            let partners = store::partners(reader, &batch).await?;
            let pairs = partners.into_iter().flat_map(|(id, others)| {
                // The other half of the pairs comes with their lower ids.
                others
                    .into_iter()
                    .filter(move |other| *other > id)
                    .map(move |other| PairKey(id, other))
            });
            found.extend(self.weighed(pairs.collect(), lowest, page).await?);
            if found.len() as u64 >= page.limit() {
                found.truncate(page.first + 1);
                return Ok(found);
            }
        }
    }

    /// Those of some pairs that come behind the page's cursor and score enough.
    async fn weighed(
        &self,
        pairs: BTreeSet<PairKey>,
        lowest: i32,
        page: &PageArgs<PairKey>,
    ) -> Result<Edges<PairKey, DuplicateCandidate>, Fault> {
        let pairs: Vec<PairKey> = pairs
            .into_iter()
            .filter(|key| page.after.is_none_or(|after| *key > after))
            .collect();
        let concerned: BTreeSet<PatientId> = pairs.iter().flat_map(|key| [key.0, key.1]).collect();
        let concerned: Vec<PatientId> = concerned.into_iter().collect();
        let Ground { database, cipher, .. } = &self.ground;
        let known = patients::some(database.reader(), cipher, &concerned).await?;
        let enough = pairs
            .into_iter()
            .filter_map(|key| Some((key, weigh(&known, key)?)))
            .filter(|(_, candidate)| candidate.score >= lowest);
        Ok(enough.take(page.first + 1).collect())
    }

    /// Gives records keys that have none, or have them from an earlier version of the program.
    pub async fn renew_keys(&self) -> Result<(), Fault> {
        let Ground { database, cipher, .. } = &self.ground;
        loop {
            let outdated = patients::outdated(database.reader(), MATCH_VERSION, BATCH).await?;
            if outdated.is_empty() {
                return Ok(());
            }
            for id in outdated {
                database
                    .retrying(|| async {
                        let tx = database.begin().await?;
                        if let Some(patient) = patients::lock(&tx, cipher, id).await? {
                            store::keep_keys(&tx, cipher, &patient).await?;
                            patients::mark_matched(&tx, id, MATCH_VERSION).await?;
                        }
                        tx.commit().await?;
                        Ok::<_, Failure>(())
                    })
                    .await
                    .map_err(|failure| match failure {
                        Failure::Fault(fault) => fault,
                        other => Fault::new("a record got no match keys", format!("{other:?}")),
                    })?;
            }
        }
    }
}

/// A pair as people see it, unless one of the two was put together with another record meanwhile.
fn weigh(known: &HashMap<PatientId, Patient>, key: PairKey) -> Option<DuplicateCandidate> {
    let stands = |id| known.get(&id).filter(|patient| patient.merged_into.is_none());
    let (one, other) = (stands(key.0)?, stands(key.1)?);
    let Likeness { score, reasons } = likeness(one, other)?;
    Some(DuplicateCandidate {
        one: one.clone(),
        other: other.clone(),
        score,
        reasons,
    })
}

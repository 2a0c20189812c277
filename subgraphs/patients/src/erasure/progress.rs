//! Carrying an erasure on: when domains answer, and when its time has come.

use super::model::{Erasure, ErasureStatus};
use super::{own, store};
use crate::patient::store as patients;
use caregraph_contracts::events::{ErasureAnswer, PatientsEvent};
use caregraph_contracts::ids::ErasureId;
use caregraph_kit::Fault;
use caregraph_kit::database::Transaction;
use caregraph_kit::subgraph::Ground;
use chrono::SubsecRound;

/// How many erasures are begun at a time.
const BATCH: u64 = 100;

/// Carries erasures on. Cheap to clone.
#[derive(Clone)]
pub struct ErasureProgress {
    ground: Ground,
}

impl ErasureProgress {
    /// On its ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// Takes in what a domain answers. After the last answer, the survey is over, or what is kept here goes too.
    pub(crate) async fn hear(&self, tx: &mut Transaction, answer: ErasureAnswer) -> Result<(), Fault> {
        let Ground {
            cipher,
            clock,
            events,
            ..
        } = &self.ground;
        let Some(mut erasure) = self.locked(tx, answer.erasure_id).await? else {
            return Ok(());
        };
        if !erasure.hear(answer) {
            return store::save(tx, cipher, &mut erasure).await;
        }
        let own = own::holdings(&self.ground, tx, &erasure).await?;
        let telling = if erasure.status == ErasureStatus::Surveying {
            erasure.surveyed(own);
            PatientsEvent::ErasureScheduled {
                erasure_id: erasure.id,
                patient_id: erasure.patient,
                requested_by: erasure.requested_by,
                due_at: erasure.due_at,
                holdings: erasure.holdings.clone(),
            }
        } else {
            own::erase(&self.ground, tx, &erasure).await?;
            erasure.carried_out(own, clock.now().trunc_subsecs(6));
            PatientsEvent::ErasureCarriedOut {
                erasure_id: erasure.id,
                patient_id: erasure.patient,
                round: erasure.round,
                holdings: erasure.holdings.clone(),
            }
        };
        store::save(tx, cipher, &mut erasure).await?;
        events.append(tx, &[telling]).await?;
        Ok(())
    }

    /// Begins the rounds whose time has come; says how many.
    pub async fn carry_on(&self) -> Result<usize, Fault> {
        let now = self.ground.clock.now();
        let due = store::due(self.ground.database.reader(), now, BATCH).await?;
        let mut begun = 0;
        for id in due {
            let attempt = || async { self.begin(id).await };
            begun += usize::from(self.ground.database.retrying(attempt).await?);
        }
        Ok(begun)
    }

    async fn begin(&self, id: ErasureId) -> Result<bool, Fault> {
        let Ground {
            cipher,
            clock,
            events,
            database,
            ..
        } = &self.ground;
        let now = clock.now();
        let mut tx = database.begin().await?;
        let Some(mut erasure) = self.locked(&tx, id).await? else {
            return Ok(false);
        };
        let begins = if self.has_come_back(&tx, &erasure).await? {
            erasure.outlived();
            false
        } else {
            erasure.begin(now)
        };
        store::save(&tx, cipher, &mut erasure).await?;
        if begins {
            let asked = PatientsEvent::ErasureAsked {
                step: erasure.step(now),
            };
            events.append(&mut tx, &[asked]).await?;
        }
        tx.commit().await?;
        Ok(begins)
    }

    /// Whether somebody wrote into the person's profile since it was erased, or found another record of theirs: a wish from before
    /// does not reach what came after.
    async fn has_come_back(&self, tx: &Transaction, erasure: &Erasure) -> Result<bool, Fault> {
        let Some(erased_at) = erasure.carried_out_at else {
            return Ok(false);
        };
        let records = patients::records(tx, &self.ground.cipher, erasure.patient).await?;
        let same = records.len() == erasure.records.len()
            && records.iter().all(|record| erasure.records.contains(&record.id));
        Ok(!same || records.iter().any(|record| record.updated_at > erased_at))
    }

    /// An erasure, under the lock of its patient.
    async fn locked(&self, tx: &Transaction, id: ErasureId) -> Result<Option<Erasure>, Fault> {
        let cipher = &self.ground.cipher;
        let Some(found) = store::find(&**tx, cipher, id).await? else {
            return Ok(None);
        };
        patients::lock_standing(tx, &[found.patient]).await?;
        store::find(&**tx, cipher, id).await
    }
}

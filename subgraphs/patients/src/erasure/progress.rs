//! Carrying an erasure on: when domains answer, and when its time has come.

use super::model::{Erasure, ErasureStatus};
use super::{own, store};
use crate::care::store as care;
use crate::consent::store as consents;
use crate::patient::{Patient, store as patients};
use caregraph_contracts::events::{ErasureAnswer, PatientsEvent};
use caregraph_contracts::ids::{ErasureId, PatientId};
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
        let Some((_, mut erasure)) = self.locked(tx, answer.erasure_id).await? else {
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

    /// Begins the rounds whose time has come, and asks again where answers are missing for long; says how many. One that fails keeps
    /// nobody else's waiting.
    pub async fn carry_on(&self) -> Result<usize, Fault> {
        let now = self.ground.clock.now();
        let due = store::due(self.ground.database.reader(), now, BATCH).await?;
        let mut begun = 0;
        for id in due {
            match self
                .ground
                .database
                .retrying(|| async { self.begin(id).await })
                .await
            {
                Ok(begins) => begun += usize::from(begins),
                Err(error) => {
                    tracing::error!(erasure = %id, error = &error as &dyn std::error::Error, "an erasure cannot be carried on");
                }
            }
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
        let Some((root, mut erasure)) = self.locked(&tx, id).await? else {
            return Ok(false);
        };
        let records = patients::records(&tx, cipher, root).await?;
        let deceased = records
            .iter()
            .any(|record| record.profile.identification.deceased);
        let returned = self.has_come_back(&tx, &erasure, root, &records).await?;
        if !returned && !erasure.is_due(now) {
            return Ok(false);
        }
        let begins = if returned {
            erasure.outlived();
            false
        } else {
            erasure.carry_on(deceased, now)
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

    /// Whether the person has come back since the last round: somebody booked, consented, joined their team or wrote into their profile,
    /// or found another record of theirs. A wish from before does not reach what came after.
    async fn has_come_back(
        &self,
        tx: &Transaction,
        erasure: &Erasure,
        root: PatientId,
        records: &[Patient],
    ) -> Result<bool, Fault> {
        let Some(erased_at) = erasure
            .carried_out_at
            .filter(|_| erasure.status == ErasureStatus::Done)
        else {
            return Ok(false);
        };
        let same = root == erasure.patient
            && records.len() == erasure.records.len()
            && records.iter().all(|record| erasure.records.contains(&record.id));
        // That somebody has died is written into their profile, too.
        let lives = |record: &Patient| !record.profile.identification.deceased;
        let edited = records
            .iter()
            .any(|record| record.updated_at > erased_at && lives(record));
        let known = &erasure.records;
        Ok(!same
            || edited
            || care::any_since(tx, known, erased_at).await?
            || consents::any_since(tx, known, erased_at).await?)
    }

    /// An erasure, under the lock of the record that stands for its patient now.
    async fn locked(&self, tx: &Transaction, id: ErasureId) -> Result<Option<(PatientId, Erasure)>, Fault> {
        let cipher = &self.ground.cipher;
        let Some(found) = store::find(&**tx, cipher, id).await? else {
            return Ok(None);
        };
        let standing = patients::lock_standing(tx, &[found.patient]).await?;
        let root = *standing.get(&found.patient).unwrap_or(&found.patient);
        let erasure = store::find(&**tx, cipher, id).await?;
        Ok(erasure.map(|erasure| (root, erasure)))
    }
}

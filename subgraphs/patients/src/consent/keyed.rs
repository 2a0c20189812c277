//! The first answer for every key of `grantConsent`.

use super::model::Consent;
use super::service::{ConsentService, GrantRefusal};
use super::store;
use caregraph_contracts::ids::ConsentId;
use caregraph_kit::failure::Failure;
use caregraph_kit::idempotency::{Keyed, Seen, forget};
use caregraph_kit::{Fault, Rejection};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// The answer kept under a key. Holds no text: the consent is read again when it is repeated.
#[derive(Serialize, Deserialize)]
pub(super) enum Kept {
    Granted(ConsentId),
    TooMany,
}

/// For how long answers are kept. Nobody repeats a request after that, and the rows would pile up.
const KEPT_FOR: TimeDelta = TimeDelta::days(30);

impl ConsentService {
    /// Forgets answers that are older than 30 days; returns how many.
    pub async fn forget_old_answers(&self) -> Result<u64, Fault> {
        let before = self.ground.clock.now() - KEPT_FOR;
        Ok(forget(self.ground.database.reader(), before).await?)
    }

    /// The answer that was given before; `None` when the key is new.
    pub(super) async fn answered(
        &self,
        keyed: &Keyed,
    ) -> Result<Option<Result<Consent, Failure<GrantRefusal>>>, Failure<GrantRefusal>> {
        let reader = self.ground.database.reader();
        match keyed.look_up::<Kept>(reader).await? {
            Seen::Never => Ok(None),
            Seen::Answered(Kept::TooMany) => Ok(Some(Err(Failure::refused(GrantRefusal::TooMany)))),
            Seen::Answered(Kept::Granted(id)) => {
                let consent = store::find(reader, &self.ground.cipher, id).await?;
                let consent =
                    consent.ok_or_else(|| Fault::new("a consent that was given is gone", "no row"))?;
                Ok(Some(Ok(consent)))
            }
            Seen::Reused => {
                let message = "this key was used for another consent; choose a fresh one for every intention";
                Err(Rejection::conflict("idempotencyKey", message).into())
            }
        }
    }
}

//! What identity does when somebody wants what is kept about them erased.
//!
//! A patient's account loses everything that tells of the person and is closed for good. Its row stays as an empty shell: what other domains
//! must keep refers to it, and they learn from the shell that there is nobody behind it any more. Whoever has the account for their work
//! keeps it, also when the work has ended by the time that another round comes: the wish was about what there was then.
//!
//! What strangers are slowed down by (`throttle`) needs no erasing: it is kept by keyed digests and forgotten within a day.

use crate::account::store::{self as accounts, Written};
use crate::account::{User, invitation_store, shadow_store};
use crate::foundation::Foundation;
use crate::session::ending::{self, Which};
use crate::{activity, credential, link, session, totp};
use async_trait::async_trait;
use caregraph_contracts::events::{DataCategory, ErasureStep, Holdings, RetentionBasis, SessionEnd};
use caregraph_contracts::ids::UserId;
use caregraph_kit::Fault;
use caregraph_kit::database::Transaction;
use caregraph_kit::erasure::TableEraser;
use caregraph_kit::events::HandlerError;
use sea_orm::DbErr;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Erases accounts.
pub(crate) struct AccountEraser(pub(crate) Arc<Foundation>);

#[async_trait]
impl TableEraser for AccountEraser {
    async fn holdings(&self, tx: &Transaction, step: &ErasureStep) -> Result<Holdings, HandlerError> {
        let known = accounts::load(&**tx, &self.0.ground.cipher, concerned(step)).await?;
        Ok(answer(known.iter().filter_map(fate)))
    }

    async fn erase(&self, tx: &mut Transaction, step: &ErasureStep) -> Result<Holdings, HandlerError> {
        let mut fates = Vec::new();
        // Always in the same order, so that two erasures wait for each other instead of blocking each other.
        for id in concerned(step) {
            fates.extend(self.erase_account(tx, id).await?);
        }
        Ok(answer(fates))
    }
}

/// What becomes of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Goes,
    Stays,
}

/// Accounts that are looked at: none in a review, because no account stays for a time only.
fn concerned(step: &ErasureStep) -> BTreeSet<UserId> {
    if step.is_review() {
        return BTreeSet::new();
    }
    step.accounts().collect()
}

/// `None` when nothing is left of it.
fn fate(account: &User) -> Option<Fate> {
    if account.is_erased() {
        None
    } else if account.is_only_a_patients() {
        Some(Fate::Goes)
    } else {
        Some(Fate::Stays)
    }
}

fn answer(fates: impl IntoIterator<Item = Fate>) -> Holdings {
    let (mut go, mut stay) = (0, 0);
    for fate in fates {
        match fate {
            Fate::Goes => go += 1,
            Fate::Stays => stay += 1,
        }
    }
    let mut holdings = Holdings::default();
    holdings.go(DataCategory::Account, go);
    holdings.stay(DataCategory::Account, stay, RetentionBasis::Employment, None);
    holdings
}

impl AccountEraser {
    /// Says what has become of it; `None` when there was nothing.
    async fn erase_account(&self, tx: &mut Transaction, id: UserId) -> Result<Option<Fate>, Fault> {
        let ground = &self.0.ground;
        let Some(mut account) = accounts::get_for_update(&**tx, &ground.cipher, id).await? else {
            return Ok(None);
        };
        let fate = fate(&account);
        let email = account.email.clone();
        let Some(told) = account.erase(self.0.settings.default_time_zone) else {
            return Ok(fate);
        };
        if accounts::save(&**tx, &ground.cipher, &mut account).await? == Written::Taken {
            return Err(Fault::new(
                "an account could not be erased",
                "another one has the address that stands for an erased one",
            ));
        }
        // Others overwrite their copies of name, address and number with what stands for them now.
        ground.events.append(tx, &[told]).await?;
        ending::end(&self.0, tx, (id, Which::All), SessionEnd::AccountSuspended).await?;
        self.forget(tx, id, &email).await?;
        Ok(fate)
    }

    /// Removes what stands about a person beside the account's row.
    async fn forget(&self, tx: &Transaction, id: UserId, email: &str) -> Result<(), DbErr> {
        credential::store::remove(&**tx, id).await?;
        totp::store::remove(&**tx, id).await?;
        link::store::forget_all(&**tx, id).await?;
        session::store::forget_devices(&**tx, id).await?;
        activity::store::forget_all(&**tx, id).await?;
        invitation_store::forget_all(&**tx, (id, email)).await?;
        shadow_store::forget(&**tx, &self.0.ground.cipher, email).await
    }
}

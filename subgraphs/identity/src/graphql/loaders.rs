//! Batched lookups. Keys carry the caller, so that requests of several people may share a batch and still each see only what
//! is theirs.

use crate::account::{AccountService, User};
use crate::totp::TotpService;
use async_graphql::dataloader::{DataLoader, Loader};
use caregraph_contracts::ids::UserId;
use caregraph_kit::Fault;
use caregraph_kit::auth::Principal;
use caregraph_kit::near;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Accounts by id, as somebody sees them.
pub(super) struct UserLoader(AccountService);

/// Whether accounts have a second factor.
pub(super) struct SecondFactorLoader(TotpService);

/// One account as one caller sees it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) by: Principal,
    pub(super) user: UserId,
}

impl Hash for Seen {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Callers are few in a batch; equality tells them apart.
        (self.by.session_id(), self.user).hash(state);
    }
}

pub(super) fn users(service: AccountService) -> DataLoader<UserLoader> {
    DataLoader::new(UserLoader(service), near::spawn)
}

pub(super) fn second_factors(service: TotpService) -> DataLoader<SecondFactorLoader> {
    DataLoader::new(SecondFactorLoader(service), near::spawn)
}

impl Loader<Seen> for UserLoader {
    type Value = User;
    type Error = Arc<Fault>;

    async fn load(&self, keys: &[Seen]) -> Result<HashMap<Seen, User>, Self::Error> {
        let mut by_caller: Vec<(Principal, Vec<UserId>)> = Vec::new();
        for key in keys {
            match by_caller.iter_mut().find(|(caller, _)| *caller == key.by) {
                Some((_, ids)) => ids.push(key.user),
                None => by_caller.push((key.by.clone(), vec![key.user])),
            }
        }
        let mut found = HashMap::with_capacity(keys.len());
        for (caller, ids) in by_caller {
            let users = self.0.users_by_id(&caller, &ids).await?;
            found.extend(users.into_iter().map(|user| {
                (
                    Seen {
                        by: caller.clone(),
                        user: user.id,
                    },
                    user,
                )
            }));
        }
        Ok(found)
    }
}

impl Loader<UserId> for SecondFactorLoader {
    type Value = ();
    type Error = Arc<Fault>;

    async fn load(&self, users: &[UserId]) -> Result<HashMap<UserId, ()>, Self::Error> {
        Ok(self
            .0
            .enabled_among(users)
            .await?
            .into_iter()
            .map(|user| (user, ()))
            .collect())
    }
}

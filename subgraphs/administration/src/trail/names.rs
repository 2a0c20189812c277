//! Names of those who stand behind entries. The trail itself holds none, so that names can change and be erased while it stays.

use super::chain::Place;
use super::written::Written;
use crate::account::{Account, Reader, store};
use caregraph_contracts::ids::UserId;
use caregraph_kit::Fault;
use caregraph_kit::auth::Principal;
use caregraph_kit::subgraph::Ground;
use std::collections::{BTreeSet, HashMap};

/// What is known of those who stand behind some entries, for one reader.
#[derive(Debug, Clone)]
pub struct Names {
    reader: Reader,
    accounts: HashMap<UserId, Account>,
}

impl Names {
    /// Those behind a page of entries.
    pub async fn behind(
        ground: &Ground,
        principal: &Principal,
        entries: &[(Place, Written)],
    ) -> Result<Self, Fault> {
        let users: BTreeSet<UserId> = entries
            .iter()
            .filter_map(|(_, written)| written.actor_user.map(UserId::from))
            .collect();
        let accounts = store::known(ground.database.reader(), &ground.cipher, &users).await?;
        Ok(Self {
            reader: Reader::of(principal),
            accounts,
        })
    }

    /// The name of whoever stands behind an entry; `None` when nobody does, when no name is known, and when it is not for the reader.
    pub fn of(&self, entry: &Written) -> Option<String> {
        let user = UserId::from(entry.actor_user?);
        let account = self.accounts.get(&user)?;
        if !self.reader.may_know(user, account, entry.acted_as()) {
            return None;
        }
        account.name.clone()
    }
}

//! Who may read whose name.

use caregraph_contracts::ids::UserId;
use caregraph_contracts::{Role, Scope};
use caregraph_kit::auth::Principal;

/// An account as far as identity told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name for people to read; `None` until it is told.
    pub name: Option<String>,
    /// Names of the roles that the account has now, separated by commas.
    pub roles: String,
}

/// Whoever reads the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    own: Option<UserId>,
    /// Whether identity shows the reader all accounts with their names.
    reads_accounts: bool,
}

impl Reader {
    /// Whoever asks.
    pub fn of(principal: &Principal) -> Self {
        Self {
            own: principal.user_id(),
            reads_accounts: principal.has(Scope::UsersRead),
        }
    }

    /// Whether the reader may know the name of whoever stands behind an entry. `acted_as` names the roles that the entry was made in,
    /// separated by commas.
    ///
    /// Patients have a right to know who of the clinic looked, so people at work are named. Patients and guardians are no public
    /// persons to each other: who acts for a child besides the reader, or who tried in vain, is told by no other field either.
    pub fn may_know(&self, user: UserId, account: &Account, acted_as: &str) -> bool {
        if self.reads_accounts || self.own == Some(user) {
            return true;
        }
        // What counts is what somebody was when they did it. Where that is not written, nobody's request led to the entry.
        let roles = if acted_as.is_empty() {
            account.roles.as_str()
        } else {
            acted_as
        };
        works_here(roles)
    }
}

/// A role of a later version of the program is none that this one can judge.
fn works_here(roles: &str) -> bool {
    roles
        .split(',')
        .filter_map(|name| name.parse::<Role>().ok())
        .any(Role::is_staff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn user(n: u128) -> UserId {
        Uuid::from_u128(n).into()
    }

    fn account(roles: &str) -> Account {
        Account {
            name: Some("Trần Lan".to_owned()),
            roles: roles.to_owned(),
        }
    }

    #[test]
    fn everybody_knows_who_did_something_for_their_work() {
        let reader = Reader {
            own: Some(user(1)),
            reads_accounts: false,
        };
        for role in Role::ALL {
            let known = reader.may_know(user(2), &account(""), role.as_str());
            assert_eq!(known, role.is_staff(), "{role}");
        }
        assert!(reader.may_know(user(2), &account(""), "PATIENT,NURSE"));
        assert!(!reader.may_know(user(2), &account(""), "ROBOT"));
    }

    #[test]
    fn what_somebody_is_now_counts_only_where_it_is_not_written_what_they_were() {
        let reader = Reader {
            own: None,
            reads_accounts: false,
        };
        assert!(reader.may_know(user(2), &account("NURSE"), ""));
        assert!(!reader.may_know(user(2), &account("PATIENT"), ""));
        assert!(!reader.may_know(user(2), &account("PATIENT,NURSE"), "PATIENT"));
        assert!(reader.may_know(user(2), &account("PATIENT"), "NURSE"));
    }

    #[test]
    fn ones_own_name_and_all_that_identity_shows_are_known() {
        let mut reader = Reader {
            own: Some(user(1)),
            reads_accounts: false,
        };
        assert!(reader.may_know(user(1), &account("PATIENT"), "PATIENT"));
        assert!(!reader.may_know(user(2), &account("PATIENT"), "PATIENT"));
        reader.reads_accounts = true;
        assert!(reader.may_know(user(2), &account("PATIENT"), "PATIENT"));
    }
}

//! One person with several records: what follows for who may act, and what others are told. Pure.
//!
//! Records that turned out to be one person's stay as they are; all but one of them point to that one. Whoever may act for
//! one of them may act for all, and other domains are told so with every record, because they decide by record.

use super::model::{Guardian, Patient};
use caregraph_contracts::events::{PatientFacts, PatientsEvent};
use caregraph_contracts::ids::{PatientId, UserId};
use std::collections::BTreeMap;

/// Another record of the same person, as far as it decides who may act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamePerson {
    /// The other record.
    pub id: PatientId,
    /// Whether an account belongs to it.
    pub has_account: bool,
    /// Its own guardians.
    pub guardians: Vec<Guardian>,
}

impl Patient {
    /// All records of the person, this one first.
    pub fn records(&self) -> impl Iterator<Item = PatientId> + '_ {
        std::iter::once(self.id).chain(self.same_person.iter().map(|other| other.id))
    }

    /// Whether an account is the person's own: that of this record, or of another one of the same person.
    pub fn is_account_of(&self, user: UserId) -> bool {
        self.records().any(|id| id.as_user() == user)
    }

    /// The person's account: that of this record, or the oldest of the other records.
    pub fn account(&self) -> Option<UserId> {
        if self.has_account {
            return Some(self.id.as_user());
        }
        let mut others = self.same_person.iter().filter(|other| other.has_account);
        others.next().map(|other| other.id.as_user())
    }

    /// Guardians of the person, whichever record names them, the longest first and each once.
    pub fn guardians_of_person(&self) -> Vec<&Guardian> {
        let others = self.same_person.iter().flat_map(|other| &other.guardians);
        let mut all: Vec<&Guardian> = Vec::new();
        for guardian in self.guardians.iter().chain(others) {
            if all.iter().all(|known| known.user != guardian.user) {
                all.push(guardian);
            }
        }
        all.sort_by_key(|guardian| (guardian.since, guardian.user));
        all
    }

    /// Whether `user` is a guardian of the person.
    pub fn is_guarded_by(&self, user: UserId) -> bool {
        self.guardians_of_person()
            .iter()
            .any(|guardian| guardian.user == user)
    }

    /// Whether `user` is the person or acts for the person.
    pub fn is_own_of(&self, user: UserId) -> bool {
        self.is_account_of(user) || self.is_guarded_by(user)
    }

    /// Accounts that may act for this record beside its own: guardians, and the accounts of the person's other records.
    pub(super) fn acting(&self) -> Vec<UserId> {
        let accounts = self
            .same_person
            .iter()
            .filter(|other| other.has_account)
            .map(|other| other.id.as_user());
        let own = self.has_account.then(|| self.id.as_user());
        let mut acting = Vec::new();
        for user in self
            .guardians_of_person()
            .into_iter()
            .map(|guardian| guardian.user)
            .chain(accounts)
        {
            if own != Some(user) && !acting.contains(&user) {
                acting.push(user);
            }
        }
        acting
    }
}

/// What others are told when records of a person changed: first which ones are one person now, then what is different
/// about each of them. Others know pairs only, so a record that moved on is taken from where it was first.
pub(crate) fn told(before: &[Patient], after: &[Patient]) -> Vec<PatientsEvent> {
    let old: BTreeMap<PatientId, &Patient> = before.iter().map(|patient| (patient.id, patient)).collect();
    let pairs = || {
        after.iter().filter_map(|now| {
            let was = old.get(&now.id)?;
            (was.merged_into != now.merged_into).then_some((now.id, was.merged_into, now.merged_into))
        })
    };
    let parted = pairs().filter_map(|(merged, was, _)| {
        was.map(|surviving| PatientsEvent::PatientsUnmerged { surviving, merged })
    });
    let joined = pairs().filter_map(|(merged, _, now)| {
        now.map(|surviving| PatientsEvent::PatientsMerged { surviving, merged })
    });
    let changed = after.iter().filter_map(|now| {
        let facts: PatientFacts = now.facts();
        let was = old.get(&now.id)?.facts();
        (was != facts).then_some(PatientsEvent::PatientUpdated { patient: facts })
    });
    parted.chain(joined).chain(changed).collect()
}

#[cfg(test)]
#[path = "person_tests.rs"]
mod tests;

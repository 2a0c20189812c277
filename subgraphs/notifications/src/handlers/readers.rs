//! Who hears of what is kept about a patient.

use crate::contact::Ward;
use crate::contact::store::People;
use caregraph_contracts::ids::{PatientId, UserId};
use caregraph_kit::Fault;
use std::collections::BTreeSet;

/// How often a record may have been put to another one.
const MOST_MERGES: usize = 10;

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// The patient; guardians where there is no account.
    Patient,
    /// The patient and all guardians.
    All,
    /// The same, and also of the dead: those who act for them, and this one if it is the patient's account.
    AllAnd(UserId),
    /// One of them.
    One(UserId),
}

/// The patient, and those who this one turned out to be: the one that stayed is the last.
pub(super) async fn wards(people: &People, patient: PatientId) -> Result<Vec<Ward>, Fault> {
    let (mut wards, mut next) = (Vec::new(), Some(patient));
    while let Some(patient) = next
        && wards.len() < MOST_MERGES
    {
        let Some(found) = people.ward(patient).await? else {
            break;
        };
        next = found.value.merged_into;
        wards.push(found.value);
    }
    Ok(wards)
}

/// Whether an account is the patient's: of this record, or of one that turned out to be the same person.
pub(super) async fn is_own(people: &People, user: UserId, patient: PatientId) -> Result<bool, Fault> {
    let mut next = Some(PatientId::of_user(user));
    for _ in 0..MOST_MERGES {
        if next == Some(patient) {
            return Ok(true);
        }
        let Some(record) = next else { break };
        let found = people.ward(record).await?;
        next = found.and_then(|found| found.value.merged_into);
    }
    Ok(false)
}

/// Who is told, each once, with the patient's name where it is another person.
pub(super) fn readers(wards: &[Ward], to: Readers) -> Vec<(UserId, String)> {
    let Some(stays) = wards.last() else {
        return Vec::new();
    };
    // Whoever signs in with an account of either record reads of themselves.
    let mut seen: BTreeSet<UserId> = wards.iter().filter_map(|ward| ward.user).collect();
    let mut readers: Vec<_> = seen.iter().map(|user| (*user, String::new())).collect();
    if stays.deceased {
        let Readers::AllAnd(one) = to else {
            return Vec::new();
        };
        readers.retain(|(user, _)| *user == one);
    }
    if to != Readers::Patient || readers.is_empty() {
        let guardians = wards.iter().flat_map(|ward| &ward.guardians);
        for guardian in guardians {
            if seen.insert(*guardian) {
                readers.push((*guardian, stays.name.clone()));
            }
        }
    }
    if let Readers::One(reader) = to {
        readers.retain(|(user, _)| *user == reader);
    }
    readers
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn user(n: u128) -> UserId {
        Uuid::from_u128(n).into()
    }

    fn ward(account: Option<u128>, guardians: &[u128]) -> Ward {
        Ward {
            user: account.map(user),
            guardians: guardians.iter().copied().map(user).collect(),
            name: "An".into(),
            deceased: false,
            merged_into: None,
        }
    }

    #[test]
    fn guardians_hear_of_emergencies_beside_the_patient() {
        let wards = [ward(Some(1), &[2, 3])];
        let (own, other) = (String::new(), "An".to_owned());
        assert_eq!(readers(&wards, Readers::Patient), [(user(1), own.clone())]);
        let all = [(user(1), own), (user(2), other.clone()), (user(3), other.clone())];
        assert_eq!(readers(&wards, Readers::All), all);
        assert_eq!(
            readers(&[ward(None, &[2])], Readers::Patient),
            [(user(2), other.clone())]
        );
        // News for one of them reach nobody who has nothing to do with the patient.
        assert_eq!(readers(&wards, Readers::One(user(3))), [(user(3), other)]);
        assert_eq!(readers(&wards, Readers::One(user(4))), []);
    }

    #[test]
    fn accounts_of_records_that_were_put_together_hear_once_each() {
        let wards = [ward(Some(1), &[2]), ward(Some(3), &[2, 1])];
        let told: Vec<_> = readers(&wards, Readers::All)
            .into_iter()
            .map(|(user, _)| user)
            .collect();
        assert_eq!(told, [user(1), user(3), user(2)]);
    }

    #[test]
    fn nobody_is_told_of_the_dead() {
        let mut dead = ward(Some(1), &[2]);
        dead.deceased = true;
        let dead = [dead];
        assert_eq!(readers(&dead, Readers::All), []);
        assert_eq!(readers(&[], Readers::All), []);
        // Except to those who act for them, and to whoever uses the account.
        let (own, guardian) = ((user(1), String::new()), (user(2), "An".to_owned()));
        let of_account = [own, guardian.clone()];
        assert_eq!(readers(&dead, Readers::AllAnd(user(1))), of_account);
        assert_eq!(
            readers(&dead, Readers::AllAnd(user(2))),
            std::slice::from_ref(&guardian)
        );
        assert_eq!(readers(&dead, Readers::AllAnd(user(9))), [guardian]);
    }
}

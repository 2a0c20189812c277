//! One person with several records. Pure.
//!
//! Records that turned out to be one person's stay as they are; all but one of them point to that one, the root. What is
//! booked hangs on the record it was booked for, and is found through every other one, so that parting the records gives
//! back each with its own visits.

use super::Patient;
use caregraph_contracts::ids::{PatientId, UserId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Somebody who may be booked for, whichever of their records is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The record that stands for the person: visits are booked for it.
    pub root: PatientId,
    /// All records of the person, by id, the root among them. Visits may hang on each.
    pub records: Vec<PatientId>,
    /// Accounts that act for the person, whichever record names them: the person's own and the guardians', by id.
    pub acting: Vec<UserId>,
    /// The person has died, as the root says.
    pub deceased: bool,
    /// Whether anything was told of the person. Whoever has just registered may not be known yet.
    pub known: bool,
}

impl Person {
    /// Somebody of whom nothing was told yet.
    pub fn untold(id: PatientId) -> Self {
        Self {
            root: id,
            records: vec![id],
            acting: Vec::new(),
            deceased: false,
            known: false,
        }
    }

    /// Whether an account is the person's own or a guardian's.
    pub fn is_acted_for_by(&self, user: UserId) -> bool {
        self.acting.contains(&user)
    }

    fn of_records(root: PatientId, records: &[Patient]) -> Self {
        let mut ids: BTreeSet<PatientId> = records.iter().map(|record| record.id).collect();
        ids.insert(root);
        let acting: BTreeSet<UserId> = records
            .iter()
            .flat_map(|record| record.user_id.iter().chain(&record.guardians))
            .copied()
            .collect();
        let standing = records.iter().find(|record| record.id == root);
        Self {
            root,
            records: ids.into_iter().collect(),
            acting: acting.into_iter().collect(),
            // Whether records that differ here are one person's was checked by whoever put them together.
            deceased: standing.map_or_else(
                || records.iter().any(|record| record.deceased),
                |standing| standing.deceased,
            ),
            known: true,
        }
    }
}

/// Persons, found by any of their records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Persons(HashMap<PatientId, Arc<Person>>);

impl Persons {
    /// Sorts records by the persons whose they are. All records of each person must be among them.
    pub fn of_records(records: impl IntoIterator<Item = Patient>) -> Self {
        let mut by_root: BTreeMap<PatientId, Vec<Patient>> = BTreeMap::new();
        for record in records {
            by_root.entry(record.root()).or_default().push(record);
        }
        let mut persons = HashMap::new();
        for (root, records) in by_root {
            let person = Arc::new(Person::of_records(root, &records));
            for id in &person.records {
                persons.insert(*id, Arc::clone(&person));
            }
        }
        Self(persons)
    }

    /// The person whom an id names; somebody unknown when nothing was told of it.
    pub fn of(&self, id: PatientId) -> Arc<Person> {
        self.0
            .get(&id)
            .cloned()
            .unwrap_or_else(|| Arc::new(Person::untold(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(n: u128) -> PatientId {
        PatientId::from(Uuid::from_u128(n))
    }

    fn user(n: u128) -> UserId {
        UserId::from(Uuid::from_u128(n))
    }

    fn record(n: u128, root: Option<u128>) -> Patient {
        Patient {
            id: id(n),
            user_id: Some(user(n)),
            guardians: vec![user(100), user(100 + n)],
            deceased: false,
            merged_into: root.map(id),
        }
    }

    #[test]
    fn every_record_leads_to_the_whole_person() {
        let persons = Persons::of_records([
            record(3, Some(2)),
            record(2, None),
            record(1, Some(2)),
            record(4, None),
        ]);
        for n in [1, 2, 3] {
            let person = persons.of(id(n));
            assert_eq!((person.root, person.known), (id(2), true));
            assert_eq!(person.records, [id(1), id(2), id(3)]);
            assert_eq!(
                person.acting,
                [1, 2, 3, 100, 101, 102, 103].map(user),
                "each once"
            );
            assert!(person.is_acted_for_by(user(103)) && !person.is_acted_for_by(user(104)));
        }
        assert_eq!(persons.of(id(4)).records, [id(4)]);
    }

    #[test]
    fn whoever_nobody_told_of_stands_alone_and_nobody_acts_for_them() {
        let person = Persons::default().of(id(7));
        assert_eq!(*person, Person::untold(id(7)));
        assert_eq!((person.root, person.known), (id(7), false));
        assert!(person.acting.is_empty());
    }

    #[test]
    fn the_record_that_stands_for_the_person_says_whether_they_live() {
        let dead = |n, root| Patient {
            deceased: true,
            ..record(n, root)
        };
        assert!(
            !Persons::of_records([record(1, None), dead(2, Some(1))])
                .of(id(2))
                .deceased
        );
        assert!(
            Persons::of_records([dead(1, None), record(2, Some(1))])
                .of(id(2))
                .deceased
        );
        // The one that stands for the person was not told of yet.
        assert!(Persons::of_records([dead(2, Some(1))]).of(id(1)).deceased);
    }
}

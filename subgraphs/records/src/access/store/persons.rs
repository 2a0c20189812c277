//! Who turned out to be whom, for many at once.

use super::AccessStore;
use crate::access::Chart;
use caregraph_contracts::ids::PatientId;
use caregraph_kit::Fault;
use std::collections::{HashMap, HashSet};

/// Patients who were put together, directly or by way of others.
#[derive(Debug, Default)]
pub(crate) struct Persons(HashMap<PatientId, Chart>);

impl Persons {
    /// All patients who are the same person as this one, that one among them.
    pub fn of(&self, patient: PatientId) -> HashSet<PatientId> {
        let mut same = HashSet::new();
        let mut next = vec![patient];
        while let Some(one) = next.pop() {
            if same.insert(one) {
                next.extend(self.0.get(&one).into_iter().flat_map(neighbours));
            }
        }
        same
    }
}

fn neighbours(chart: &Chart) -> impl Iterator<Item = PatientId> {
    chart.merged_into.iter().chain(&chart.merged).copied()
}

impl AccessStore {
    /// Who is the same person as some patients: one question to the store where nobody was put together, one more for each step between
    /// those who were.
    pub async fn persons(&self, patients: impl IntoIterator<Item = PatientId>) -> Result<Persons, Fault> {
        let mut asked: HashSet<PatientId> = patients.into_iter().collect();
        let mut next: Vec<PatientId> = asked.iter().copied().collect();
        let mut persons = Persons::default();
        while !next.is_empty() {
            let found = self.charts.get_many(&next).await?;
            next.clear();
            for row in found {
                let chart = Chart::from(row.value);
                next.extend(neighbours(&chart).filter(|other| asked.insert(*other)));
                persons.0.insert(row.id, chart);
            }
        }
        Ok(persons)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(n: u128) -> PatientId {
        Uuid::from_u128(n).into()
    }

    #[test]
    fn whoever_was_put_together_is_one_person_by_whatever_way() {
        let chart = |into: Option<u128>, merged: &[u128]| Chart {
            merged_into: into.map(id),
            merged: merged.iter().copied().map(id).collect(),
            ..Chart::default()
        };
        let persons = Persons(HashMap::from([
            (id(1), chart(None, &[2, 3])),
            (id(2), chart(Some(1), &[4])),
            (id(3), chart(Some(1), &[])),
            (id(4), chart(Some(2), &[])),
            (id(5), chart(None, &[])),
        ]));
        for n in 1..=4 {
            assert_eq!(persons.of(id(n)), [1, 2, 3, 4].map(id).into());
        }
        for n in [5, 6] {
            assert_eq!(persons.of(id(n)), [id(n)].into(), "alone, known or not");
        }
    }
}

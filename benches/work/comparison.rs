//! What was answered, against what is there.

use super::ledger::Entry;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// What came of comparing.
#[derive(Debug, Default)]
pub struct Comparison {
    /// How many things somebody was told were done.
    pub answered: usize,
    /// How many names of things are there.
    pub found: usize,
    /// Names of what was answered and is not there.
    pub lost: Vec<String>,
    /// Names that are there more than once.
    pub doubled: Vec<String>,
    /// How many names are there that nobody was told of.
    pub unanswered: usize,
}

impl Comparison {
    /// Compares what was answered with the ids that were found under each name.
    pub fn of<'a>(
        answered: impl IntoIterator<Item = &'a Entry>,
        found: &BTreeMap<String, Vec<String>>,
    ) -> Self {
        let answered: Vec<&Entry> = answered.into_iter().collect();
        let told: BTreeSet<&str> = answered.iter().map(|entry| entry.name.as_str()).collect();
        let is_there = |entry: &Entry| found.get(&entry.name).is_some_and(|ids| ids.contains(&entry.id));
        Self {
            answered: answered.len(),
            found: found.len(),
            lost: answered
                .iter()
                .filter(|entry| !is_there(entry))
                .map(|entry| entry.name.clone())
                .collect(),
            doubled: found
                .iter()
                .filter(|(_, ids)| ids.len() > 1)
                .map(|(name, _)| name.clone())
                .collect(),
            unanswered: found.keys().filter(|name| !told.contains(name.as_str())).count(),
        }
    }

    /// Something took place so often, and so often it was answered.
    pub fn count(&mut self, name: &str, (there, answered): (i64, i64)) {
        match there.cmp(&answered) {
            Ordering::Less => self.lost.push(name.to_owned()),
            Ordering::Greater => self.doubled.push(name.to_owned()),
            Ordering::Equal => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, name: &str) -> Entry {
        Entry {
            id: id.to_owned(),
            name: name.to_owned(),
            patient: "p".to_owned(),
        }
    }

    #[test]
    fn what_is_missing_and_what_is_there_twice_stands_out() {
        let answered = [entry("1", "a"), entry("2", "b"), entry("3", "c")];
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let found = BTreeMap::from([
            ("a".to_owned(), ids(&["1"])),
            ("b".to_owned(), ids(&["2", "9"])),
            ("d".to_owned(), ids(&["4"])),
        ]);
        let comparison = Comparison::of(&answered, &found);
        assert_eq!((comparison.answered, comparison.found), (3, 3));
        assert_eq!(comparison.lost, ["c"]);
        assert_eq!(comparison.doubled, ["b"]);
        assert_eq!(comparison.unanswered, 1);
    }

    #[test]
    fn what_took_place_less_often_or_more_often_stands_out() {
        let mut comparison = Comparison::default();
        comparison.count("less", (1, 2));
        comparison.count("more", (3, 2));
        comparison.count("same", (2, 2));
        assert_eq!(
            (comparison.lost, comparison.doubled),
            (vec!["less".to_owned()], vec!["more".to_owned()])
        );
    }
}

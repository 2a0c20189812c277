//! Chains of a few entries, tampered with in every way.

use super::super::chain::START;
use super::super::head::PURPOSE;
use super::*;
use crate::entry::{Entry, Outcome, Subject, SubjectKind};
use caregraph_contracts::Domain;
use caregraph_kit::crypto::{KeyRing, Signer};
use chrono::DateTime;
use proptest::prelude::*;
use uuid::Uuid;

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 2).unwrap()
}

struct Chain {
    cipher: FieldCipher,
    entries: Vec<Written>,
    head: Head,
}

fn entry(n: u128) -> Entry {
    Entry {
        id: Uuid::from_u128(n).into(),
        domain: Domain::Patients,
        action: "PatientUpdated".to_owned(),
        outcome: Outcome::Granted,
        actor: None,
        subject: Subject {
            kind: SubjectKind::Patient,
            id: Uuid::from_u128(n),
        },
        patient: None,
        purpose: None,
        parts: Vec::new(),
        what: None,
        reason: Some("because".to_owned()),
        before: None,
        after: None,
        occurred_at: DateTime::UNIX_EPOCH,
    }
}

/// A day with `count` entries, as the recorder writes it.
fn chain(count: i64) -> Chain {
    let (seal, index) = KeyRing::generate();
    let cipher = FieldCipher::new(KeyRing::parse(&[seal], &index).unwrap());
    let signer = Signer::new(cipher.ring(), PURPOSE);
    let mut head = Head::opened(day(), None);
    let mut entries = Vec::new();
    for number in 1..=count {
        let written = write(&cipher, number, &head.last_hash, u128::try_from(number).unwrap());
        head = head.with(written.hash.clone()).signed(&signer);
        entries.push(written);
    }
    Chain {
        cipher,
        entries,
        head,
    }
}

fn write(cipher: &FieldCipher, number: i64, previous: &str, n: u128) -> Written {
    Written::down(
        entry(n),
        Place(day(), number),
        previous,
        DateTime::UNIX_EPOCH,
        cipher,
    )
}

impl Chain {
    fn renumber(&mut self, by: i64, from: usize) {
        for entry in &mut self.entries[from..] {
            entry.place.1 += by;
        }
    }

    fn walk(&self) -> Vec<Finding> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|entry| entry.place);
        let mut walk = Walk::along(day(), Some(&self.head));
        for entry in entries {
            walk.step(&Step::of(entry, &self.cipher));
        }
        walk.end(Some(self.head.count))
    }

    fn found(&self) -> Vec<(FindingKind, i64)> {
        self.walk()
            .into_iter()
            .map(|finding| (finding.kind, finding.number.unwrap()))
            .collect()
    }
}

#[test]
fn an_untouched_chain_is_intact() {
    for count in 1..5 {
        assert_eq!(chain(count).found(), []);
    }
    assert_eq!(chain(1).entries[0].previous, START);
}

#[test]
fn a_changed_entry_is_found() {
    let mut chain = chain(5);
    chain.entries[2].outcome = "DENIED".to_owned();
    let findings = chain.walk();
    assert_eq!(findings.len(), 1);
    assert_eq!(
        (findings[0].kind, findings[0].number),
        (FindingKind::Changed, Some(3))
    );
    assert_eq!(findings[0].entry, Some(chain.entries[2].id));
}

#[test]
fn a_sealed_value_that_was_exchanged_is_found() {
    let mut removed = chain(3);
    removed.entries[1].reason = None;
    assert_eq!(removed.found(), [(FindingKind::Changed, 2)]);
    let mut exchanged = chain(3);
    exchanged.entries[1].reason = exchanged.entries[0].reason.clone();
    assert_eq!(exchanged.found(), [(FindingKind::Changed, 2)]);
}

#[test]
fn an_entry_that_was_written_anew_is_found_wherever_the_forger_stops() {
    // With its hash, and with those of all that follow up to some entry.
    for last in 2..=5_usize {
        let mut chain = chain(5);
        chain.entries[1] = write(&chain.cipher, 2, &chain.entries[0].hash.clone(), 99);
        for i in 2..last {
            let n = u128::try_from(i + 1).unwrap();
            let previous = chain.entries[i - 1].hash.clone();
            chain.entries[i] = write(&chain.cipher, i64::try_from(i + 1).unwrap(), &previous, n);
        }
        assert_eq!(
            chain.found(),
            [(FindingKind::Changed, i64::try_from(last).unwrap())]
        );
    }
}

#[test]
fn a_deleted_entry_is_found_whether_or_not_the_others_move_up() {
    let mut gap = chain(5);
    gap.entries.remove(2);
    assert_eq!(gap.found(), [(FindingKind::Deleted, 3)]);
    for removed in 0..4 {
        let mut closed = chain(5);
        closed.entries.remove(removed);
        closed.renumber(-1, removed);
        let number = i64::try_from(removed + 1).unwrap();
        assert_eq!(closed.found(), [(FindingKind::Deleted, number)]);
    }
}

#[test]
fn an_inserted_entry_is_found_wherever_it_stands() {
    for at in 0..4_usize {
        let mut chain = chain(5);
        let number = i64::try_from(at + 1).unwrap();
        let previous = match at {
            0 => START.to_owned(),
            _ => chain.entries[at - 1].hash.clone(),
        };
        chain.renumber(1, at);
        let forged = write(&chain.cipher, number, &previous, 99);
        let id = forged.id;
        chain.entries.insert(at, forged);
        let findings = chain.walk();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(
            (findings[0].kind, findings[0].number, findings[0].entry),
            (FindingKind::Inserted, Some(number), Some(id))
        );
    }
    let mut behind = chain(3);
    let forged = write(&behind.cipher, 4, &behind.head.last_hash, 99);
    behind.entries.push(forged);
    assert_eq!(behind.found(), [(FindingKind::Inserted, 4)]);
    let mut before = chain(3);
    before.entries.insert(0, write(&before.cipher, 0, START, 99));
    assert_eq!(before.found(), [(FindingKind::Inserted, 0)]);
}

#[test]
fn entries_that_changed_places_are_found() {
    let mut apart = chain(6);
    (apart.entries[1].place.1, apart.entries[4].place.1) = (5, 2);
    assert_eq!(
        apart.found(),
        [(FindingKind::Reordered, 2), (FindingKind::Reordered, 5)]
    );
    let mut neighbours = chain(6);
    (neighbours.entries[2].place.1, neighbours.entries[3].place.1) = (4, 3);
    assert_eq!(
        neighbours.found(),
        [(FindingKind::Reordered, 3), (FindingKind::Reordered, 4)]
    );
}

#[test]
fn a_chain_that_was_cut_off_is_found() {
    for kept in 0..5 {
        let mut chain = chain(5);
        chain.entries.truncate(kept);
        let number = i64::try_from(kept + 1).unwrap();
        assert_eq!(chain.found(), [(FindingKind::Truncated, number)]);
    }
}

#[test]
fn what_is_recorded_during_the_walk_is_no_finding() {
    let grown = chain(5);
    let signer = Signer::new(grown.cipher.ring(), PURPOSE);
    let mut before = Head::opened(day(), None);
    for entry in &grown.entries[..3] {
        before = before.with(entry.hash.clone()).signed(&signer);
    }
    let mut walk = Walk::along(day(), Some(&before));
    for entry in &grown.entries {
        walk.step(&Step::of(entry, &grown.cipher));
    }
    assert_eq!(walk.end(Some(5)), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is done to places: as long as something differs, something is found.
    #[test]
    fn no_other_order_is_intact(numbers in proptest::collection::vec(-1_i64..9, 6)) {
        let mut chain = chain(6);
        let mut distinct = numbers.clone();
        distinct.sort_unstable();
        distinct.dedup();
        prop_assume!(distinct.len() == numbers.len());
        for (entry, number) in chain.entries.iter_mut().zip(&numbers) {
            entry.place.1 = *number;
        }
        prop_assert_eq!(chain.found().is_empty(), numbers == [1, 2, 3, 4, 5, 6]);
    }

    /// Any entries may be missing.
    #[test]
    fn nothing_is_missing_unnoticed(kept in proptest::collection::vec(any::<bool>(), 6), close_up in any::<bool>()) {
        let mut chain = chain(6);
        let mut keep = kept.iter();
        chain.entries.retain(|_| *keep.next().unwrap());
        if close_up {
            for (i, entry) in chain.entries.iter_mut().enumerate() {
                entry.place.1 = i64::try_from(i + 1).unwrap();
            }
        }
        prop_assert_eq!(chain.found().is_empty(), kept.iter().all(|kept| *kept));
    }
}

//! Walking along the chain of one day and telling what was done to it. Pure: whoever walks hands over entry after entry.

use super::chain::{Content, Place};
use super::finding::{Finding, FindingKind};
use super::head::Head;
use super::written::Written;
use caregraph_contracts::ids::AuditEntryId;
use caregraph_kit::crypto::FieldCipher;
use chrono::NaiveDate;

/// An entry on the walk.
#[derive(Debug, Clone)]
pub(super) struct Step {
    number: i64,
    id: Option<AuditEntryId>,
    /// `None` for what cannot be an entry as it was written.
    chained: Option<Chained>,
}

#[derive(Debug, Clone)]
struct Chained {
    content: Content,
    previous: String,
    hash: String,
}

impl Step {
    /// Something stands there that is no entry.
    pub fn unreadable(place: Place) -> Self {
        Self {
            number: place.1,
            id: None,
            chained: None,
        }
    }

    /// An entry as it is written.
    pub fn of(written: &Written, cipher: &FieldCipher) -> Self {
        let chained = written.seals_hold(cipher).then(|| Chained {
            content: written.content(),
            previous: written.previous.clone(),
            hash: written.hash.clone(),
        });
        Self {
            number: written.place.1,
            id: Some(written.id),
            chained,
        }
    }
}

/// The walk along one day.
///
/// Each entry's hash tells at which number it was written, so the walk knows for each entry how far it stands from there: the
/// *shift*. One entry with a shift of its own was moved; when all that follow share it, entries before them were removed (the
/// others moved up) or put in between (the others moved down).
pub(super) struct Walk {
    day: NaiveDate,
    /// What the signed head says; `None` without one.
    vouched: Option<Vouched>,
    findings: Vec<Finding>,
    /// The number of the last entry seen.
    at: i64,
    shift: i64,
    /// The last entry, where nothing is wrong with it.
    link: Option<String>,
    last: Option<AuditEntryId>,
    displaced: Option<Displaced>,
}

struct Vouched {
    count: i64,
    last_hash: String,
}

struct Displaced {
    number: i64,
    entry: Option<AuditEntryId>,
    /// The entry that stands before it.
    before: Option<AuditEntryId>,
    shift: i64,
}

/// How far around an entry's number its true one is looked for when no head says how many there are.
const AROUND: i64 = 1_000;

impl Walk {
    /// A walk along `day`. `head` only when the trail has signed it.
    pub fn along(day: NaiveDate, head: Option<&Head>) -> Self {
        Self {
            day,
            vouched: head.map(|head| Vouched {
                count: head.count,
                last_hash: head.last_hash.clone(),
            }),
            findings: Vec::new(),
            at: 0,
            shift: 0,
            link: head.map(|head| head.previous_hash.clone()),
            last: None,
            displaced: None,
        }
    }

    /// How many things were found so far.
    pub fn found(&self) -> usize {
        self.findings.len()
    }

    /// Looks at the next entry. Numbers must grow.
    pub fn step(&mut self, step: &Step) {
        if step.number < 1 {
            self.find(
                FindingKind::Inserted,
                Some(step.number),
                step.id,
                "numbers begin with 1",
            );
            return;
        }
        if step.number > self.at + 1 {
            self.settle_displaced();
            let (first, last) = (self.at + 1, step.number - 1);
            let message = if first == last {
                "the entry is missing".to_owned()
            } else {
                format!("the entries {first} to {last} are missing")
            };
            self.find(FindingKind::Deleted, Some(first), None, message);
            self.link = None;
        }
        self.at = step.number;
        match step
            .chained
            .as_ref()
            .and_then(|chained| Some((chained, self.true_number(step.number, chained)?)))
        {
            None => self.changed(step),
            Some((chained, number)) => self.placed(step, chained, number - step.number),
        }
        self.last = step.id;
    }

    fn changed(&mut self, step: &Step) {
        self.settle_displaced();
        let message = "the entry does not say what its hash is of";
        self.find(FindingKind::Changed, Some(step.number), step.id, message);
        self.link = None;
    }

    fn placed(&mut self, step: &Step, chained: &Chained, shift: i64) {
        if shift == self.shift {
            self.settle_displaced();
            self.follow(step, chained);
            return;
        }
        match self.displaced.take() {
            Some(first) if first.shift == shift => {
                self.shifted(&first);
                self.link = Some(chained.hash.clone());
            }
            other => {
                self.displaced = other;
                self.settle_displaced();
                self.displaced = Some(Displaced {
                    number: step.number,
                    entry: step.id,
                    before: self.last,
                    shift,
                });
                self.link = None;
            }
        }
    }

    /// The entry stands where it belongs: does it go on from the one before, and is it the one that the head knows?
    fn follow(&mut self, step: &Step, chained: &Chained) {
        if self.link.as_ref().is_some_and(|link| *link != chained.previous) {
            let (number, entry) = if step.number == 1 {
                (1, step.id)
            } else {
                (step.number - 1, self.last)
            };
            let message = "the entry was written anew: what follows goes on from another one";
            self.find(FindingKind::Changed, Some(number), entry, message);
        }
        self.link = Some(chained.hash.clone());
        let number = step.number + self.shift;
        if self
            .vouched
            .as_ref()
            .is_some_and(|head| head.count == number && head.last_hash != chained.hash)
        {
            let message = "the entry was written anew: the signed head is of another one";
            self.find(FindingKind::Changed, Some(step.number), step.id, message);
        }
    }

    /// The number at which an entry was written; `None` when its hash is of something else altogether.
    fn true_number(&self, number: i64, chained: &Chained) -> Option<i64> {
        let is_at = |number: &i64| {
            chained
                .content
                .hash_at(Place(self.day, *number), &chained.previous)
                == chained.hash
        };
        let near = [number + self.shift, number];
        let (first, last) = match &self.vouched {
            Some(head) => (1, head.count),
            None => ((number - AROUND).max(1), number + AROUND),
        };
        near.into_iter()
            .find(is_at)
            .or_else(|| (first..=last).find(is_at))
    }

    /// An entry that stands alone in the wrong place was moved.
    fn settle_displaced(&mut self) {
        if let Some(moved) = self.displaced.take() {
            let message = format!("the entry was recorded as number {}", moved.number + moved.shift);
            self.find(FindingKind::Reordered, Some(moved.number), moved.entry, message);
        }
    }

    /// From an entry on, all stand in the wrong place by the same distance.
    fn shifted(&mut self, first: &Displaced) {
        let distance = (first.shift - self.shift).abs();
        let (kind, number, entry, done) = if first.shift > self.shift {
            (
                FindingKind::Deleted,
                first.number,
                first.entry,
                "removed, and what followed moved up",
            )
        } else {
            let number = (first.number - distance).max(1);
            let entry = first.before.filter(|_| distance == 1);
            (
                FindingKind::Inserted,
                number,
                entry,
                "put in, and what followed moved down",
            )
        };
        let entries = if distance == 1 {
            "entry was"
        } else {
            "entries were"
        };
        self.shift = first.shift;
        self.find(kind, Some(number), entry, format!("{distance} {entries} {done}"));
    }

    /// Nothing follows. `recorded` is how many entries a signed head says there are by now: more than at the beginning of the walk
    /// when some were recorded meanwhile.
    pub fn end(mut self, recorded: Option<i64>) -> Vec<Finding> {
        if let Some(displaced) = self.displaced.take() {
            // The very last entry in the wrong place: by the head's count it shows whether something before it is missing.
            if self
                .vouched
                .as_ref()
                .is_some_and(|head| head.count == displaced.number + displaced.shift)
            {
                self.shifted(&displaced);
            } else {
                self.displaced = Some(displaced);
                self.settle_displaced();
            }
        }
        let reached = self.at + self.shift;
        if let Some(head) = self.vouched.take() {
            if reached < head.count {
                let missing = head.count - reached;
                let message = format!("{missing} of {} entries are missing at the end", head.count);
                self.find(FindingKind::Truncated, Some(self.at + 1), None, message);
            }
            let recorded = recorded.unwrap_or(head.count).max(head.count);
            if reached > recorded {
                let message = format!("the signed head knows of {recorded} entries only");
                self.find(FindingKind::Inserted, Some(self.at), self.last, message);
            }
        }
        self.findings
    }

    fn find(
        &mut self,
        kind: FindingKind,
        number: Option<i64>,
        entry: Option<AuditEntryId>,
        message: impl Into<String>,
    ) {
        self.findings.push(Finding {
            kind,
            day: self.day,
            number,
            entry,
            message: message.into(),
        });
    }
}

#[cfg(test)]
#[path = "verification_tests.rs"]
mod tests;

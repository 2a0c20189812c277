//! What somebody was told was done.

use std::collections::{BTreeMap, BTreeSet};

/// Something new, under the name by which it is found again.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which.
    pub id: String,
    /// The name it was given, which nothing else has.
    pub name: String,
    /// Whose.
    pub patient: String,
}

/// An encounter and how often it was written.
#[derive(Debug, Clone)]
pub struct Encounter {
    /// Which.
    pub entry: Entry,
    /// Its version, as answered last.
    pub version: i64,
}

/// Everything that was answered.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Visits.
    pub booked: Vec<Entry>,
    /// Visits that were confirmed, with the revision that they have since.
    pub confirmed: BTreeMap<String, i64>,
    /// Vital signs.
    pub vitals: Vec<Entry>,
    /// Encounters by id.
    pub encounters: BTreeMap<String, Encounter>,
    /// Messages that were marked as read.
    pub read: BTreeSet<String>,
}

impl Ledger {
    /// An encounter was written once more.
    pub fn note(&mut self, encounter: Encounter) {
        self.encounters.insert(encounter.entry.id.clone(), encounter);
    }

    /// Takes over what stands in another ledger.
    pub fn absorb(&mut self, other: Self) {
        self.booked.extend(other.booked);
        self.confirmed.extend(other.confirmed);
        self.vitals.extend(other.vitals);
        self.encounters.extend(other.encounters);
        self.read.extend(other.read);
    }
}

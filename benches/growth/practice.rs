//! The unit by which a clinic grows.

use crate::bench::people::Person;
use caregraph_contracts::ids::{LocationId, MedicalServiceId, PatientId, PractitionerId};

/// How many give care in a practice.
pub const DOCTORS: usize = 2;

/// How many are in the care of each.
pub const PANEL: usize = 100;

/// How many of a practice's patients have accounts.
pub const ACCOUNTS: usize = 4;

/// Visits in a practice, past and to come; as many entries in its records.
pub const VISITS: u32 = 10_000;

/// People who give care, those in their care, and where. A larger clinic has more of these, and each is as busy as in a small one.
pub struct Practice {
    /// Who gives care.
    pub doctors: Vec<Person>,
    /// Who is in care; those with accounts first.
    pub patients: Vec<PatientId>,
    /// Those who have accounts.
    pub accounts: Vec<Person>,
    /// Names of some who have none.
    pub names: Vec<String>,
    /// Where it is.
    pub location: LocationId,
    /// What is booked there.
    pub service: MedicalServiceId,
}

impl Practice {
    /// Somebody who gives care.
    pub fn practitioner(&self, doctor: usize) -> PractitionerId {
        PractitionerId::of_user(self.doctors[doctor].id)
    }

    /// Somebody in a doctor's care, by their number there.
    pub fn patient(&self, doctor: usize, number: usize) -> PatientId {
        self.patients[number * DOCTORS + doctor]
    }
}

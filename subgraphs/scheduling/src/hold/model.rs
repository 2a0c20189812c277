//! One hold.

use crate::appointment::Appointment;
use crate::directory::Person;
use caregraph_contracts::ids::{HoldId, MedicalServiceId, PatientId, PractitionerId, UserId};
use chrono::{DateTime, Utc};

/// How many slots one person can hold at a time. Enough to compare, too few to block a calendar.
pub const MOST_HOLDS: i32 = 3;

/// A held slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Identifies it.
    pub id: HoldId,
    /// Whose hold it is; nobody else can use it.
    pub user_id: UserId,
    /// Which of the person's places it takes, from 1 to [`MOST_HOLDS`].
    pub place: i32,
    /// Whose time is held.
    pub practitioner_id: PractitionerId,
    /// What for.
    pub service_id: MedicalServiceId,
    /// Who would come.
    pub patient_id: PatientId,
    /// Beginning of the visit.
    pub start: DateTime<Utc>,
    /// End of the visit.
    pub end: DateTime<Utc>,
    /// From when the practitioner is kept free.
    pub occupied_from: DateTime<Utc>,
    /// Until when the practitioner is kept free.
    pub occupied_to: DateTime<Utc>,
    /// From this moment on it holds nothing.
    pub expires_at: DateTime<Utc>,
}

impl Hold {
    /// Whether it still holds.
    pub fn is_alive(&self, now: DateTime<Utc>) -> bool {
        now < self.expires_at
    }

    /// Whether an appointment of a person is the one that the slot was held for, by whichever of their records.
    pub fn is_for(&self, appointment: &Appointment, person: &Person) -> bool {
        let visit = &appointment.visit;
        self.practitioner_id == visit.practitioner_id
            && self.service_id == appointment.service_id
            && person.records.contains(&self.patient_id)
            && self.start == visit.start
            && (self.occupied_from, self.occupied_to) == (visit.occupied_from, visit.occupied_to)
    }

    /// The lowest place that is not among `taken`; `None` when a person holds as many slots as one may.
    pub fn free_place(taken: &[i32]) -> Option<i32> {
        (1..=MOST_HOLDS).find(|place| !taken.contains(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_used_again_and_run_out() {
        assert_eq!(Hold::free_place(&[]), Some(1));
        assert_eq!(Hold::free_place(&[1, 3]), Some(2));
        assert_eq!(Hold::free_place(&[3, 1, 2]), None);
    }
}

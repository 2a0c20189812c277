//! The facts that booking needs.

use caregraph_contracts::ids::{LocationId, PatientId, PractitionerId, UserId};
use chrono::NaiveDate;
use chrono_tz::Tz;

/// Somebody who gives care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Practitioner {
    /// Who it is.
    pub id: PractitionerId,
    /// Name with title, as patients see it.
    pub display_name: String,
    /// Last day on which the licence is good; `None` where the profession needs none.
    pub licence_expires_on: Option<NaiveDate>,
    /// Whether new patients are taken. Where not, times are offered to the front desk only.
    pub accepting_new: bool,
    /// Whether bookings are possible at all: works here, and the account is not suspended.
    pub active: bool,
    /// Where the practitioner usually works. Says nothing about hours: those name their own location.
    pub locations: Vec<LocationId>,
}

impl Practitioner {
    /// Whether the licence is good on a day, and the practitioner works here.
    pub fn may_see_patients_on(&self, date: NaiveDate) -> bool {
        self.active && self.licence_expires_on.is_none_or(|last_day| date <= last_day)
    }

    /// Whether times may be offered to whoever asks: to the front desk always, to patients while new ones are taken.
    pub fn is_offered_to(&self, staff: bool) -> bool {
        self.active && (staff || self.accepting_new)
    }
}

/// A place where care is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Which place.
    pub id: LocationId,
    /// Its name.
    pub name: String,
    /// The zone in which its clocks run.
    pub time_zone: Tz,
    /// Whether it is in use.
    pub active: bool,
}

/// One record of somebody who may be booked for; a person may have several, see [`super::Person`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patient {
    /// Identifies the record.
    pub id: PatientId,
    /// The record's own account, if there is one.
    pub user_id: Option<UserId>,
    /// Accounts that act for the patient.
    pub guardians: Vec<UserId>,
    /// The patient has died.
    pub deceased: bool,
    /// The record turned out to be a duplicate, and this one stands for the person. Never one that is a duplicate itself.
    pub merged_into: Option<PatientId>,
}

impl Patient {
    /// The record that stands for the person.
    pub fn root(&self) -> PatientId {
        self.merged_into.unwrap_or(self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn practitioner() -> Practitioner {
        Practitioner {
            id: PractitionerId::from(Uuid::from_u128(1)),
            display_name: "Dr. Trần".to_owned(),
            licence_expires_on: NaiveDate::from_ymd_opt(2026, 5, 31),
            accepting_new: true,
            active: true,
            locations: Vec::new(),
        }
    }

    #[test]
    fn a_licence_is_good_on_its_last_day() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 5, d).unwrap();
        assert!(practitioner().may_see_patients_on(day(31)));
        assert!(!practitioner().may_see_patients_on(day(31).succ_opt().unwrap()));
        assert!(
            !Practitioner {
                active: false,
                ..practitioner()
            }
            .may_see_patients_on(day(1))
        );
        let without_licence = Practitioner {
            licence_expires_on: None,
            ..practitioner()
        };
        assert!(without_licence.may_see_patients_on(NaiveDate::MAX));
    }

    #[test]
    fn whoever_takes_no_new_patients_is_offered_to_the_front_desk_only() {
        let full = Practitioner {
            accepting_new: false,
            ..practitioner()
        };
        assert!(full.is_offered_to(true));
        assert!(!full.is_offered_to(false));
        assert!(
            !Practitioner {
                active: false,
                ..practitioner()
            }
            .is_offered_to(true)
        );
    }
}

//! A practitioner's state and rules.

use super::{LanguageTag, Specialty};
use caregraph_contracts::Role;
use caregraph_contracts::events::{PractitionerFacts, PractitionersEvent};
use caregraph_contracts::ids::{DepartmentId, LocationId, PractitionerId};
use caregraph_kit::Rejection;
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// What somebody is trained as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profession {
    /// A physician or dentist.
    Doctor,
    /// A nurse or midwife.
    Nurse,
    /// A pharmacist.
    Pharmacist,
    /// A laboratory or imaging technician.
    Technician,
}

impl Profession {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Doctor, Self::Nurse, Self::Pharmacist, Self::Technician];

    /// The name in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Doctor => "DOCTOR",
            Self::Nurse => "NURSE",
            Self::Pharmacist => "PHARMACIST",
            Self::Technician => "TECHNICIAN",
        }
    }

    /// The role that an account must have for its owner to work in this profession here. Otherwise a nurse's account
    /// could be shown to patients as a doctor.
    pub const fn role(self) -> Role {
        match self {
            Self::Doctor => Role::Doctor,
            Self::Nurse => Role::Nurse,
            Self::Pharmacist => Role::Pharmacist,
            Self::Technician => Role::LabTechnician,
        }
    }

    /// Whether nobody may practise it without a licence. Technicians are registered in some countries and not in others.
    pub const fn needs_licence(self) -> bool {
        match self {
            Self::Doctor | Self::Nurse | Self::Pharmacist => true,
            Self::Technician => false,
        }
    }
}

/// How a practitioner is presented, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Name without title.
    pub display_name: String,
    /// Academic or professional title in front of the name.
    pub title: Option<String>,
    /// What the practitioner is trained as.
    pub profession: Profession,
    /// Fields of care, the main one first.
    pub specialties: Vec<&'static Specialty>,
    /// Self-description for patients.
    pub biography: Option<String>,
    /// Languages spoken with patients, the best first.
    pub languages: Vec<LanguageTag>,
    /// Year in which the practitioner began to practise.
    pub practising_since: Option<i32>,
    /// Address of a picture.
    pub photo_url: Option<String>,
    /// Departments, the main one first.
    pub departments: Vec<DepartmentId>,
    /// Where the practitioner works, the main place first.
    pub locations: Vec<LocationId>,
    /// Whether new patients are taken.
    pub accepting_new_patients: bool,
    /// Last day on which the licence is good; `None` when it has no end, or the profession needs none.
    pub licence_expires_on: Option<NaiveDate>,
}

impl Profile {
    /// Name with title, as shown to patients.
    pub fn name_with_title(&self) -> String {
        match &self.title {
            Some(title) => format!("{title} {}", self.display_name),
            None => self.display_name.clone(),
        }
    }

    /// Whole years since the practitioner began, by the calendar.
    pub fn years_in_practice(&self, now: DateTime<Utc>) -> Option<i32> {
        self.practising_since.map(|since| (now.year() - since).max(0))
    }

    /// What others may change about themselves is the same on both sides; the rest is the organisation's to say.
    pub(super) fn differs_beyond_self_description(&self, other: &Self) -> bool {
        let own = |profile: &Self| Self {
            biography: None,
            languages: Vec::new(),
            photo_url: None,
            accepting_new_patients: false,
            ..profile.clone()
        };
        own(self) != own(other)
    }
}

/// What is known about a practitioner beyond the public part. Stored sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Private {
    /// Number of the licence to practise.
    pub licence_number: Option<String>,
    /// Telephone at work, E.164.
    pub work_phone: Option<String>,
    /// E-mail address at work.
    pub work_email: Option<String>,
    /// Why the practitioner was deactivated, while that is so.
    pub deactivation_reason: Option<String>,
}

/// When a licence ends, seen from several time zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LicensedUntil(pub Option<NaiveDate>);

impl LicensedUntil {
    /// Whether the licence is good at `now` somewhere in `zones`: its last day counts in full, on the clocks of the place.
    /// Without a zone, UTC's days count.
    pub fn covers(self, now: DateTime<Utc>, zones: &[Tz]) -> bool {
        let Some(last_day) = self.0 else { return true };
        let first_today = zones
            .iter()
            .map(|zone| now.with_timezone(zone).date_naive())
            .min();
        first_today.unwrap_or(now.date_naive()) <= last_day
    }

    /// The last day on which a licence may have ended that is good nowhere on Earth at `now` (UTC−12 is the last zone).
    pub fn lapsed_everywhere(now: DateTime<Utc>) -> NaiveDate {
        (now - TimeDelta::hours(12))
            .date_naive()
            .pred_opt()
            .unwrap_or(NaiveDate::MIN)
    }
}

/// A practitioner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Practitioner {
    /// Equals the account's id.
    pub id: PractitionerId,
    /// The public part.
    pub profile: Profile,
    /// Whether the practitioner works here.
    pub active: bool,
    /// Counts changes, from 1.
    pub version: i64,
}

impl Practitioner {
    /// Somebody starts to give care here.
    pub fn create(id: PractitionerId, profile: Profile) -> (Self, PractitionersEvent) {
        let practitioner = Self {
            id,
            profile,
            active: true,
            version: 1,
        };
        let event = PractitionersEvent::PractitionerCreated {
            practitioner: practitioner.facts(),
        };
        (practitioner, event)
    }

    /// What other domains may know.
    pub fn facts(&self) -> PractitionerFacts {
        PractitionerFacts {
            practitioner_id: self.id,
            display_name: self.profile.name_with_title(),
            licence_expires_on: self.profile.licence_expires_on,
            accepting_new_patients: self.profile.accepting_new_patients,
            active: self.active,
            locations: self.profile.locations.clone(),
        }
    }

    /// Whether new appointments can be booked: the practitioner works here and the licence is good. `zones` are those
    /// of the places where the practitioner works.
    pub fn accepts_bookings(&self, now: DateTime<Utc>, zones: &[Tz]) -> bool {
        self.active && LicensedUntil(self.profile.licence_expires_on).covers(now, zones)
    }

    /// Takes the new profile; tells others when something they may know has changed.
    pub fn revise(&mut self, profile: Profile) -> Option<PractitionersEvent> {
        let before = self.facts();
        self.profile = profile;
        let after = self.facts();
        (before != after).then_some(PractitionersEvent::PractitionerUpdated { practitioner: after })
    }

    /// No longer works here.
    pub fn deactivate(
        &mut self,
        private: &mut Private,
        reason: String,
    ) -> Result<PractitionersEvent, Rejection> {
        if !self.active {
            return Err(Rejection::conflict(
                "id",
                "the practitioner is deactivated already",
            ));
        }
        self.active = false;
        private.deactivation_reason = Some(reason.clone());
        Ok(PractitionersEvent::PractitionerDeactivated {
            practitioner_id: self.id,
            reason,
        })
    }

    /// Works here again.
    pub fn reactivate(&mut self, private: &mut Private) -> Result<PractitionersEvent, Rejection> {
        if self.active {
            return Err(Rejection::conflict("id", "the practitioner is active"));
        }
        self.active = true;
        private.deactivation_reason = None;
        Ok(PractitionersEvent::PractitionerUpdated {
            practitioner: self.facts(),
        })
    }

    /// What stays readable for everybody after a practitioner has left: enough for old appointments to make sense.
    #[must_use]
    pub fn remembered(mut self) -> Self {
        self.profile.biography = None;
        self.profile.photo_url = None;
        self.profile.languages.clear();
        self.profile.departments.clear();
        self.profile.locations.clear();
        self.profile.practising_since = None;
        self.profile.accepting_new_patients = false;
        self
    }

    /// Refuses an edit that was made on another state than this.
    pub fn expect_version(&self, expected: Option<i64>) -> Result<(), Rejection> {
        if expected.is_none_or(|version| version == self.version) {
            Ok(())
        } else {
            Err(Rejection::conflict(
                "expectedVersion",
                "somebody else changed the practitioner meanwhile",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn practitioner(licence_expires_on: Option<NaiveDate>) -> Practitioner {
        let profile = Profile {
            display_name: "Nguyễn Minh Anh".into(),
            title: Some("Dr.".into()),
            profession: Profession::Doctor,
            specialties: Vec::new(),
            biography: Some("Since 2010 here.".into()),
            languages: vec!["vi".parse().unwrap()],
            practising_since: Some(2010),
            photo_url: None,
            departments: Vec::new(),
            locations: vec![Uuid::from_u128(7).into()],
            accepting_new_patients: true,
            licence_expires_on,
        };
        Practitioner::create(Uuid::from_u128(1).into(), profile).0
    }

    #[test]
    fn the_last_day_of_a_licence_counts_in_full_where_the_practitioner_works() {
        let licence = LicensedUntil(Some(day("2026-03-02")));
        let saigon = [Tz::Asia__Ho_Chi_Minh];
        assert!(
            licence.covers(at("2026-03-02T16:59:59Z"), &saigon),
            "23:59 in Hồ Chí Minh City"
        );
        assert!(
            !licence.covers(at("2026-03-02T17:00:00Z"), &saigon),
            "midnight in Hồ Chí Minh City"
        );
        let also_new_york = [Tz::Asia__Ho_Chi_Minh, Tz::America__New_York];
        assert!(
            licence.covers(at("2026-03-02T17:00:00Z"), &also_new_york),
            "noon in New York"
        );
        assert!(
            !licence.covers(at("2026-03-03T00:00:00Z"), &[]),
            "UTC's days count without a place"
        );
        assert!(LicensedUntil(None).covers(at("2999-01-01T00:00:00Z"), &saigon));
    }

    #[test]
    fn who_has_left_or_lost_the_licence_takes_no_bookings() {
        let now = at("2026-03-02T08:00:00Z");
        let mut good = practitioner(Some(day("2026-12-31")));
        assert!(good.accepts_bookings(now, &[]));
        assert!(!practitioner(Some(day("2026-03-01"))).accepts_bookings(now, &[]));
        good.deactivate(&mut Private::default(), "retired".into())
            .unwrap();
        assert!(!good.accepts_bookings(now, &[]));
    }

    #[test]
    fn others_hear_only_of_what_they_may_know() {
        let mut practitioner = practitioner(None);
        let mut profile = practitioner.profile.clone();
        profile.biography = Some("New.".into());
        assert_eq!(practitioner.revise(profile.clone()), None);
        profile.title = Some("Prof.".into());
        let Some(PractitionersEvent::PractitionerUpdated { practitioner: facts }) =
            practitioner.revise(profile)
        else {
            panic!("a new title should be told");
        };
        assert_eq!(facts.display_name, "Prof. Nguyễn Minh Anh");
    }

    #[test]
    fn leaving_and_coming_back_happen_once_each() {
        let (mut practitioner, mut private) = (practitioner(None), Private::default());
        assert!(practitioner.reactivate(&mut private).is_err());
        practitioner
            .deactivate(&mut private, "parental leave".into())
            .unwrap();
        assert_eq!(private.deactivation_reason.as_deref(), Some("parental leave"));
        assert!(practitioner.deactivate(&mut private, "again".into()).is_err());
        practitioner.reactivate(&mut private).unwrap();
        assert_eq!((practitioner.active, private.deactivation_reason), (true, None));
    }

    #[test]
    fn years_in_practice_follow_the_calendar() {
        let practitioner = practitioner(None);
        assert_eq!(
            practitioner.profile.years_in_practice(at("2026-03-02T08:00:00Z")),
            Some(16)
        );
        assert_eq!(
            practitioner.profile.years_in_practice(at("2009-03-02T08:00:00Z")),
            Some(0)
        );
    }

    proptest! {
        /// The list's filter works with one day for all zones; it must never hide somebody who can still be booked.
        #[test]
        fn a_licence_that_lapsed_everywhere_covers_no_zone(seconds in 0_i64..4_000_000_000, ago in 0_i64..5, zone in 0..chrono_tz::TZ_VARIANTS.len()) {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let last_day = now.date_naive() - TimeDelta::days(ago);
            if LicensedUntil(Some(last_day)).covers(now, &[zone]) {
                prop_assert!(last_day > LicensedUntil::lapsed_everywhere(now));
            }
        }
    }
}

//! A patient: a profile with a number, and the people who may act for it. Pure.

use super::mrn::Mrn;
use super::person::SamePerson;
use super::profile::{Identification, NAME_LENGTH, Profile};
use super::values::{GuardianRelationship, SexAtBirth, one_line};
use crate::account::AccountDetails;
use caregraph_contracts::events::{self, PatientFacts};
use caregraph_contracts::ids::{PatientId, UserId};
use chrono::{DateTime, Utc};

/// Most people for whom one account acts by its own word.
pub const MOST_DEPENDANTS: u64 = 20;

/// Most guardians of one patient.
pub const MOST_GUARDIANS: usize = 10;

/// Somebody who may act for a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guardian {
    /// The guardian's account.
    pub user: UserId,
    /// What the guardian is to the patient.
    pub relationship: GuardianRelationship,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// A person in care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patient {
    /// Equals the account's id when there is one.
    pub id: PatientId,
    /// Medical record number; never changes.
    pub mrn: Mrn,
    /// Whether the patient can sign in.
    pub has_account: bool,
    /// Whether the patient was put on record by somebody who acts for them. A dependant never loses the last guardian.
    pub dependant: bool,
    /// What is known about the person.
    pub profile: Profile,
    /// Who may act for the patient by this record, the longest first.
    pub guardians: Vec<Guardian>,
    /// The record that stands for the person, when this one turned out to be a duplicate. Never one that is a duplicate itself.
    pub merged_into: Option<PatientId>,
    /// Other records of the same person, the oldest first.
    pub same_person: Vec<SamePerson>,
    /// Counts changes, from 1.
    pub version: i64,
    /// When the record was opened.
    pub registered_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// Why a guardian stays or does not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuardianProblem {
    /// Nobody is their own guardian.
    #[error("nobody is their own guardian")]
    Oneself,
    /// There are enough.
    #[error("a patient has at most {MOST_GUARDIANS} guardians")]
    TooMany,
    /// Not a guardian of this patient.
    #[error("guardian not found")]
    Unknown,
    /// Nobody would be left who could act for the patient.
    #[error("a dependant without an account keeps at least one guardian")]
    Last,
}

impl Patient {
    /// Opens a record.
    pub fn new(id: PatientId, mrn: Mrn, profile: Profile, now: DateTime<Utc>) -> Self {
        Self {
            id,
            mrn,
            has_account: false,
            dependant: false,
            profile,
            guardians: Vec::new(),
            merged_into: None,
            same_person: Vec::new(),
            version: 1,
            registered_at: now,
            updated_at: now,
        }
    }

    /// Opens the record of somebody who has an account, with what the account knows.
    pub fn of_account(user: UserId, mrn: Mrn, details: &AccountDetails, now: DateTime<Utc>) -> Self {
        let mut profile = Profile::blank(details.language);
        profile.identification = Identification {
            given_name: fitting(&details.first_name),
            family_name: fitting(&details.last_name),
            ..profile.identification
        };
        profile.phone.clone_from(&details.phone);
        profile.phone_from_account = true;
        profile.language_from_account = true;
        Self {
            has_account: true,
            ..Self::new(PatientId::of_user(user), mrn, profile, now)
        }
    }

    /// Takes over what the account says about contact and language, where nobody has edited it here. The legal name is
    /// not an account's to change. `true` when something became different.
    pub fn follow_account(&mut self, details: &AccountDetails) -> bool {
        let mut profile = self.profile.clone();
        if profile.phone_from_account {
            profile.phone.clone_from(&details.phone);
        }
        if profile.language_from_account {
            profile.preferred_language = details.language;
        }
        let different = profile != self.profile;
        self.profile = profile;
        different
    }

    /// Lets somebody act for the patient. Linking again only says anew what the guardian is to the patient.
    pub fn link(&mut self, guardian: Guardian) -> Result<(), GuardianProblem> {
        if self.is_account_of(guardian.user) {
            return Err(GuardianProblem::Oneself);
        }
        if let Some(known) = self
            .guardians
            .iter_mut()
            .find(|known| known.user == guardian.user)
        {
            known.relationship = guardian.relationship;
            return Ok(());
        }
        if self.guardians.len() >= MOST_GUARDIANS {
            return Err(GuardianProblem::TooMany);
        }
        self.guardians.push(guardian);
        Ok(())
    }

    /// Ends a guardianship, whichever of the person's records names it.
    pub fn unlink(&mut self, user: UserId) -> Result<(), GuardianProblem> {
        if !self.is_guarded_by(user) {
            return Err(GuardianProblem::Unknown);
        }
        if self.dependant && self.account().is_none() && self.guardians_of_person().len() == 1 {
            return Err(GuardianProblem::Last);
        }
        self.guardians.retain(|guardian| guardian.user != user);
        for other in &mut self.same_person {
            other.guardians.retain(|guardian| guardian.user != user);
        }
        Ok(())
    }

    /// What other domains may know.
    pub fn facts(&self) -> PatientFacts {
        PatientFacts {
            patient_id: self.id,
            user_id: self.has_account.then(|| self.id.as_user()),
            guardians: self.acting(),
            display_name: self.profile.display_name(),
            preferred_language: self.profile.preferred_language.tag().to_owned(),
            deceased: self.profile.identification.deceased,
            date_of_birth: self.profile.identification.date_of_birth,
            sex_at_birth: self.profile.identification.sex_at_birth.map(told_sex),
        }
    }
}

fn told_sex(sex: SexAtBirth) -> events::SexAtBirth {
    match sex {
        SexAtBirth::Female => events::SexAtBirth::Female,
        SexAtBirth::Male => events::SexAtBirth::Male,
        SexAtBirth::Intersex => events::SexAtBirth::Intersex,
        SexAtBirth::Unknown => events::SexAtBirth::Unknown,
    }
}

/// A name as identity has it, made to fit: an event is a fact and cannot be refused.
fn fitting(name: &str) -> String {
    let visible: String = name
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    one_line(&visible)
        .chars()
        .take(NAME_LENGTH)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use caregraph_contracts::ids::Id;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn user(n: u128) -> UserId {
        UserId::from(Uuid::from_u128(n))
    }

    fn guardian(n: u128) -> Guardian {
        Guardian {
            user: user(n),
            relationship: GuardianRelationship::Parent,
            since: DateTime::UNIX_EPOCH,
        }
    }

    fn dependant() -> Patient {
        let id = PatientId::from(Uuid::from_u128(1000));
        let mut patient = Patient::new(
            id,
            Mrn::from_counter(1),
            Profile::blank(super::super::Language::En),
            DateTime::UNIX_EPOCH,
        );
        patient.dependant = true;
        patient.link(guardian(1)).unwrap();
        patient
    }

    #[test]
    fn nobody_is_their_own_guardian() {
        let mut patient = dependant();
        let own = guardian(patient.id.uuid().as_u128());
        assert_eq!(patient.link(own), Err(GuardianProblem::Oneself));
    }

    #[test]
    fn an_account_gives_contact_until_it_is_edited_here() {
        let details = |phone: &str| AccountDetails {
            first_name: "An\u{0}".into(),
            last_name: " Nguyễn  Văn ".into(),
            phone: Some(phone.into()),
            language: super::super::Language::Vi,
        };
        let now = DateTime::UNIX_EPOCH;
        let mut patient = Patient::of_account(user(7), Mrn::from_counter(1), &details("+84912345678"), now);
        assert_eq!(patient.facts().display_name, "Nguyễn Văn An");
        assert_eq!(patient.facts().user_id, Some(user(7)));
        assert!(patient.follow_account(&details("+84912345679")));
        assert!(!patient.follow_account(&details("+84912345679")));
        patient.profile.phone_from_account = false;
        assert!(!patient.follow_account(&details("+84912345670")));
        assert_eq!(patient.profile.phone.as_deref(), Some("+84912345679"));
    }

    proptest! {
        #[test]
        fn a_dependant_always_has_a_guardian(steps in proptest::collection::vec((any::<bool>(), 1_u128..15), 0..60)) {
            let mut patient = dependant();
            for (link, n) in steps {
                let before = patient.clone();
                let result = if link { patient.link(guardian(n)) } else { patient.unlink(user(n)) };
                if result.is_err() {
                    prop_assert_eq!(&patient, &before);
                }
                prop_assert!((1..=MOST_GUARDIANS).contains(&patient.guardians.len()));
                let mut users: Vec<_> = patient.guardians.iter().map(|g| g.user).collect();
                users.sort();
                users.dedup();
                prop_assert_eq!(users.len(), patient.guardians.len());
            }
        }
    }
}

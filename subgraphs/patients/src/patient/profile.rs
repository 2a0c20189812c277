//! A person's profile and the rules for changing it. Pure.

use super::changes::ProfileChanges;
use super::values::{
    Address, BloodType, EmergencyContact, Gender, InsuranceCard, Language, SexAtBirth, national_id, one_line,
    optional_line,
};
use caregraph_contracts::names;
use caregraph_kit::Rejection;
use caregraph_kit::change::Change;
use caregraph_kit::failure::Failure;
use caregraph_kit::validate::{Checks, phone};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

/// Longest given or family name, in characters.
pub const NAME_LENGTH: usize = 80;
/// Most addresses, and most emergency contacts.
const MOST: usize = 5;

/// Who somebody is by their documents. Only the front desk changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identification {
    /// Given name, not empty.
    pub given_name: String,
    /// Family name; empty for people who have one name only.
    pub family_name: String,
    /// Day of birth.
    pub date_of_birth: Option<NaiveDate>,
    /// Sex recorded at birth.
    pub sex_at_birth: Option<SexAtBirth>,
    /// Number of an identity document, without separators.
    pub national_id: Option<String>,
    /// Blood group.
    pub blood_type: Option<BloodType>,
    /// Whether the person has died.
    pub deceased: bool,
    /// Day of death, when known.
    pub deceased_on: Option<NaiveDate>,
}

/// Everything that is kept about a person beside their care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Who it is, by documents.
    pub identification: Identification,
    /// Gender in the person's own words.
    pub gender: Option<Gender>,
    /// Telephone number in E.164.
    pub phone: Option<String>,
    /// Whether `phone` follows the account's number: so until it is edited here.
    pub phone_from_account: bool,
    /// Addresses.
    pub addresses: Vec<Address>,
    /// Whom to call when it matters.
    pub emergency_contacts: Vec<EmergencyContact>,
    /// What the person does for a living.
    pub occupation: Option<String>,
    /// The language the person wants to be addressed in.
    pub preferred_language: Language,
    /// Whether `preferred_language` follows the account's: so until it is edited here.
    pub language_from_account: bool,
    /// The insurance card.
    pub insurance: Option<InsuranceCard>,
}

impl Profile {
    /// A profile that knows nothing yet; [`Profile::changed`] refuses it until it has a name.
    pub fn blank(preferred_language: Language) -> Self {
        Self {
            identification: Identification {
                given_name: String::new(),
                family_name: String::new(),
                date_of_birth: None,
                sex_at_birth: None,
                national_id: None,
                blood_type: None,
                deceased: false,
                deceased_on: None,
            },
            gender: None,
            phone: None,
            phone_from_account: false,
            addresses: Vec::new(),
            emergency_contacts: Vec::new(),
            occupation: None,
            preferred_language,
            language_from_account: false,
            insurance: None,
        }
    }

    /// Name for people to read: family name first in Vietnamese, given name first otherwise.
    pub fn display_name(&self) -> String {
        let Identification {
            given_name,
            family_name,
            ..
        } = &self.identification;
        names::display_name(given_name, family_name, self.preferred_language.tag())
    }

    /// Completed years of life on `today`, or on the day of death; `None` while a needed day is unknown.
    pub fn age(&self, today: NaiveDate) -> Option<u32> {
        let Identification {
            date_of_birth,
            deceased,
            deceased_on,
            ..
        } = self.identification;
        let until = if deceased { deceased_on? } else { today };
        until.years_since(date_of_birth?)
    }

    /// The profile after `changes`, or every reason against them.
    pub fn changed(&self, changes: &ProfileChanges, now: DateTime<Utc>) -> Result<Self, Failure> {
        let mut checks = Checks::new();
        let after = Self {
            identification: self.identification.changed(changes, &mut checks, now),
            gender: altered(&changes.gender, self.gender.as_ref(), |gender| Some(*gender)),
            phone: altered(&changes.phone, self.phone.as_ref(), |text| {
                checks.take("phone", phone_of(text))
            }),
            phone_from_account: self.phone_from_account,
            addresses: list(
                &mut checks,
                "addresses",
                changes.addresses.as_ref(),
                &self.addresses,
                Address::checked,
            ),
            emergency_contacts: list(
                &mut checks,
                "emergencyContacts",
                changes.emergency_contacts.as_ref(),
                &self.emergency_contacts,
                EmergencyContact::checked,
            ),
            occupation: altered(&changes.occupation, self.occupation.as_ref(), |text| {
                optional_line(&mut checks, "occupation", Some(text), 120)
            }),
            preferred_language: changes
                .preferred_language
                .as_deref()
                .map_or(Some(self.preferred_language), |tag| {
                    checks.take("preferredLanguage", Language::parse(tag))
                })
                .unwrap_or(self.preferred_language),
            language_from_account: self.language_from_account,
            insurance: altered(&changes.insurance, self.insurance.as_ref(), |card| {
                Some(card.checked(&mut checks, "insurance"))
            }),
        };
        checks.done::<Rejection>()?;
        Ok(Self {
            // A form that sends back what it was shown edits nothing.
            phone_from_account: self.phone_from_account && after.phone == self.phone,
            language_from_account: self.language_from_account
                && after.preferred_language == self.preferred_language,
            ..after
        })
    }
}

impl Identification {
    fn changed(&self, changes: &ProfileChanges, checks: &mut Checks, now: DateTime<Utc>) -> Self {
        let given_name = changes.given_name.as_ref().unwrap_or(&self.given_name);
        let given_name = one_line(&checks.text("givenName", given_name, NAME_LENGTH));
        checks.require(
            given_name.is_empty() || given_name.chars().any(char::is_alphabetic),
            "givenName",
            "must contain a letter",
        );
        let family_name = match &changes.family_name {
            None => self.family_name.clone(),
            Some(name) => optional_line(checks, "familyName", Some(name), NAME_LENGTH).unwrap_or_default(),
        };
        let date_of_birth = altered(&changes.date_of_birth, self.date_of_birth.as_ref(), |day| {
            Some(*day)
        });
        let deceased_on = match changes.deceased {
            Some(false) if !matches!(changes.deceased_on, Change::Set(_)) => None,
            _ => altered(&changes.deceased_on, self.deceased_on.as_ref(), |day| Some(*day)),
        };
        let deceased = changes
            .deceased
            .unwrap_or(self.deceased || matches!(changes.deceased_on, Change::Set(_)));
        let today = latest_today(now);
        checks
            .require(
                date_of_birth.is_none_or(|day| day.year() >= 1890),
                "dateOfBirth",
                "must not be before 1890",
            )
            .require(
                date_of_birth.is_none_or(|day| day <= today),
                "dateOfBirth",
                "must not be in the future",
            )
            .require(
                deceased_on.is_none_or(|day| day <= today),
                "deceasedOn",
                "must not be in the future",
            )
            .require(
                deceased_on.is_none_or(|day| day.year() >= 1890),
                "deceasedOn",
                "must not be before 1890",
            )
            .require(
                deceased || deceased_on.is_none(),
                "deceasedOn",
                "must be empty for somebody who lives",
            )
            .require(
                date_of_birth
                    .zip(deceased_on)
                    .is_none_or(|(birth, death)| birth <= death),
                "deceasedOn",
                "must not be before the date of birth",
            );
        Self {
            given_name,
            family_name,
            date_of_birth,
            sex_at_birth: altered(&changes.sex_at_birth, self.sex_at_birth.as_ref(), |sex| {
                Some(*sex)
            }),
            national_id: altered(&changes.national_id, self.national_id.as_ref(), |text| {
                checks.take("nationalId", national_id(text))
            }),
            blood_type: altered(&changes.blood_type, self.blood_type.as_ref(), |blood| {
                Some(*blood)
            }),
            deceased,
            deceased_on,
        }
    }
}

/// A field's value after a change, where `read` makes a valid value of what was typed.
fn altered<T, U: Clone>(
    change: &Change<T>,
    before: Option<&U>,
    read: impl FnOnce(&T) -> Option<U>,
) -> Option<U> {
    match change {
        Change::Keep => before.cloned(),
        Change::Clear => None,
        Change::Set(value) => read(value),
    }
}

/// The latest day that is "today" anywhere on Earth: in the Line Islands, at UTC+14. A child born there this morning has
/// a date of birth that is not in the future.
fn latest_today(now: DateTime<Utc>) -> NaiveDate {
    (now + TimeDelta::hours(14)).date_naive()
}

fn phone_of(text: &str) -> Result<String, &'static str> {
    // Longer than any number with separators; do not walk through megabytes.
    if text.len() > 64 {
        Err("must be a telephone number with country code")
    } else {
        phone(text)
    }
}

fn list<T: Clone>(
    checks: &mut Checks,
    path: &str,
    wanted: Option<&Vec<T>>,
    before: &[T],
    read: impl Fn(&T, &mut Checks, &str) -> T,
) -> Vec<T> {
    let Some(wanted) = wanted else {
        return before.to_vec();
    };
    checks.require(
        wanted.len() <= MOST,
        path,
        &format!("must have at most {MOST} entries"),
    );
    wanted
        .iter()
        .take(MOST)
        .enumerate()
        .map(|(i, value)| read(value, checks, &format!("{path}.{i}")))
        .collect()
}

#[cfg(test)]
#[path = "profile_tests.rs"]
mod tests;

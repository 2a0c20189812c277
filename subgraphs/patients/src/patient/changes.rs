//! What somebody wants to be different in a profile, as it was typed.

use super::values::{Address, BloodType, EmergencyContact, Gender, InsuranceCard, SexAtBirth};
use caregraph_kit::change::Change;
use chrono::NaiveDate;

/// Changes to a profile. What is not mentioned stays: begin with `ProfileChanges::default()`.
///
/// Legal name, date of birth, sex at birth, national id, blood type and death are the front desk's to change, because
/// they are checked against documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChanges {
    /// Given name, at most 80 characters.
    pub given_name: Option<String>,
    /// Family name, at most 80 characters; empty for people who have one name only.
    pub family_name: Option<String>,
    /// Day of birth, not before 1890 and not in the future.
    pub date_of_birth: Change<NaiveDate>,
    /// Sex recorded at birth.
    pub sex_at_birth: Change<SexAtBirth>,
    /// Number of an identity document.
    pub national_id: Change<String>,
    /// Blood group.
    pub blood_type: Change<BloodType>,
    /// Whether the person has died. `false` also removes the day of death.
    pub deceased: Option<bool>,
    /// Day of death; implies that the person has died.
    pub deceased_on: Change<NaiveDate>,
    /// Gender in the person's own words.
    pub gender: Change<Gender>,
    /// Telephone number with country code.
    pub phone: Change<String>,
    /// All addresses, at most five.
    pub addresses: Option<Vec<Address>>,
    /// All emergency contacts, at most five.
    pub emergency_contacts: Option<Vec<EmergencyContact>>,
    /// What the person does for a living, at most 120 characters.
    pub occupation: Change<String>,
    /// `vi` or `en`.
    pub preferred_language: Option<String>,
    /// The insurance card.
    pub insurance: Change<InsuranceCard>,
}

//! The small values a profile is made of. They are shown and asked for as they are, so their descriptions here are the
//! ones in the API.

use async_graphql::{Enum, InputObject, SimpleObject};
use caregraph_kit::graphql::Date;
use caregraph_kit::validate::{Checks, country, phone};
use sea_orm::entity::prelude::{DeriveActiveEnum, EnumIter, StringLen};
use serde::{Deserialize, Serialize};

/// The sex recorded when the person was born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(24))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum SexAtBirth {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Neither clearly female nor clearly male.
    Intersex,
    /// Asked for, and not known.
    Unknown,
}

/// The gender a person lives in, in their own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(24))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum Gender {
    /// A woman or girl.
    Woman,
    /// A man or boy.
    Man,
    /// Neither, or both.
    NonBinary,
    /// Something else.
    Other,
    /// The person prefers not to say.
    Undisclosed,
}

/// A blood group by ABO and Rhesus D.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(24))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum BloodType {
    /// A, Rhesus positive.
    APositive,
    /// A, Rhesus negative.
    ANegative,
    /// B, Rhesus positive.
    BPositive,
    /// B, Rhesus negative.
    BNegative,
    /// AB, Rhesus positive.
    AbPositive,
    /// AB, Rhesus negative.
    AbNegative,
    /// O, Rhesus positive.
    OPositive,
    /// O, Rhesus negative.
    ONegative,
}

/// What a guardian is to the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(24))",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum GuardianRelationship {
    /// The patient's mother or father.
    Parent,
    /// The patient's daughter or son.
    Child,
    /// The patient's wife, husband or partner.
    Partner,
    /// The patient's sister or brother.
    Sibling,
    /// The patient's grandmother or grandfather.
    Grandparent,
    /// Appointed by a court or an authority.
    LegalGuardian,
    /// Somebody else whom the patient or the family trusts.
    Other,
}

/// The language a patient wants to be addressed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(8))",
    rename_all = "snake_case"
)]
pub enum Language {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

impl Language {
    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// Reads a BCP 47 tag; region and script do not matter to us.
    pub fn parse(tag: &str) -> Result<Self, &'static str> {
        match tag.split('-').next().map(str::to_ascii_lowercase).as_deref() {
            Some("vi") if tag.len() <= 35 => Ok(Self::Vi),
            Some("en") if tag.len() <= 35 => Ok(Self::En),
            _ => Err("must be `vi` or `en`"),
        }
    }
}

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "PatientAddressKind")]
pub enum AddressKind {
    /// Where the person lives.
    Home,
    /// Where the person works.
    Work,
    /// Where the person stays for a while.
    Temporary,
    /// Where letters go when they should not go home.
    Postal,
}

/// An address of a patient.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject, InputObject, Serialize, Deserialize)]
#[graphql(name = "PatientAddress", input_name = "PatientAddressInput")]
pub struct Address {
    /// What it is for.
    pub kind: AddressKind,
    /// House and street, at most 200 characters.
    pub street: String,
    /// Ward or district, at most 100 characters.
    pub district: Option<String>,
    /// City or town, at most 100 characters.
    pub city: String,
    /// Province, state or region, at most 100 characters.
    pub region: Option<String>,
    /// Postal code, at most 16 characters.
    pub postal_code: Option<String>,
    /// Country as an ISO 3166-1 alpha-2 code, such as `VN`.
    pub country: String,
}

impl Address {
    pub(super) fn checked(&self, checks: &mut Checks, path: &str) -> Self {
        let at = |field: &str| format!("{path}.{field}");
        Self {
            kind: self.kind,
            street: line(checks, &at("street"), &self.street, 200),
            district: optional_line(checks, &at("district"), self.district.as_deref(), 100),
            city: line(checks, &at("city"), &self.city, 100),
            region: optional_line(checks, &at("region"), self.region.as_deref(), 100),
            postal_code: optional_line(checks, &at("postalCode"), self.postal_code.as_deref(), 16),
            country: checks
                .take(&at("country"), country(&self.country))
                .unwrap_or_default(),
        }
    }
}

/// Somebody to call when it matters.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject, InputObject, Serialize, Deserialize)]
#[graphql(input_name = "EmergencyContactInput")]
pub struct EmergencyContact {
    /// The person's name, at most 160 characters.
    pub name: String,
    /// What the person is to the patient, for example "sister"; at most 60 characters.
    pub relationship: Option<String>,
    /// Telephone number with country code; shown in E.164.
    pub phone: String,
}

impl EmergencyContact {
    pub(super) fn checked(&self, checks: &mut Checks, path: &str) -> Self {
        Self {
            name: line(checks, &format!("{path}.name"), &self.name, 160),
            relationship: optional_line(
                checks,
                &format!("{path}.relationship"),
                self.relationship.as_deref(),
                60,
            ),
            phone: checks
                .take(&format!("{path}.phone"), phone(&self.phone))
                .unwrap_or_default(),
        }
    }
}

/// What is printed on a patient's insurance card.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject, InputObject, Serialize, Deserialize)]
#[graphql(input_name = "InsuranceCardInput")]
pub struct InsuranceCard {
    /// Who insures, at most 120 characters.
    pub insurer: String,
    /// Name of the plan, at most 120 characters.
    pub plan: Option<String>,
    /// The member's number, at most 40 characters.
    pub member_number: String,
    /// Last day on which the card is good.
    pub valid_until: Option<Date>,
}

impl InsuranceCard {
    pub(super) fn checked(&self, checks: &mut Checks, path: &str) -> Self {
        Self {
            insurer: line(checks, &format!("{path}.insurer"), &self.insurer, 120),
            plan: optional_line(checks, &format!("{path}.plan"), self.plan.as_deref(), 120),
            member_number: line(checks, &format!("{path}.memberNumber"), &self.member_number, 40),
            valid_until: self.valid_until,
        }
    }
}

/// Text on one line: whatever separates words becomes one space.
pub(super) fn line(checks: &mut Checks, path: &str, value: &str, max: usize) -> String {
    one_line(&checks.text(path, value, max))
}

/// Like [`line`], but nothing is fine too.
pub(super) fn optional_line(
    checks: &mut Checks,
    path: &str,
    value: Option<&str>,
    max: usize,
) -> Option<String> {
    checks.optional_text(path, value, max).map(|text| one_line(&text))
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A national id in the form that is compared: letters in upper case and digits, without separators.
pub fn national_id(text: &str) -> Result<String, &'static str> {
    const MESSAGE: &str = "must have 6 to 20 letters and digits";
    // Longer than any id with separators; do not walk through megabytes.
    if text.len() > 64 {
        return Err(MESSAGE);
    }
    let id: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '/'))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let plausible = (6..=20).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if plausible { Ok(id) } else { Err(MESSAGE) }
}

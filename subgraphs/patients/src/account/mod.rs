//! What identity told about accounts: kept here, because an account may become a patient long after it was made.

pub(crate) mod store;

use crate::patient::Language;
use caregraph_contracts::Role;
use caregraph_kit::validate::phone;
use serde::{Deserialize, Serialize};

/// Names and contact data of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountDetails {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Number in E.164, when given.
    pub phone: Option<String>,
    /// Language of the account.
    pub language: Language,
}

impl AccountDetails {
    /// Reads what an event says. A number that is none, or a language we do not speak, is no reason to refuse a fact.
    pub fn told(first_name: &str, last_name: &str, number: Option<&str>, locale: &str) -> Self {
        Self {
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            phone: number.and_then(|number| phone(number).ok()),
            language: Language::parse(locale).unwrap_or(Language::En),
        }
    }
}

/// An account as far as it is known: its events may arrive in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Names and contact data, once told.
    pub details: Option<AccountDetails>,
    /// Roles as last told.
    pub roles: Roles,
}

/// The roles of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles(pub Vec<Role>);

impl Roles {
    /// Whether the account is a patient's.
    pub fn include_patient(&self) -> bool {
        self.0.contains(&Role::Patient)
    }

    /// Whether the person gives care, so that a care team can hold them. Administrators do not.
    pub fn include_care(&self) -> bool {
        self.0.iter().any(|role| match role {
            Role::Doctor | Role::Nurse | Role::Pharmacist | Role::LabTechnician => true,
            Role::Patient | Role::InsuranceProvider | Role::Admin => false,
        })
    }
}

/// How details are kept, inside a seal.
#[derive(Serialize, Deserialize)]
struct Kept {
    first_name: String,
    last_name: String,
    phone: Option<String>,
    locale: String,
}

//! People and the patients they act for.

use crate::language::Language;
use caregraph_contracts::Role;
use caregraph_contracts::ids::{PatientId, UserId};
use chrono_tz::Tz;

/// Most devices that get push messages for one account; the oldest makes room.
pub const MOST_DEVICES: usize = 10;

/// How an account's owner is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Address for e-mail.
    pub email: String,
    /// Number in E.164, when there is one.
    pub phone: Option<String>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Tokens of devices that take push messages, the newest last.
    pub devices: Vec<String>,
    /// The account's language.
    pub language: Language,
    /// The clock on the person's wall.
    pub time_zone: Tz,
    /// Whether the account may be used.
    pub active: bool,
    /// Whether it is a patient's and nothing else; `None` until identity tells its roles.
    pub only_a_patients: Option<bool>,
}

/// What becomes of an account when everything about its owner is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It ends, or has ended.
    Ends,
    /// Its owner works here and keeps it.
    Stays,
    /// Nothing here says so.
    Unknown,
}

impl Contact {
    /// The name to greet somebody by, in the order of their language.
    pub fn name(&self) -> String {
        let name = match self.language {
            Language::Vi => format!("{} {}", self.last_name, self.first_name),
            Language::En => format!("{} {}", self.first_name, self.last_name),
        };
        name.trim().to_owned()
    }

    /// Whether the person had everything about them erased: the account is an empty shell, and nobody reads what is sent to it.
    pub fn is_erased(&self) -> bool {
        leads_nowhere(&self.email)
    }

    /// What becomes of the account when everything about the person is erased, as far as it is known.
    pub fn fate(&self) -> Fate {
        if self.is_erased() || self.only_a_patients == Some(true) {
            Fate::Ends
        } else if self.only_a_patients.is_some() {
            Fate::Stays
        } else {
            Fate::Unknown
        }
    }

    /// Adds a device, or moves it to the end when it is known.
    pub fn add_device(&mut self, token: &str) {
        self.devices.retain(|known| known != token);
        self.devices.push(token.to_owned());
        let surplus = self.devices.len().saturating_sub(MOST_DEVICES);
        self.devices.drain(..surplus);
    }
}

/// Whether an account with these roles is a patient's and nothing else: identity ends such accounts and keeps all others.
pub fn is_only_a_patients(roles: &[Role]) -> bool {
    roles == [Role::Patient]
}

/// Whether no letter can arrive at an address, because RFC 2606 reserves its domain for names that never resolve. Identity gives such
/// addresses to accounts that were erased.
pub fn leads_nowhere(address: &str) -> bool {
    const RESERVED: &str = "invalid";
    let Some((_, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let domain = domain.trim().trim_end_matches('.');
    let top = domain.rsplit_once('.').map_or(domain, |(_, top)| top);
    top.eq_ignore_ascii_case(RESERVED)
}

/// A patient, as far as messages are concerned: whom to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ward {
    /// The account, unless the patient is a dependant or a walk-in.
    pub user: Option<UserId>,
    /// Accounts that act for the patient.
    pub guardians: Vec<UserId>,
    /// Name for people to read.
    pub name: String,
    /// The patient has died: nobody is told of visits any more.
    pub deceased: bool,
    /// The record that stayed when two turned out to be one person.
    pub merged_into: Option<PatientId>,
}

impl Ward {
    /// Who is told of the patient's visits: the patient, or whoever acts for one without an account.
    pub fn recipients(&self) -> Vec<UserId> {
        match self.user {
            _ if self.deceased => Vec::new(),
            Some(user) => vec![user],
            None => self.guardians.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact() -> Contact {
        Contact {
            email: "an@example.com".into(),
            phone: None,
            first_name: "An".into(),
            last_name: "Nguyễn".into(),
            devices: Vec::new(),
            language: Language::Vi,
            time_zone: Tz::Asia__Ho_Chi_Minh,
            active: true,
            only_a_patients: None,
        }
    }

    #[test]
    fn accounts_of_those_who_work_here_outlive_what_is_erased() {
        let with = |email: &str, only_a_patients| Contact {
            email: email.into(),
            only_a_patients,
            ..contact()
        };
        let roles = [Role::Patient, Role::Doctor];
        assert!(is_only_a_patients(&roles[..1]) && !is_only_a_patients(&roles) && !is_only_a_patients(&[]));
        assert_eq!(with("an@example.com", None).fate(), Fate::Unknown);
        assert_eq!(with("an@example.com", Some(true)).fate(), Fate::Ends);
        assert_eq!(with("an@example.com", Some(false)).fate(), Fate::Stays);
        assert_eq!(with("erased-1@invalid", None).fate(), Fate::Ends);
        assert_eq!(with("erased-1@invalid", Some(false)).fate(), Fate::Ends);
    }

    #[test]
    fn names_stand_in_the_order_of_the_language() {
        let mut contact = contact();
        assert_eq!(contact.name(), "Nguyễn An");
        contact.language = Language::En;
        assert_eq!(contact.name(), "An Nguyễn");
    }

    #[test]
    fn letters_to_reserved_names_arrive_nowhere() {
        for address in [
            "erased-1@invalid",
            "an@INVALID",
            "an@invalid.",
            "an@clinic.Invalid",
            "\"a@example.com\"@invalid",
        ] {
            assert!(leads_nowhere(address), "{address}");
        }
        for address in [
            "an@example.com",
            "an@invalid.example",
            "an@notinvalid",
            "invalid@example.com",
            "invalid",
            "",
        ] {
            assert!(!leads_nowhere(address), "{address}");
        }
        let erased = Contact {
            email: "erased-1@invalid".into(),
            ..contact()
        };
        assert!(erased.is_erased() && !contact().is_erased());
    }

    #[test]
    fn the_oldest_device_makes_room() {
        let mut contact = contact();
        for n in 0..=MOST_DEVICES {
            contact.add_device(&n.to_string());
        }
        contact.add_device("1");
        assert_eq!(contact.devices.len(), MOST_DEVICES);
        assert_eq!(contact.devices.first().map(String::as_str), Some("2"));
        assert_eq!(contact.devices.last().map(String::as_str), Some("1"));
    }

    #[test]
    fn guardians_are_told_of_those_without_an_account_and_nobody_of_the_dead() {
        let (mother, child) = (
            UserId::from(uuid::Uuid::from_u128(1)),
            UserId::from(uuid::Uuid::from_u128(2)),
        );
        let mut ward = Ward {
            user: None,
            guardians: vec![mother],
            name: "Bé".into(),
            deceased: false,
            merged_into: None,
        };
        assert_eq!(ward.recipients(), [mother]);
        ward.user = Some(child);
        assert_eq!(ward.recipients(), [child]);
        ward.deceased = true;
        assert_eq!(ward.recipients(), []);
    }
}

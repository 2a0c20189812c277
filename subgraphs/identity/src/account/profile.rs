//! What people tell about themselves, and how it is checked.

use super::model::{Locale, User};
use caregraph_kit::change::Change;
use caregraph_kit::validate::{self, Checks};
use serde::{Deserialize, Serialize};

/// Longest given or family name, in characters.
pub(crate) const LONGEST_NAME: usize = 80;
const MOST_ADDRESSES: usize = 10;

/// A postal address of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostalAddress {
    /// What the person calls it, for example `Home`.
    pub label: Option<String>,
    /// Street and number.
    pub street: String,
    /// Ward or commune (`phường`, `xã`).
    pub ward: Option<String>,
    /// District (`quận`, `huyện`).
    pub district: Option<String>,
    /// City or province.
    pub city: String,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: String,
}

/// Changes of a profile. What is `None` or [`Change::Keep`] stays.
#[derive(Debug, Clone, Default)]
pub struct ProfileChanges {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Name for sign-in.
    pub username: Change<String>,
    /// Number with country code.
    pub phone: Change<String>,
    /// `vi` or `en`.
    pub locale: Option<String>,
    /// IANA time zone.
    pub time_zone: Option<String>,
    /// Picture, an `https` address.
    pub avatar_url: Change<String>,
    /// All postal addresses after the change.
    pub addresses: Option<Vec<PostalAddress>>,
    /// Refuses when the profile was changed since this version was read.
    pub expected_version: Option<i64>,
}

impl ProfileChanges {
    /// Applies the changes that are well formed and notes all mistakes.
    pub(super) fn apply(self, user: &mut User, checks: &mut Checks) {
        if let Some(name) = self.first_name {
            user.first_name = checks.text("firstName", &name, LONGEST_NAME);
        }
        if let Some(name) = self.last_name {
            user.last_name = checks.text("lastName", &name, LONGEST_NAME);
        }
        match self.username {
            Change::Keep => {}
            Change::Clear => user.username = None,
            Change::Set(text) => user.username = optional(checks, "username", Some(&text), username),
        }
        match self.phone {
            Change::Keep => {}
            Change::Clear => user.phone = None,
            Change::Set(text) => user.phone = optional(checks, "phone", Some(&text), validate::phone),
        }
        if let Some(locale) = self.locale {
            user.locale = checks.take("locale", Locale::read(&locale)).unwrap_or_default();
        }
        if let Some(zone) = self.time_zone
            && let Some(zone) = checks.take("timeZone", validate::time_zone(&zone))
        {
            user.time_zone = zone;
        }
        match self.avatar_url {
            Change::Keep => {}
            Change::Clear => user.avatar_url = None,
            Change::Set(text) => user.avatar_url = optional(checks, "avatarUrl", Some(&text), picture),
        }
        if let Some(addresses) = self.addresses {
            checks.require(
                addresses.len() <= MOST_ADDRESSES,
                "addresses",
                &format!("must be at most {MOST_ADDRESSES}"),
            );
            user.addresses = addresses
                .iter()
                .take(MOST_ADDRESSES)
                .enumerate()
                .map(|(index, address)| check_address(checks, &format!("addresses.{index}"), address))
                .collect();
        }
    }
}

/// Nothing, or nothing but space, is `None`; anything else must be well formed.
pub(super) fn optional(
    checks: &mut Checks,
    path: &str,
    value: Option<&str>,
    read: impl FnOnce(&str) -> Result<String, &'static str>,
) -> Option<String> {
    let value = value.map(str::trim).filter(|value| !value.is_empty())?;
    checks.take(path, read(value))
}

/// A username in its canonical form: 3 to 32 of `a-z 0-9 . _ -`, beginning with a letter. So none can be mistaken for an
/// e-mail address or a telephone number at sign-in.
pub(super) fn username(text: &str) -> Result<String, &'static str> {
    const MESSAGE: &str =
        "must have 3 to 32 letters (a-z), digits, dots, dashes or underscores and begin with a letter";
    if text.len() > 32 {
        return Err(MESSAGE);
    }
    let name = text.trim().to_ascii_lowercase();
    let plausible = name.len() >= 3
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
    if plausible { Ok(name) } else { Err(MESSAGE) }
}

fn picture(text: &str) -> Result<String, &'static str> {
    let plausible = text.len() <= 2048
        && text
            .strip_prefix("https://")
            .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && text
            .chars()
            .all(|c| !c.is_control() && !c.is_whitespace() && !"\"<>\\^`{|}".contains(c));
    if plausible {
        Ok(text.to_owned())
    } else {
        Err("must be an https address of at most 2048 characters")
    }
}

fn check_address(checks: &mut Checks, path: &str, address: &PostalAddress) -> PostalAddress {
    let at = |field: &str| format!("{path}.{field}");
    let country = address.country.trim().to_ascii_uppercase();
    checks.require(
        country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()),
        &at("country"),
        "must be a country code of two letters (ISO 3166-1), such as VN",
    );
    PostalAddress {
        label: checks.optional_text(&at("label"), address.label.as_deref(), 40),
        street: checks.text(&at("street"), &address.street, 200),
        ward: checks.optional_text(&at("ward"), address.ward.as_deref(), 100),
        district: checks.optional_text(&at("district"), address.district.as_deref(), 100),
        city: checks.text(&at("city"), &address.city, 100),
        postal_code: checks.optional_text(&at("postalCode"), address.postal_code.as_deref(), 20),
        country,
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{UserStatus, tests::user};
    use super::*;
    use caregraph_kit::{Failure, Rejection};

    #[test]
    fn usernames_have_one_spelling_and_look_like_nothing_else() {
        assert_eq!(username("An.Nguyen"), Ok("an.nguyen".into()));
        for bad in [
            "",
            "an",
            "1abc",
            "+84912345678",
            "a@b.c",
            "a b c",
            "nguyễn",
            &"x".repeat(33),
        ] {
            assert!(username(bad).is_err(), "{bad} should be refused");
        }
    }

    #[test]
    fn pictures_come_over_https() {
        assert!(picture("https://example.com/a.png").is_ok());
        for bad in [
            "javascript:alert(1)",
            "http://example.com/a.png",
            "https://",
            "https:///x",
            "https://a b",
        ] {
            assert!(picture(bad).is_err(), "{bad} should be refused");
        }
    }

    #[test]
    fn every_mistake_is_found_and_empty_means_removed() {
        let mut user = user(UserStatus::Active);
        user.username = Some("an.nguyen".into());
        let mut checks = Checks::new();
        let changes = ProfileChanges {
            first_name: Some("  ".into()),
            username: Change::Clear,
            locale: Some("xx".into()),
            time_zone: Some("Mars/Base".into()),
            addresses: Some(vec![PostalAddress {
                label: None,
                street: "1".into(),
                ward: None,
                district: None,
                city: String::new(),
                postal_code: None,
                country: "Vietnam".into(),
            }]),
            ..ProfileChanges::default()
        };
        changes.apply(&mut user, &mut checks);
        assert_eq!(user.username, None);
        let Err(Failure::<Rejection>::Refused(found)) = checks.done() else {
            panic!("should refuse")
        };
        assert_eq!(found.len(), 5, "{found:?}");
    }
}

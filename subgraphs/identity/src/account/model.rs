//! An account and its life.

use super::profile::PostalAddress;
use caregraph_contracts::Role;
use caregraph_contracts::events::IdentityEvent;
use caregraph_contracts::ids::UserId;
use caregraph_contracts::names;
use caregraph_kit::Rejection;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// The languages we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

impl Locale {
    /// The tag on the wire (BCP 47).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// Reads a tag.
    pub fn read(tag: &str) -> Result<Self, &'static str> {
        match tag {
            "vi" => Ok(Self::Vi),
            "en" => Ok(Self::En),
            _ => Err("must be `vi` or `en`"),
        }
    }
}

/// Where an account is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserStatus {
    /// Registered; the e-mail address is not verified yet, so nobody can sign in.
    PendingVerification,
    /// Can sign in.
    Active,
    /// An administrator has closed it for now.
    Suspended,
    /// Closed for good.
    Deactivated,
}

impl UserStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::PendingVerification => "PENDING_VERIFICATION",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Deactivated => "DEACTIVATED",
        }
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        [
            Self::PendingVerification,
            Self::Active,
            Self::Suspended,
            Self::Deactivated,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Identifies the account.
    pub id: UserId,
    /// Address for messages and sign-in, in lower case. Unique.
    pub email: String,
    /// Whether the person has shown to read that address.
    pub email_verified: bool,
    /// Name for sign-in, in lower case. Unique.
    pub username: Option<String>,
    /// Number for sign-in, in E.164. Unique.
    pub phone: Option<String>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Language of messages.
    pub locale: Locale,
    /// Zone in which times are shown.
    pub time_zone: Tz,
    /// Picture.
    pub avatar_url: Option<String>,
    /// Postal addresses, the first is the main one.
    pub addresses: Vec<PostalAddress>,
    /// What the person is here.
    pub roles: BTreeSet<Role>,
    /// Where the account is in its life.
    pub status: UserStatus,
    /// Why it is suspended, in an administrator's words.
    pub suspended_reason: Option<String>,
    /// When the account was made.
    pub joined_at: DateTime<Utc>,
    /// Last sign-in.
    pub last_login_at: Option<DateTime<Utc>>,
    /// Grows with each change.
    pub version: i64,
}

/// Stands for a name that was erased.
const NO_NAME: &str = "—";

/// An account that is made by the system rather than by its person: the first administrator, the demonstration clinic.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Address for messages and sign-in.
    pub email: String,
    /// Name for sign-in.
    pub username: Option<String>,
    /// Number with country code.
    pub phone: Option<String>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Language of messages.
    pub locale: Locale,
    /// Zone in which times are shown.
    pub time_zone: Tz,
    /// Password; without one the person sets it by asking for a new password.
    pub password: Option<String>,
    /// What the person is here; at least one.
    pub roles: BTreeSet<Role>,
    /// Whether the e-mail address counts as verified. If not, a message with a link is sent.
    pub verified: bool,
}

impl User {
    /// Names in the order of the person's language: Vietnamese puts the family name first.
    pub fn display_name(&self) -> String {
        names::display_name(&self.first_name, &self.last_name, self.locale.as_str())
    }

    /// What an attacker would try first as a password.
    pub(crate) fn guessable_words(&self) -> Vec<String> {
        let email_parts = self.email.split(['@', '.']).map(str::to_owned);
        let identifiers = [
            Some(self.email.clone()),
            self.username.clone(),
            self.phone.clone(),
        ]
        .into_iter()
        .flatten();
        let names = [
            self.first_name.clone(),
            self.last_name.clone(),
            self.display_name(),
        ];
        identifiers
            .chain(email_parts)
            .chain(names)
            .chain(["caregraph".to_owned()])
            .collect()
    }

    /// The event that tells of a new account.
    pub(crate) fn registered(&self) -> IdentityEvent {
        IdentityEvent::UserRegistered {
            user_id: self.id,
            email: self.email.clone(),
            phone: self.phone.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            locale: self.locale.as_str().to_owned(),
            time_zone: self.time_zone.name().to_owned(),
            roles: self.roles.iter().copied().collect(),
        }
    }

    /// The event that tells of a changed profile.
    pub(crate) fn updated(&self) -> IdentityEvent {
        IdentityEvent::UserUpdated {
            user_id: self.id,
            email: self.email.clone(),
            phone: self.phone.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            locale: self.locale.as_str().to_owned(),
            time_zone: self.time_zone.name().to_owned(),
        }
    }

    /// The person has shown to read the e-mail address. An account that waited for this becomes active.
    pub(crate) fn verify_email(&mut self) {
        self.email_verified = true;
        if self.status == UserStatus::PendingVerification {
            self.status = UserStatus::Active;
        }
    }

    /// Replaces the roles; `None` when nothing changes.
    pub(crate) fn assign_roles(&mut self, roles: BTreeSet<Role>) -> Result<Option<IdentityEvent>, Rejection> {
        if roles.is_empty() {
            return Err(Rejection::invalid("roles", "must name at least one role"));
        }
        if self.is_closed() {
            return Err(closed_for_good());
        }
        if self.roles == roles {
            return Ok(None);
        }
        self.roles = roles;
        Ok(Some(IdentityEvent::UserRolesChanged {
            user_id: self.id,
            roles: self.roles.iter().copied().collect(),
        }))
    }

    /// Closes the account for now.
    pub(crate) fn suspend(&mut self, reason: String) -> Result<IdentityEvent, Rejection> {
        match self.status {
            UserStatus::Active | UserStatus::PendingVerification => {
                self.status = UserStatus::Suspended;
                self.suspended_reason = Some(reason.clone());
                Ok(IdentityEvent::UserSuspended {
                    user_id: self.id,
                    reason,
                })
            }
            UserStatus::Suspended => Err(Rejection::conflict("userId", "the account is suspended already")),
            UserStatus::Deactivated => Err(closed_for_good()),
        }
    }

    /// Opens a suspended account again.
    pub(crate) fn reactivate(&mut self) -> Result<IdentityEvent, Rejection> {
        match self.status {
            UserStatus::Suspended => {
                self.status = if self.email_verified {
                    UserStatus::Active
                } else {
                    UserStatus::PendingVerification
                };
                self.suspended_reason = None;
                Ok(IdentityEvent::UserReactivated { user_id: self.id })
            }
            UserStatus::Active | UserStatus::PendingVerification => {
                Err(Rejection::conflict("userId", "the account is not suspended"))
            }
            UserStatus::Deactivated => Err(closed_for_good()),
        }
    }

    /// Whether it is closed for good.
    pub(crate) fn is_closed(&self) -> bool {
        self.status == UserStatus::Deactivated
    }

    /// Whether it is the account of a patient and of nothing else. Others are kept for the work that is done under them; also one whose only
    /// role this version does not know.
    pub(crate) fn is_only_a_patients(&self) -> bool {
        self.roles == BTreeSet::from([Role::Patient])
    }

    /// Whether nothing in it tells of a person any more.
    pub(crate) fn is_erased(&self) -> bool {
        self.is_closed() && self.email == erased_email(self.id)
    }

    /// Takes everything out of a patient's account that tells of the person, and closes it for good; `None` when that was done before,
    /// or when the account must stay. Its id stays, so that what refers to it leads somewhere, and the time at which it was made,
    /// which the id tells anyway.
    pub(crate) fn erase(&mut self, time_zone: Tz) -> Option<IdentityEvent> {
        if self.is_erased() || !self.is_only_a_patients() {
            return None;
        }
        // Every field by its name, so that nobody adds one without saying here what becomes of it.
        *self = Self {
            id: self.id,
            email: erased_email(self.id),
            email_verified: false,
            username: None,
            phone: None,
            first_name: NO_NAME.to_owned(),
            last_name: NO_NAME.to_owned(),
            locale: Locale::default(),
            time_zone,
            avatar_url: None,
            addresses: Vec::new(),
            roles: BTreeSet::from([Role::Patient]),
            status: UserStatus::Deactivated,
            suspended_reason: None,
            joined_at: self.joined_at,
            last_login_at: None,
            version: self.version,
        };
        Some(self.updated())
    }
}

/// Stands for an address that was erased. Unique, as every address must be; nobody can register it or sign in with it, because our rules
/// want a dot in the host; and no mail reaches it, because RFC 2606 reserves `invalid` for names that never resolve.
fn erased_email(id: UserId) -> String {
    format!("erased-{id}@invalid")
}

fn closed_for_good() -> Rejection {
    Rejection::conflict("userId", "the account is closed for good")
}

#[cfg(test)]
#[path = "model_tests.rs"]
pub(crate) mod tests;

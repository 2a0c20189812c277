//! An entry before it is written down.

use super::facts::{Facts, facts};
use super::payload::digest;
use async_graphql::Enum;
use caregraph_contracts::Domain;
use caregraph_contracts::access::{AccessBasis, RecordPart};
use caregraph_contracts::events::Actor;
use caregraph_contracts::ids::{AuditEntryId, Id, PatientId};
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::events::Envelope;
use chrono::{DateTime, Utc};
use uuid::Uuid;

macro_rules! stored_by_name {
    ($type:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in the store.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The one with a name; `None` for a name that this version does not know.
            pub fn named(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == text)
            }
        }
    };
}

/// Whether somebody got what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "AuditOutcome")]
pub enum Outcome {
    /// It was shown, or done.
    Granted,
    /// Nothing allowed it; nothing was shown.
    Denied,
}

stored_by_name!(Outcome { Granted = "GRANTED", Denied = "DENIED" });

/// What kind of thing an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "AuditSubjectKind")]
pub enum SubjectKind {
    /// A person's account.
    Account,
    /// One signed-in device of an account.
    Session,
    /// A patient's profile.
    Patient,
    /// Somebody who gives care.
    Practitioner,
    /// A place where care is given.
    Location,
    /// An appointment.
    Appointment,
    /// A patient's medical record as a whole; the id is the patient's.
    Record,
    /// One entry of a medical record.
    RecordEntry,
    /// A patient's consent.
    Consent,
    /// A message to somebody.
    Notification,
    /// What messages of one kind say.
    Template,
    /// A role, with what it may do.
    Role,
    /// Something that the version of the program that recorded the entry did not know.
    Other,
}

stored_by_name!(SubjectKind {
    Account = "ACCOUNT",
    Session = "SESSION",
    Patient = "PATIENT",
    Practitioner = "PRACTITIONER",
    Location = "LOCATION",
    Appointment = "APPOINTMENT",
    Record = "RECORD",
    RecordEntry = "RECORD_ENTRY",
    Consent = "CONSENT",
    Notification = "NOTIFICATION",
    Template = "TEMPLATE",
    Role = "ROLE",
    Other = "OTHER",
});

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// What kind of thing.
    pub kind: SubjectKind,
    /// Which one.
    pub id: Uuid,
}

impl Subject {
    /// The thing of a kind with an id.
    pub fn new(kind: SubjectKind, id: impl Id) -> Self {
        Self { kind, id: id.uuid() }
    }
}

/// One reading or change, as the trail is to keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The event's id.
    pub id: AuditEntryId,
    /// Who told the event.
    pub domain: Domain,
    /// The event's name.
    pub action: String,
    /// Whether somebody got what was asked for.
    pub outcome: Outcome,
    /// Who caused it; `None` for what the program did by itself.
    pub actor: Option<Actor>,
    /// What it is about.
    pub subject: Subject,
    /// The patient it concerns.
    pub patient: Option<PatientId>,
    /// What allowed a reading.
    pub purpose: Option<AccessBasis>,
    /// Parts of a medical record that were shown, asked for or changed.
    pub parts: Vec<RecordPart>,
    /// The question of a reading; what was set, where there is no other place to see what it was at that time.
    pub what: Option<String>,
    /// The stated reason.
    pub reason: Option<String>,
    /// Keyed digest of the state before.
    pub before: Option<String>,
    /// Keyed digest of the state after, or of what the event says.
    pub after: Option<String>,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
}

impl Entry {
    /// What an event means. Every event means something: one that this version does not know is taken down as far as its envelope
    /// tells.
    pub fn of(event: &Envelope, cipher: &FieldCipher) -> Self {
        let Facts {
            subject,
            patient,
            outcome,
            purpose,
            parts,
            what,
            reason,
            before,
            after,
            by,
        } = facts(event);
        let mut actor = event.actor();
        // A use case that nobody's request led to may still say who is behind it.
        if let Some(user) = by
            && actor.as_ref().is_none_or(|actor| actor.user.is_none())
        {
            let known = actor.get_or_insert_with(|| Actor {
                user: None,
                session: None,
                roles: Vec::new(),
                address: None,
                request: String::new(),
            });
            known.user = Some(user);
        }
        Self {
            id: AuditEntryId::from(event.id.uuid()),
            domain: event.domain,
            action: event.name.clone(),
            outcome,
            actor,
            subject,
            patient,
            purpose,
            parts,
            what,
            reason,
            before,
            after: after.or_else(|| Some(digest(cipher, &event.payload))),
            occurred_at: event.occurred_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_the_store_read_back() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::named(outcome.as_str()), Some(*outcome));
        }
        for kind in SubjectKind::ALL {
            assert_eq!(SubjectKind::named(kind.as_str()), Some(*kind));
        }
        assert_eq!(Outcome::named("PERHAPS"), None);
    }
}

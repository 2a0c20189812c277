//! An entry as it is written down, with its place in the chain.

use super::chain::{Columns, Content, Place};
use crate::entry::Entry;
use caregraph_contracts::ids::{AuditEntryId, Id};
use caregraph_contracts::{AccessBasis, Role};
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A written entry. Names stay texts as the store has them, because the chain vouches for what is written, also where this version
/// of the program does not know a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where it stands.
    pub place: Place,
    /// Identifies it; the event's id.
    pub id: AuditEntryId,
    /// Who told the event.
    pub domain: String,
    /// The event's name.
    pub action: String,
    /// Name of the outcome.
    pub outcome: String,
    /// The account behind it.
    pub actor_user: Option<Uuid>,
    /// The session behind it.
    pub actor_session: Option<Uuid>,
    /// Names of roles, separated by commas.
    pub actor_roles: String,
    /// The request's id; `None` for what the program did by itself.
    pub request: Option<String>,
    /// The client's address, sealed.
    pub address: Option<String>,
    /// Keyed digest of the address.
    pub address_digest: Option<String>,
    /// Name of the subject's kind.
    pub subject_kind: String,
    /// Which subject.
    pub subject_id: Uuid,
    /// The patient it concerns.
    pub patient_id: Option<Uuid>,
    /// Name of what allowed a reading.
    pub purpose: Option<String>,
    /// Names of parts of a record, separated by commas.
    pub parts: String,
    /// The question of a reading.
    pub what: Option<String>,
    /// The stated reason, sealed.
    pub reason: Option<String>,
    /// Keyed digest of the reason.
    pub reason_digest: Option<String>,
    /// Keyed digest of the state before.
    pub digest_before: Option<String>,
    /// Keyed digest of the state after.
    pub digest_after: Option<String>,
    /// When it happened, in whole microseconds.
    pub occurred_at: DateTime<Utc>,
    /// When it was written down, in whole microseconds.
    pub recorded_at: DateTime<Utc>,
    /// The hash of the entry before it.
    pub previous: String,
    /// Its own hash.
    pub hash: String,
}

impl Written {
    /// Names of the roles that somebody did this in. Whoever works here and looks at their own record, or at their child's, does so as
    /// nobody but themselves, whatever roles they are signed in with.
    pub fn acted_as(&self) -> &str {
        let basis = self.purpose.as_deref();
        let at_home = [AccessBasis::Oneself, AccessBasis::Guardian];
        if at_home.iter().any(|home| basis == Some(home.as_str())) {
            Role::Patient.as_str()
        } else {
            &self.actor_roles
        }
    }

    /// Writes an entry down behind the one with the hash `previous`.
    pub fn down(
        entry: Entry,
        place: Place,
        previous: &str,
        recorded_at: DateTime<Utc>,
        cipher: &FieldCipher,
    ) -> Self {
        let id = entry.id;
        let seal = |field, plain: Option<&str>| plain.map(|plain| cipher.seal(at(id, field), plain));
        let keyed = |field, plain: Option<&str>| plain.map(|plain| digest(cipher, id, field, plain));
        let actor = entry.actor.as_ref();
        let address = actor.and_then(|actor| actor.address.as_deref());
        let reason = entry.reason.as_deref();
        let mut written = Self {
            place,
            id,
            domain: entry.domain.as_str().to_owned(),
            action: entry.action,
            outcome: entry.outcome.as_str().to_owned(),
            actor_user: actor.and_then(|actor| actor.user).map(Id::uuid),
            actor_session: actor.and_then(|actor| actor.session).map(Id::uuid),
            actor_roles: joined(
                actor
                    .iter()
                    .flat_map(|actor| &actor.roles)
                    .map(|role| role.as_str()),
            ),
            request: actor
                .map(|actor| actor.request.clone())
                .filter(|id| !id.is_empty()),
            address: seal("address", address),
            address_digest: keyed("address", address),
            subject_kind: entry.subject.kind.as_str().to_owned(),
            subject_id: entry.subject.id,
            patient_id: entry.patient.map(Id::uuid),
            purpose: entry.purpose.map(|purpose| purpose.as_str().to_owned()),
            parts: joined(entry.parts.iter().map(|part| part.as_str())),
            what: entry.what,
            reason: seal("reason", reason),
            reason_digest: keyed("reason", reason),
            digest_before: entry.before,
            digest_after: entry.after,
            occurred_at: entry.occurred_at,
            recorded_at,
            previous: previous.to_owned(),
            hash: String::new(),
        };
        written.hash = written.content().hash_at(place, previous);
        written
    }

    /// A digest of all it says. Of what is sealed, the keyed digest goes in: sealing anew under another key changes nothing.
    pub fn content(&self) -> Content {
        Columns::new()
            .id(self.id.uuid())
            .text(&self.domain)
            .text(&self.action)
            .text(&self.outcome)
            .maybe_id(self.actor_user)
            .maybe_id(self.actor_session)
            .text(&self.actor_roles)
            .maybe_text(self.request.as_deref())
            .maybe_text(self.address_digest.as_deref())
            .text(&self.subject_kind)
            .id(self.subject_id)
            .maybe_id(self.patient_id)
            .maybe_text(self.purpose.as_deref())
            .text(&self.parts)
            .maybe_text(self.what.as_deref())
            .maybe_text(self.reason_digest.as_deref())
            .maybe_text(self.digest_before.as_deref())
            .maybe_text(self.digest_after.as_deref())
            .number(self.occurred_at.timestamp_micros())
            .number(self.recorded_at.timestamp_micros())
            .digest()
    }

    /// Whether what is sealed is what the digests beside it are of.
    pub fn seals_hold(&self, cipher: &FieldCipher) -> bool {
        [
            ("address", &self.address, &self.address_digest),
            ("reason", &self.reason, &self.reason_digest),
        ]
        .into_iter()
        .all(|(field, sealed, known)| match (sealed, known) {
            (None, None) => true,
            (Some(sealed), Some(known)) => cipher
                .open(at(self.id, field), sealed)
                .is_ok_and(|plain| digest(cipher, self.id, field, &plain) == *known),
            (None, Some(_)) | (Some(_), None) => false,
        })
    }

    /// The client's address; `None` also when its seal does not open.
    pub fn open_address(&self, cipher: &FieldCipher) -> Option<String> {
        self.open(cipher, "address", self.address.as_deref())
    }

    /// The stated reason; `None` also when its seal does not open.
    pub fn open_reason(&self, cipher: &FieldCipher) -> Option<String> {
        self.open(cipher, "reason", self.reason.as_deref())
    }

    /// A value that somebody damaged must not hide the rest of the trail: it is left out, and verifying finds it.
    fn open(&self, cipher: &FieldCipher, field: &'static str, sealed: Option<&str>) -> Option<String> {
        cipher
            .open(at(self.id, field), sealed?)
            .inspect_err(|error| {
                tracing::error!(entry = %self.id, field, error = error as &dyn std::error::Error,
                    "a sealed value of the audit trail does not open");
            })
            .ok()
    }
}

fn at(id: AuditEntryId, field: &'static str) -> FieldRef<'static> {
    FieldRef {
        table: "audit_entries",
        record: id.uuid(),
        field,
    }
}

/// Of the entry's own, so that equal addresses in two entries do not show in the store.
fn digest(cipher: &FieldCipher, id: AuditEntryId, field: &str, plain: &str) -> String {
    cipher.blind_index(&format!("audit_entries/{field}"), &format!("{id}\0{plain}"))
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(",")
}

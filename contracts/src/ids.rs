//! Identifiers: one newtype per kind of thing, so that a patient's id cannot be passed where a doctor's is wanted.
//!
//! All are UUIDv7: unique without coordination and ordered by time of creation, which keeps B-tree inserts local.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// What every identifier can do; lets generic code make and read ids without knowing which kind.
pub trait Id: Copy + Eq + std::hash::Hash + Ord + fmt::Display + From<Uuid> + Send + Sync + 'static {
    /// The bare UUID, for stores.
    fn uuid(self) -> Uuid;
}

/// Text that is not a UUID stood where an identifier was wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid identifier")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl Id for $name {
            fn uuid(self) -> Uuid { self.0 }
        }
        impl From<Uuid> for $name {
            fn from(value: Uuid) -> Self { Self(value) }
        }
        impl From<$name> for Uuid {
            fn from(value: $name) -> Self { value.0 }
        }
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )*};
}

ids! {
    /// A person's account.
    UserId;
    /// One signed-in device of one account.
    SessionId;
    /// A patient; equals the user's id when the patient has an account.
    PatientId;
    /// A member of the care staff; equals the user's id.
    PractitionerId;
    /// A place where care is given.
    LocationId;
    /// A department of the organisation.
    DepartmentId;
    /// A service that can be booked.
    MedicalServiceId;
    /// A booked appointment.
    AppointmentId;
    /// A slot kept free for a few minutes while somebody fills in the form.
    HoldId;
    /// A one-off absence of a practitioner.
    AbsenceId;
    /// One-off additional hours of a practitioner.
    ExtraHoursId;
    /// One public event.
    EventId;
    /// One message to one person by one channel.
    NotificationId;
    /// One administrator's words to some people; follows from who said them and their key.
    AnnouncementId;
    /// The text of one kind of message, for one channel, in one language.
    NotificationTemplateId;
    /// A device that takes push messages; follows from its token.
    DeviceId;
    /// Work that waits for its time.
    JobId;
    /// One entry of a medical record: an encounter, a set of vital signs, an allergy and so on.
    RecordEntryId;
    /// One version of an entry of a medical record.
    RecordVersionId;
    /// A diagnosis or a plan inside an encounter.
    EncounterItemId;
    /// Somebody's leave to see a record that is not in their care.
    GlassBreakId;
    /// A care relationship between two people; follows from them.
    TieId;
    /// A patient's consent.
    ConsentId;
    /// Two patients' records that were put together.
    MergeId;
    /// All data about a patient, put together for taking along.
    DataExportId;
    /// Somebody's wish that everything about a patient be erased.
    ErasureId;
    /// What a domain has said for an export; follows from its number.
    DataExportPartId;
    /// A stored file.
    FileId;
    /// One reading or change in the audit trail.
    AuditEntryId;
}

impl PatientId {
    /// The patient behind an account: a person who registers is their own patient under the same id.
    pub fn of_user(user: UserId) -> Self {
        Self(user.0)
    }

    /// The account this patient would have. Dependants have none, so the account may not exist.
    pub fn as_user(self) -> UserId {
        UserId(self.0)
    }
}

impl PractitionerId {
    /// The practitioner behind an account.
    pub fn of_user(user: UserId) -> Self {
        Self(user.0)
    }

    /// The practitioner's account.
    pub fn as_user(self) -> UserId {
        UserId(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_prints() {
        let id = UserId::from(Uuid::from_u128(42));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn text_that_is_no_uuid_is_refused() {
        assert_eq!("42".parse::<PatientId>(), Err(InvalidId));
        assert_eq!("".parse::<PatientId>(), Err(InvalidId));
    }
}

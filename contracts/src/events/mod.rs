//! Public events: what one domain tells all others.
//!
//! They are facts in the past tense, small, versioned, and free of secrets. They may carry contact data, because
//! some readers exist to write to people; stores and transports therefore keep the payload sealed.

mod actor;
mod administration;
mod erasure;
mod identity;
mod notifications;
mod patients;
mod portability;
mod practitioners;
mod records;
mod scheduling;

pub use actor::Actor;
pub use administration::AdministrationEvent;
pub use erasure::{DataCategory, Erasable, ErasureAnswer, ErasureStep, Holdings, Retained, RetentionBasis};
pub use identity::{IdentityEvent, SessionEnd};
pub use notifications::NotificationsEvent;
pub use patients::{CareRelationshipKind, ConsentFacts, PatientFacts, PatientsEvent, SexAtBirth};
pub use portability::{ExportPart, ExportRequest};
pub use practitioners::{LocationFacts, PractitionerFacts, PractitionersEvent};
pub use records::{EntryChange, EntryKind, RecordAccess, RecordsEvent};
pub use scheduling::{AppointmentFacts, AppointmentStatus, CancelledBy, SchedulingEvent};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::fmt;
use uuid::Uuid;

/// A domain that tells events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Domain {
    /// Accounts, sessions, roles.
    Identity,
    /// People in care.
    Patients,
    /// People and places that give care.
    Practitioners,
    /// Services, hours, appointments.
    Scheduling,
    /// Medical records.
    Records,
    /// Messages to people.
    Notifications,
    /// The audit trail.
    Administration,
}

/// What kind of store a domain has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// Tables: SQLite, PostgreSQL or MariaDB.
    Relational,
    /// Documents: SQLite or MongoDB.
    Documents,
}

impl Domain {
    /// All domains, in the order in which they start.
    pub const ALL: &'static [Self] = &[
        Self::Identity,
        Self::Patients,
        Self::Practitioners,
        Self::Scheduling,
        Self::Records,
        Self::Notifications,
        Self::Administration,
    ];

    /// What kind of store it has.
    pub const fn store(self) -> StoreKind {
        match self {
            Self::Identity
            | Self::Patients
            | Self::Practitioners
            | Self::Scheduling
            | Self::Administration => StoreKind::Relational,
            Self::Records | Self::Notifications => StoreKind::Documents,
        }
    }

    /// The name used in configuration, file names and topics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Patients => "patients",
            Self::Practitioners => "practitioners",
            Self::Scheduling => "scheduling",
            Self::Records => "records",
            Self::Notifications => "notifications",
            Self::Administration => "administration",
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Domain {
    type Err = crate::access::UnknownName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|d| d.as_str() == text)
            .ok_or(crate::access::UnknownName)
    }
}

/// The identifier of something that has a name and no identifier, as what an event is about.
fn named(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("caregraph/{name}").as_bytes())
}

/// A public event of one domain.
pub trait PublicEvent: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Who tells it.
    const DOMAIN: Domain;

    /// The event's name as on the domain's page, for example `AppointmentBooked`.
    fn name(&self) -> &'static str;

    /// The thing that changed. Events about one thing are delivered in the order in which they happened.
    fn aggregate(&self) -> Uuid;

    /// Version of the payload's shape; raised when a field changes its meaning.
    fn version(&self) -> u16 {
        1
    }
}

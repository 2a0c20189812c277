//! What patients tells.

use super::{Domain, ErasureStep, ExportPart, Holdings, PublicEvent};
use crate::access::RecordPart;
use crate::ids::{ConsentId, ErasureId, Id, PatientId, UserId};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What other domains may know about a patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientFacts {
    /// The patient.
    pub patient_id: PatientId,
    /// The account, unless the patient is a dependant or a walk-in.
    pub user_id: Option<UserId>,
    /// Accounts that may act for this patient.
    pub guardians: Vec<UserId>,
    /// Name for people to read.
    pub display_name: String,
    /// BCP 47 language the patient prefers, `vi` or `en`.
    pub preferred_language: String,
    /// The patient has died; nothing may be booked.
    pub deceased: bool,
    /// Day of birth, when known: what is normal depends on age.
    #[serde(default)]
    pub date_of_birth: Option<NaiveDate>,
    /// Sex recorded at birth, when known.
    #[serde(default)]
    pub sex_at_birth: Option<SexAtBirth>,
}

/// Sex recorded at birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SexAtBirth {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Neither could be said.
    Intersex,
    /// Nobody wrote it down.
    Unknown,
}

/// A consent as others may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentFacts {
    /// The consent.
    pub consent_id: ConsentId,
    /// Who may see.
    pub grantee: UserId,
    /// Which parts of the record.
    pub parts: Vec<RecordPart>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when, if it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// Whether it was withdrawn.
    pub revoked: bool,
}

/// Where a care relationship comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CareRelationshipKind {
    /// Put on the care team by hand.
    Assigned,
    /// Follows from an appointment.
    Appointment,
}

/// Public events of patients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", content = "data")]
pub enum PatientsEvent {
    /// A patient came into being: by registering, at the front desk, or as a dependant.
    PatientRegistered {
        /// State at the start.
        patient: PatientFacts,
    },
    /// Something that others may know changed. Carries the state after the change.
    PatientUpdated {
        /// State after the change.
        patient: PatientFacts,
    },
    /// Two records turned out to be one person.
    PatientsMerged {
        /// The record that stays.
        surviving: PatientId,
        /// The record that now points to it.
        merged: PatientId,
    },
    /// Two records that had been put together are two again.
    PatientsUnmerged {
        /// The record that stayed.
        surviving: PatientId,
        /// The record that stands for itself again.
        merged: PatientId,
    },
    /// A member of staff gained or lost a care relationship.
    CareRelationshipChanged {
        /// The patient.
        patient_id: PatientId,
        /// The member of staff.
        user_id: UserId,
        /// Where it comes from.
        kind: CareRelationshipKind,
        /// Since when; `None` when it ended.
        since: Option<DateTime<Utc>>,
        /// Until when, if it ends by itself.
        until: Option<DateTime<Utc>>,
    },
    /// A consent was given or withdrawn.
    ConsentChanged {
        /// The patient.
        patient_id: PatientId,
        /// State after the change.
        consent: ConsentFacts,
    },
    /// What is kept here about a patient, for taking along: the answer to `DataExportRequested`.
    DataExported {
        /// A part of it.
        part: ExportPart,
    },
    /// Somebody wants everything about a person erased, and every domain answers with `ErasureAnswered`: first only what would go and what
    /// would stay, later what has gone.
    ErasureAsked {
        /// What is asked.
        step: ErasureStep,
    },
    /// It is known what will go, what must stay, and when.
    ErasureScheduled {
        /// The erasure.
        erasure_id: ErasureId,
        /// Whose data.
        patient_id: PatientId,
        /// Who asked.
        requested_by: UserId,
        /// When it is carried out; until then it can be called off.
        due_at: DateTime<Utc>,
        /// What goes and what stays.
        holdings: Holdings,
    },
    /// It was called off in time.
    ErasureCancelled {
        /// The erasure.
        erasure_id: ErasureId,
        /// Whose data.
        patient_id: PatientId,
        /// Who had asked.
        requested_by: UserId,
    },
    /// What may go has gone.
    ErasureCarriedOut {
        /// The erasure.
        erasure_id: ErasureId,
        /// Whose data.
        patient_id: PatientId,
        /// Which round; a later one comes when the time is over for which something had to stay.
        round: u32,
        /// What has gone and what stays.
        holdings: Holdings,
    },
}

impl PublicEvent for PatientsEvent {
    const DOMAIN: Domain = Domain::Patients;

    fn name(&self) -> &'static str {
        match self {
            Self::PatientRegistered { .. } => "PatientRegistered",
            Self::PatientUpdated { .. } => "PatientUpdated",
            Self::PatientsMerged { .. } => "PatientsMerged",
            Self::PatientsUnmerged { .. } => "PatientsUnmerged",
            Self::CareRelationshipChanged { .. } => "CareRelationshipChanged",
            Self::ConsentChanged { .. } => "ConsentChanged",
            Self::DataExported { .. } => "DataExported",
            Self::ErasureAsked { .. } => "ErasureAsked",
            Self::ErasureScheduled { .. } => "ErasureScheduled",
            Self::ErasureCancelled { .. } => "ErasureCancelled",
            Self::ErasureCarriedOut { .. } => "ErasureCarriedOut",
        }
    }

    fn aggregate(&self) -> Uuid {
        match self {
            Self::DataExported { part } => part.export_id.uuid(),
            Self::PatientRegistered { patient } | Self::PatientUpdated { patient } => {
                patient.patient_id.uuid()
            }
            Self::PatientsMerged { surviving, .. } | Self::PatientsUnmerged { surviving, .. } => {
                surviving.uuid()
            }
            Self::ErasureAsked { step } => step.patient_id.uuid(),
            Self::CareRelationshipChanged { patient_id, .. }
            | Self::ConsentChanged { patient_id, .. }
            | Self::ErasureScheduled { patient_id, .. }
            | Self::ErasureCancelled { patient_id, .. }
            | Self::ErasureCarriedOut { patient_id, .. } => patient_id.uuid(),
        }
    }
}

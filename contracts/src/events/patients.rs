//! What patients tells.

use super::{Domain, PublicEvent};
use crate::ids::{Id, PatientId, UserId};
use chrono::{DateTime, Utc};
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
    },
}

impl PublicEvent for PatientsEvent {
    const DOMAIN: Domain = Domain::Patients;

    fn name(&self) -> &'static str {
        match self {
            Self::PatientRegistered { .. } => "PatientRegistered",
            Self::PatientUpdated { .. } => "PatientUpdated",
            Self::PatientsMerged { .. } => "PatientsMerged",
            Self::CareRelationshipChanged { .. } => "CareRelationshipChanged",
            Self::ConsentChanged { .. } => "ConsentChanged",
        }
    }

    fn aggregate(&self) -> Uuid {
        match self {
            Self::PatientRegistered { patient } | Self::PatientUpdated { patient } => {
                patient.patient_id.uuid()
            }
            Self::PatientsMerged { surviving, .. } => surviving.uuid(),
            Self::CareRelationshipChanged { patient_id, .. } | Self::ConsentChanged { patient_id } => {
                patient_id.uuid()
            }
        }
    }
}

//! What practitioners tells.

use super::{Domain, ExportPart, PublicEvent};
use crate::ids::{Id, LocationId, PractitionerId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What other domains may know about a practitioner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PractitionerFacts {
    /// The practitioner.
    pub practitioner_id: PractitionerId,
    /// Name with title, as shown to patients.
    pub display_name: String,
    /// Last day on which the licence is good; `None` where the profession needs none.
    pub licence_expires_on: Option<NaiveDate>,
    /// Whether new patients are taken.
    pub accepting_new_patients: bool,
    /// Whether the practitioner works here at all.
    pub active: bool,
    /// Where the practitioner works.
    pub locations: Vec<LocationId>,
}

/// What other domains may know about a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationFacts {
    /// The place.
    pub location_id: LocationId,
    /// Its name.
    pub name: String,
    /// IANA time zone in which its clocks run.
    pub time_zone: String,
    /// Whether it is in use.
    pub active: bool,
}

/// Public events of practitioners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", content = "data")]
pub enum PractitionersEvent {
    /// Somebody started to give care here.
    PractitionerCreated {
        /// State at the start.
        practitioner: PractitionerFacts,
    },
    /// Something that others may know changed. Carries the state after the change.
    PractitionerUpdated {
        /// State after the change.
        practitioner: PractitionerFacts,
    },
    /// No longer gives care here: no new bookings, existing ones wait for reassignment.
    PractitionerDeactivated {
        /// The practitioner.
        practitioner_id: PractitionerId,
        /// Why, in the words of whoever did it.
        reason: String,
    },
    /// A place was made or changed. Carries the state after the change.
    LocationSaved {
        /// State after the change.
        location: LocationFacts,
    },
    /// What is kept here about a patient, for taking along: the answer to `DataExportRequested`.
    DataExported {
        /// A part of it.
        part: ExportPart,
    },
}

impl PublicEvent for PractitionersEvent {
    const DOMAIN: Domain = Domain::Practitioners;

    fn name(&self) -> &'static str {
        match self {
            Self::PractitionerCreated { .. } => "PractitionerCreated",
            Self::PractitionerUpdated { .. } => "PractitionerUpdated",
            Self::PractitionerDeactivated { .. } => "PractitionerDeactivated",
            Self::LocationSaved { .. } => "LocationSaved",
            Self::DataExported { .. } => "DataExported",
        }
    }

    fn aggregate(&self) -> Uuid {
        match self {
            Self::DataExported { part } => part.export_id.uuid(),
            Self::PractitionerCreated { practitioner } | Self::PractitionerUpdated { practitioner } => {
                practitioner.practitioner_id.uuid()
            }
            Self::PractitionerDeactivated { practitioner_id, .. } => practitioner_id.uuid(),
            Self::LocationSaved { location } => location.location_id.uuid(),
        }
    }
}

//! What records tells.

use super::{Domain, ErasureAnswer, ExportRequest, PublicEvent};
use crate::access::{AccessBasis, RecordPart, WriteAccess};
use crate::ids::{AppointmentId, DataExportId, Id, PatientId, PractitionerId, RecordEntryId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What kind of entry of a medical record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EntryKind {
    /// A visit.
    Encounter,
    /// Vital signs taken at one time.
    Vitals,
    /// An allergy or intolerance.
    Allergy,
    /// A problem or diagnosis that lasts.
    Condition,
    /// An immunization.
    Immunization,
    /// A medicine in use.
    Medication,
    /// A document or an image.
    Document,
    /// Summary, blood type, family and social history.
    Background,
}

impl EntryKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Encounter,
        Self::Vitals,
        Self::Allergy,
        Self::Condition,
        Self::Immunization,
        Self::Medication,
        Self::Document,
        Self::Background,
    ];

    /// The name on the wire and in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Encounter => "ENCOUNTER",
            Self::Vitals => "VITALS",
            Self::Allergy => "ALLERGY",
            Self::Condition => "CONDITION",
            Self::Immunization => "IMMUNIZATION",
            Self::Medication => "MEDICATION",
            Self::Document => "DOCUMENT",
            Self::Background => "BACKGROUND",
        }
    }

    /// The part of the record it belongs to.
    pub const fn part(self) -> RecordPart {
        match self {
            Self::Encounter => RecordPart::Encounters,
            Self::Vitals => RecordPart::Vitals,
            Self::Allergy => RecordPart::Allergies,
            Self::Condition => RecordPart::Conditions,
            Self::Immunization => RecordPart::Immunizations,
            Self::Medication => RecordPart::Medications,
            Self::Document => RecordPart::Documents,
            Self::Background => RecordPart::Background,
        }
    }
}

/// A new version of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryChange {
    /// Whose record.
    pub patient_id: PatientId,
    /// Which entry.
    pub entry_id: RecordEntryId,
    /// What it is.
    pub kind: EntryKind,
    /// Its version, from 1.
    pub version: i64,
    /// Whether the patient may read it now.
    pub released: bool,
    /// Keyed digest of what it said before; `None` for the first version. Equal digests mean equal content; nothing else follows.
    pub before: Option<String>,
    /// Keyed digest of what it says.
    pub after: String,
    /// What allowed it; `None` for what the program did by itself, and in events of earlier versions.
    #[serde(default)]
    pub allowed_by: Option<WriteAccess>,
}

/// Somebody looked at a record, or tried to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordAccess {
    /// Whose record.
    pub patient_id: PatientId,
    /// Who looked.
    pub user_id: UserId,
    /// What allowed it; [`AccessBasis::Nothing`] when it was refused.
    pub basis: AccessBasis,
    /// The parts that were shown, or asked for.
    pub parts: Vec<RecordPart>,
    /// The question, for example `timeline`.
    pub what: String,
    /// The stated reason, where the glass was broken.
    pub reason: Option<String>,
}

/// Public events of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", content = "data")]
pub enum RecordsEvent {
    /// An entry was written or changed.
    RecordChanged {
        /// What became of it.
        change: EntryChange,
    },
    /// An encounter was signed, or amended after that.
    EncounterSigned {
        /// Whose.
        patient_id: PatientId,
        /// The encounter.
        encounter_id: RecordEntryId,
        /// Who signed; who amended it, if somebody did.
        practitioner_id: PractitionerId,
        /// Whose visit it was: who is responsible for the encounter. `None` in events of earlier versions.
        #[serde(default)]
        responsible_id: Option<PractitionerId>,
        /// When the visit began. `None` in events of earlier versions.
        #[serde(default)]
        began_at: Option<DateTime<Utc>>,
        /// The visit, when it was booked.
        appointment_id: Option<AppointmentId>,
        /// The signed version.
        version: i64,
        /// Whether something that was signed before was amended.
        amended: bool,
        /// Whether the patient may read it now. True in events of earlier versions, which did not say.
        #[serde(default = "yes")]
        released: bool,
        /// What allowed it; `None` for what the program did by itself, and in events of earlier versions.
        #[serde(default)]
        allowed_by: Option<WriteAccess>,
    },
    /// An allergy was recorded or changed.
    AllergyRecorded {
        /// Whose.
        patient_id: PatientId,
        /// The entry.
        allergy_id: RecordEntryId,
        /// What it is against, in words.
        substance: String,
        /// The substance's code, as `RxNorm:7980`.
        code: Option<String>,
        /// Whether it holds, in contrast to refuted or outgrown.
        active: bool,
        /// What allowed it; `None` for what the program did by itself, and in events of earlier versions.
        #[serde(default)]
        allowed_by: Option<WriteAccess>,
    },
    /// The medicines in use changed.
    MedicationChanged {
        /// Whose.
        patient_id: PatientId,
        /// The entry.
        medication_id: RecordEntryId,
        /// The medicine, in words.
        medication: String,
        /// Its code, as `RxNorm:7980`.
        code: Option<String>,
        /// Whether it is taken now.
        active: bool,
        /// What allowed it; `None` for what the program did by itself, and in events of earlier versions.
        #[serde(default)]
        allowed_by: Option<WriteAccess>,
    },
    /// Vital signs were taken that need attention.
    VitalsAbnormal {
        /// Whose.
        patient_id: PatientId,
        /// The entry.
        vitals_id: RecordEntryId,
        /// Who took them.
        taken_by: UserId,
        /// Whether one of them is critical, in contrast to out of range.
        critical: bool,
        /// What allowed it; `None` for what the program did by itself, and in events of earlier versions.
        #[serde(default)]
        allowed_by: Option<WriteAccess>,
    },
    /// Somebody looked at a record, or tried to.
    RecordAccessed {
        /// Who, at what, why.
        access: RecordAccess,
    },
    /// Somebody opened a record that was closed to them, for a reason.
    GlassBroken {
        /// Whose record.
        patient_id: PatientId,
        /// Who.
        user_id: UserId,
        /// The stated reason.
        reason: String,
        /// Until when the record stays open.
        until: DateTime<Utc>,
    },
    /// Somebody wants everything that is kept about a patient. Every domain answers with `DataExported`.
    DataExportRequested {
        /// About whom, and for whom.
        request: ExportRequest,
    },
    /// All domains have answered, and what they said is in one archive.
    DataExportReady {
        /// Which export.
        export_id: DataExportId,
        /// About whom.
        patient_id: PatientId,
        /// Who asked for it and may fetch it.
        requested_by: UserId,
        /// Until when it is kept.
        until: DateTime<Utc>,
    },
    /// What is kept here about a person, and what of it goes or has gone: the answer to `ErasureAsked`.
    ErasureAnswered {
        /// The answer.
        answer: ErasureAnswer,
    },
}

/// What events of earlier versions meant by saying nothing.
fn yes() -> bool {
    true
}

impl PublicEvent for RecordsEvent {
    const DOMAIN: Domain = Domain::Records;

    fn name(&self) -> &'static str {
        match self {
            Self::RecordChanged { .. } => "RecordChanged",
            Self::EncounterSigned { .. } => "EncounterSigned",
            Self::AllergyRecorded { .. } => "AllergyRecorded",
            Self::MedicationChanged { .. } => "MedicationChanged",
            Self::VitalsAbnormal { .. } => "VitalsAbnormal",
            Self::RecordAccessed { .. } => "RecordAccessed",
            Self::GlassBroken { .. } => "GlassBroken",
            Self::DataExportRequested { .. } => "DataExportRequested",
            Self::DataExportReady { .. } => "DataExportReady",
            Self::ErasureAnswered { .. } => "ErasureAnswered",
        }
    }

    /// The patient: everything about one record comes in order.
    fn aggregate(&self) -> Uuid {
        self.patient_id().uuid()
    }
}

impl RecordsEvent {
    /// Whose record the event is about.
    pub fn patient_id(&self) -> PatientId {
        match self {
            Self::RecordChanged { change } => change.patient_id,
            Self::RecordAccessed { access } => access.patient_id,
            Self::DataExportRequested { request } => request.patient_id,
            Self::ErasureAnswered { answer } => answer.patient_id,
            Self::EncounterSigned { patient_id, .. }
            | Self::AllergyRecorded { patient_id, .. }
            | Self::MedicationChanged { patient_id, .. }
            | Self::VitalsAbnormal { patient_id, .. }
            | Self::GlassBroken { patient_id, .. }
            | Self::DataExportReady { patient_id, .. } => *patient_id,
        }
    }
}

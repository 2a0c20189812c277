//! What mutations answer.

use super::encounter::Encounter;
use super::entries::{
    Allergy, ClinicalDocument, Condition, Immunization, MedicationStatement, RecordBackground, RecordEntry,
};
use super::people::Patient;
use super::vitals::VitalSigns;
use crate::access::GlassBreak;
use crate::entry::{Entry, Stale};
use async_graphql::{ID, Object, SimpleObject};
use caregraph_kit::files::UploadTicket;
use caregraph_kit::payload;
use chrono::{DateTime, Utc};

/// Somebody else has changed the entry since you read it. Nothing was changed by you; look at what it says now.
pub struct StaleEntry {
    message: String,
    path: Vec<String>,
    current: Box<Entry>,
}

/// Somebody else has changed the entry since you read it. Nothing was changed by you; look at what it says now.
#[Object]
impl StaleEntry {
    /// What stands in the way, for people.
    pub async fn message(&self) -> &String {
        &self.message
    }

    /// Where in the input the version stands.
    pub async fn path(&self) -> &Vec<String> {
        &self.path
    }

    /// The entry as it is now, with its version.
    async fn current(&self) -> RecordEntry {
        (*self.current).clone().into()
    }
}

/// A record that was opened.
#[derive(SimpleObject)]
pub struct OpenedRecord {
    /// Whose record; ask for `medicalRecord` here.
    patient: Option<Patient>,
    /// Until when it stays open to you.
    until: DateTime<Utc>,
}

impl From<GlassBreak> for OpenedRecord {
    fn from(broken: GlassBreak) -> Self {
        Self {
            patient: Some(broken.patient.into()),
            until: broken.until,
        }
    }
}

payload! {
    /// What `breakGlass` answers.
    BreakGlassPayload {
        /// The opened record; null when refused.
        opened: OpenedRecord
    }
    BreakGlassError
}

/// Leave to upload one file.
#[derive(SimpleObject)]
pub struct FileUpload {
    /// The file: hand it to `attachDocument` when the content is there.
    file_id: ID,
    /// Where the content goes by `PUT`: a whole address, or a path on this server. It is a secret.
    url: String,
    /// Until when the upload may begin.
    expires_at: DateTime<Utc>,
    /// Most bytes.
    max_bytes: u64,
}

impl From<UploadTicket> for FileUpload {
    fn from(ticket: UploadTicket) -> Self {
        Self {
            file_id: ticket.id.to_string().into(),
            url: ticket.url,
            expires_at: ticket.expires_at,
            max_bytes: ticket.max_bytes,
        }
    }
}

payload! {
    /// What `requestUpload` answers.
    RequestUploadPayload {
        /// Leave to upload; null when refused.
        upload: FileUpload
    }
    RequestUploadError
}

/// Declares payloads that hold an entry. Those of changes know `StaleEntry`.
macro_rules! entry_payloads {
    ($($payload:ident { $field:ident: $type:ty } $error:ident $operation:literal;)*) => {$(
        payload! {
            #[doc = concat!("What `", $operation, "` answers.")]
            $payload {
                /// The entry as it is now; null when refused.
                $field: $type
            }
            $error also { StaleEntry }
        }

        impl From<Stale> for $error {
            fn from(refusal: Stale) -> Self {
                let message = refusal.to_string();
                match refusal {
                    Stale::Rejected(rejection) => rejection.into(),
                    Stale::Newer(current) => Self::StaleEntry(StaleEntry {
                        message,
                        path: ["input", "version"].map(str::to_owned).to_vec(),
                        current,
                    }),
                }
            }
        }
    )*};
}

entry_payloads! {
    StartEncounterPayload { encounter: Encounter } StartEncounterError "startEncounter";
    UpdateEncounterPayload { encounter: Encounter } UpdateEncounterError "updateEncounter";
    SignEncounterPayload { encounter: Encounter } SignEncounterError "signEncounter";
    AmendEncounterPayload { encounter: Encounter } AmendEncounterError "amendEncounter";
    RecordDiagnosisPayload { encounter: Encounter } RecordDiagnosisError "recordDiagnosis";
    UpdateDiagnosisPayload { encounter: Encounter } UpdateDiagnosisError "updateDiagnosis";
    AddTreatmentPlanPayload { encounter: Encounter } AddTreatmentPlanError "addTreatmentPlan";
    UpdateAllergyPayload { allergy: Allergy } UpdateAllergyError "updateAllergy";
    UpdateConditionPayload { condition: Condition } UpdateConditionError "updateCondition";
    UpdateMedicationStatementPayload { medication: MedicationStatement } UpdateMedicationStatementError
        "updateMedicationStatement";
    UpdateBackgroundPayload { background: RecordBackground } UpdateBackgroundError "updateBackground";
    RetractEntryPayload { entry: RecordEntry }  RetractEntryError "retractEntry";
    ReleaseEntryPayload { entry: RecordEntry }  ReleaseEntryError "releaseEntry";
}

/// Declares payloads of what records a new entry.
macro_rules! new_entry_payloads {
    ($($payload:ident { $field:ident: $type:ty } $error:ident $operation:literal;)*) => {$(
        payload! {
            #[doc = concat!("What `", $operation, "` answers.")]
            $payload {
                /// The new entry; null when refused.
                $field: $type
            }
            $error
        }
    )*};
}

new_entry_payloads! {
    RecordVitalsPayload { vitals: VitalSigns } RecordVitalsError "recordVitals";
    RecordAllergyPayload { allergy: Allergy } RecordAllergyError "recordAllergy";
    RecordConditionPayload { condition: Condition } RecordConditionError "recordCondition";
    RecordImmunizationPayload { immunization: Immunization } RecordImmunizationError "recordImmunization";
    RecordMedicationStatementPayload { medication: MedicationStatement } RecordMedicationStatementError
        "recordMedicationStatement";
    AttachDocumentPayload { document: ClinicalDocument } AttachDocumentError "attachDocument";
}

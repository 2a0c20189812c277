//! What mutations answer.

use super::consent::Consent;
use super::erasure::Erasure;
use super::merging::PatientMerge;
use super::types::Patient;
use crate::consent::GrantRefusal;
use crate::merging::{MergeConcern, MergeRefusal};
use crate::patient::{UnlinkRefusal, UpdateRefusal};
use async_graphql::SimpleObject;
use caregraph_kit::graphql::NotAllowed;
use caregraph_kit::payload;

/// Nobody would be left who could act for the patient. Link another guardian first. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct LastGuardian {
    /// What stands in the way, for people.
    pub message: String,
    /// Where in the input.
    pub path: Vec<String>,
}

/// As many consents of the person hold as may hold at a time: 50. Withdraw one first. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct TooManyConsents {
    /// What stands in the way, for people.
    pub message: String,
    /// Empty: it concerns the whole operation.
    pub path: Vec<String>,
}

/// Something speaks against the two records being one person's. Check it, and send the same again with everything in `concerns`
/// named as checked; or leave it. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct MergeNeedsChecking {
    /// What stands in the way, for people.
    pub message: String,
    /// Where in the input.
    pub path: Vec<String>,
    /// What is to be checked; not empty.
    pub concerns: Vec<MergeConcern>,
}

payload! {
    /// What `registerPatient` answers.
    RegisterPatientPayload {
        /// The new patient; null when refused.
        patient: Patient
    }
    RegisterPatientError
}

payload! {
    /// What `addDependant` answers.
    AddDependantPayload {
        /// The new patient, whose guardian you are; null when refused.
        patient: Patient
    }
    AddDependantError
}

payload! {
    /// What `updatePatient` answers.
    UpdatePatientPayload {
        /// The patient after the change; null when refused.
        patient: Patient
    }
    UpdatePatientError
}

payload! {
    /// What `linkGuardian` answers.
    LinkGuardianPayload {
        /// The patient with the new guardian; null when refused.
        patient: Patient
    }
    LinkGuardianError
}

payload! {
    /// What `unlinkGuardian` answers.
    UnlinkGuardianPayload {
        /// The patient after the change, the last time you see it if the guardian was you; null when refused.
        patient: Patient
    }
    UnlinkGuardianError also { LastGuardian }
}

payload! {
    /// What `assignCareTeam` answers.
    AssignCareTeamPayload {
        /// The patient with the new team; null when refused.
        patient: Patient
    }
    AssignCareTeamError
}

payload! {
    /// What `grantConsent` answers.
    GrantConsentPayload {
        /// The consent; null when refused.
        consent: Consent
    }
    GrantConsentError also { TooManyConsents }
}

payload! {
    /// What `revokeConsent` answers.
    RevokeConsentPayload {
        /// The consent with its withdrawal; null when refused.
        consent: Consent
    }
    RevokeConsentError
}

payload! {
    /// What `requestErasure` answers.
    RequestErasurePayload {
        /// The erasure, or the one that is under way; null when refused.
        erasure: Erasure
    }
    RequestErasureError
}

payload! {
    /// What `cancelErasure` answers.
    CancelErasurePayload {
        /// The erasure that was called off; null when refused.
        erasure: Erasure
    }
    CancelErasureError
}

payload! {
    /// What `mergePatients` answers.
    MergePatientsPayload {
        /// The merge; null when refused.
        merge: PatientMerge
    }
    MergePatientsError also { MergeNeedsChecking }
}

payload! {
    /// What `undoMerge` answers.
    UndoMergePayload {
        /// The merge with its undoing; null when refused.
        merge: PatientMerge
    }
    UndoMergeError
}

impl From<GrantRefusal> for GrantConsentError {
    fn from(refusal: GrantRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            GrantRefusal::Common(rejection) => rejection.into(),
            GrantRefusal::TooMany => Self::TooManyConsents(TooManyConsents {
                message,
                path: Vec::new(),
            }),
        }
    }
}

impl From<MergeRefusal> for MergePatientsError {
    fn from(refusal: MergeRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            MergeRefusal::Common(rejection) => rejection.into(),
            MergeRefusal::Unchecked(concerns) => {
                let path = ["input", "checked"].map(str::to_owned).to_vec();
                Self::MergeNeedsChecking(MergeNeedsChecking {
                    message,
                    path,
                    concerns,
                })
            }
        }
    }
}

impl From<UpdateRefusal> for UpdatePatientError {
    fn from(refusal: UpdateRefusal) -> Self {
        let message = refusal.to_string();
        let field = match refusal {
            UpdateRefusal::Common(rejection) => return rejection.into(),
            UpdateRefusal::NotTheirs => "id",
            UpdateRefusal::FrontDeskOnly(field) => field,
        };
        let path = ["input", field].map(str::to_owned).to_vec();
        Self::NotAllowed(NotAllowed { message, path })
    }
}

impl From<UnlinkRefusal> for UnlinkGuardianError {
    fn from(refusal: UnlinkRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            UnlinkRefusal::Common(rejection) => rejection.into(),
            UnlinkRefusal::LastGuardian => {
                let path = ["input", "guardianId"].map(str::to_owned).to_vec();
                Self::LastGuardian(LastGuardian { message, path })
            }
        }
    }
}

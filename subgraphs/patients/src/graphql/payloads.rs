//! What mutations answer.

use super::types::Patient;
use crate::patient::UnlinkRefusal;
use async_graphql::SimpleObject;
use caregraph_kit::payload;

/// Nobody would be left who could act for the patient. Link another guardian first. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct LastGuardian {
    /// What stands in the way, for people.
    pub message: String,
    /// Where in the input.
    pub path: Vec<String>,
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

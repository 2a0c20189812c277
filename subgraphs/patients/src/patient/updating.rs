//! Changing a profile.

use super::changes::ProfileChanges;
use super::model::Patient;
use super::profile::Identification;
use super::service::{PatientService, changed_meanwhile};
use caregraph_contracts::Scope;
use caregraph_contracts::ids::{EventId, PatientId};
use caregraph_kit::Rejection;
use caregraph_kit::auth::Principal;
use caregraph_kit::change::Change;
use caregraph_kit::failure::Failure;

/// Changes a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdatePatient {
    /// Whose.
    pub patient: PatientId,
    /// The version that the caller saw; a mismatch is a conflict. Without it, the changes apply to whatever is there.
    pub version: Option<i64>,
    /// What is to be different.
    pub profile: ProfileChanges,
}

/// Why a profile was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpdateRefusal {
    /// A refusal like any other.
    #[error(transparent)]
    Common(#[from] Rejection),
    /// The caller sees the person, and has no say in their profile.
    #[error("only the person, a guardian or the front desk may change a profile")]
    NotTheirs,
    /// The field of this name in the input is checked against documents.
    #[error(
        "legal name, date of birth, sex at birth, national id, blood type and death are checked against documents; \
         the front desk changes them"
    )]
    FrontDeskOnly(&'static str),
}

impl PatientService {
    /// Changes a profile. Everything that only the front desk may change is refused at once, each field for itself.
    pub async fn update(
        &self,
        principal: &Principal,
        command: UpdatePatient,
    ) -> Result<Patient, Failure<UpdateRefusal>> {
        principal.require_any(&[Scope::PatientsWrite, Scope::PatientsManage])?;
        let (patient, events) = self
            .ground
            .database
            .retrying(|| async { self.try_update(principal, &command).await })
            .await?;
        self.ground.settle_all(events).await;
        Ok(patient)
    }

    async fn try_update(
        &self,
        principal: &Principal,
        command: &UpdatePatient,
    ) -> Result<(Patient, Vec<EventId>), Failure<UpdateRefusal>> {
        let now = self.ground.clock.now();
        let tx = self.ground.database.begin().await?;
        let (viewer, mut patient) = self
            .load(&tx, principal, command.patient, "id")
            .await
            .map_err(Failure::widen)?;
        if !viewer.manages && !patient.is_own_of(viewer.user) {
            return Err(Failure::refused(UpdateRefusal::NotTheirs));
        }
        if command.version.is_some_and(|version| version != patient.version) {
            return Err(changed_meanwhile().into());
        }
        let before = [patient.clone()];
        let profile = patient
            .profile
            .changed(&command.profile, now)
            .map_err(Failure::widen)?;
        let known = &patient.profile.identification;
        if !viewer.manages && profile.identification != *known {
            let fields = made_different(known, &profile.identification, &command.profile);
            return Err(Failure::Refused(
                fields.into_iter().map(UpdateRefusal::FrontDeskOnly).collect(),
            ));
        }
        if profile == patient.profile {
            return Ok((patient, Vec::new()));
        }
        patient.profile = profile;
        self.keep(tx, patient, &before).await.map_err(Failure::widen)
    }
}

/// What the input calls that which makes an identification different: at least one field where it is.
fn made_different(
    before: &Identification,
    after: &Identification,
    changes: &ProfileChanges,
) -> Vec<&'static str> {
    // Every field by its name, so that nobody adds one without saying here what the input calls it.
    let Identification {
        given_name,
        family_name,
        date_of_birth,
        sex_at_birth,
        national_id,
        blood_type,
        deceased,
        deceased_on,
    } = after;
    // A day of death says that the person has died, and that they live takes the day away: what stands in the input is named.
    let died = *deceased != before.deceased && changes.deceased.is_some();
    let day = *deceased_on != before.deceased_on && changes.deceased_on != Change::Keep;
    let fields = [
        ("givenName", *given_name != before.given_name),
        ("familyName", *family_name != before.family_name),
        ("dateOfBirth", *date_of_birth != before.date_of_birth),
        ("sexAtBirth", *sex_at_birth != before.sex_at_birth),
        ("nationalId", *national_id != before.national_id),
        ("bloodType", *blood_type != before.blood_type),
        ("deceased", died),
        ("deceasedOn", day),
    ];
    fields
        .into_iter()
        .filter_map(|(field, differs)| differs.then_some(field))
        .collect()
}

#[cfg(test)]
#[path = "updating_tests.rs"]
mod tests;

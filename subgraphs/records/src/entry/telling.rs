//! What others are told of what is written.

use super::model::Entry;
use super::{Content, Writer};
use crate::encounter::{Encounter, EncounterStatus};
use caregraph_contracts::WriteAccess;
use caregraph_contracts::events::{EntryChange, RecordsEvent};
use caregraph_contracts::ids::UserId;
use caregraph_kit::Fault;
use caregraph_kit::documents::Commit;
use uuid::Uuid;

impl Writer {
    /// What others are told of a version. `allowed_by` is what let somebody write it, so that whoever reads the trail sees which writing
    /// followed broken glass; `None` for what the program writes by itself.
    pub fn tell(
        &self,
        commit: &mut Commit,
        before: Option<&Entry>,
        after: &Entry,
        allowed_by: Option<WriteAccess>,
    ) -> Result<(), Fault> {
        let digest = |entry: &Entry| -> Result<String, Fault> {
            let text = serde_json::to_string(&(&entry.content, entry.released, entry.retracted))?;
            Ok(self.cipher.blind_index("records/content", &text))
        };
        commit.tell(&RecordsEvent::RecordChanged {
            change: EntryChange {
                patient_id: after.patient,
                entry_id: after.id,
                kind: after.content.kind(),
                version: after.number,
                released: after.released && !after.retracted,
                before: before.map(digest).transpose()?,
                after: digest(after)?,
                allowed_by: allowed_by.clone(),
            },
        })?;
        if let Some(event) = news(before, after, allowed_by) {
            commit.tell(&event)?;
        }
        Ok(())
    }
}

/// What else the version means to other domains.
fn news(before: Option<&Entry>, after: &Entry, allowed_by: Option<WriteAccess>) -> Option<RecordsEvent> {
    let patient_id = after.patient;
    match &after.content {
        Content::Allergy(allergy) => Some(RecordsEvent::AllergyRecorded {
            patient_id,
            allergy_id: after.id,
            substance: allergy.substance.clone(),
            code: allergy.code.as_ref().map(ToString::to_string),
            active: !after.retracted && allergy.counts(),
            allowed_by,
        }),
        Content::Medication(medication) => Some(RecordsEvent::MedicationChanged {
            patient_id,
            medication_id: after.id,
            medication: medication.medication.clone(),
            code: medication.code.as_ref().map(ToString::to_string),
            active: !after.retracted && medication.is_taken(),
            allowed_by,
        }),
        Content::Vitals(vitals) if before.is_none() && !vitals.findings.is_empty() => {
            Some(RecordsEvent::VitalsAbnormal {
                patient_id,
                vitals_id: after.id,
                taken_by: after.created_by.unwrap_or(UserId::from(Uuid::nil())),
                critical: vitals.is_critical(),
                allowed_by,
            })
        }
        Content::Encounter(encounter) => signed(before, after, encounter, allowed_by),
        Content::Vitals(_)
        | Content::Condition(_)
        | Content::Immunization(_)
        | Content::Document(_)
        | Content::Background(_) => None,
    }
}

/// That an encounter was signed or amended, if that is what happened to it.
fn signed(
    before: Option<&Entry>,
    after: &Entry,
    encounter: &Encounter,
    allowed_by: Option<WriteAccess>,
) -> Option<RecordsEvent> {
    let signature = encounter.signature.as_ref()?;
    let earlier = before.and_then(|before| match &before.content {
        Content::Encounter(before) => before.signature.as_ref(),
        _ => None,
    });
    (earlier != Some(signature)).then(|| RecordsEvent::EncounterSigned {
        patient_id: after.patient,
        encounter_id: after.id,
        practitioner_id: signature.by,
        responsible_id: Some(encounter.practitioner),
        began_at: Some(encounter.start),
        appointment_id: encounter.appointment,
        version: after.number,
        amended: encounter.status == EncounterStatus::Amended,
        released: after.released && !after.retracted,
        allowed_by,
    })
}

//! An encounter: its states and what may be done in each. Pure.

use super::changes::{DiagnosisDraft, EncounterChanges, PlanDraft};
use async_graphql::Enum;
use caregraph_contracts::events::{AppointmentFacts, AppointmentStatus};
use caregraph_contracts::ids::{AppointmentId, EncounterItemId, PractitionerId};
use caregraph_kit::Rejection;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Where an encounter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EncounterStatus {
    /// The visit is checked in or over, and nobody has begun to write.
    Planned,
    /// Somebody writes.
    InProgress,
    /// Signed: from now on only amended.
    Signed,
    /// Amended after it was signed, and signed again with that.
    Amended,
}

/// Where the visit takes place, as the value set `ActEncounterCode` of HL7 names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EncounterClass {
    /// At the practice (AMB).
    Ambulatory,
    /// By telephone or video (VR).
    Virtual,
    /// An emergency (EMER).
    Emergency,
    /// At the patient's home (HH).
    Home,
    /// During a stay (IMP).
    Inpatient,
}

/// A diagnosis made in a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Which one.
    pub id: EncounterItemId,
    /// Code of ICD-10, with its dot.
    pub code: String,
    /// The code's title when it was recorded.
    pub title: String,
    /// Whether it is the main reason for the visit's work; at most one is.
    pub primary: bool,
    /// What else there is to say.
    pub note: Option<String>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreatmentPlan {
    /// Which one.
    pub id: EncounterItemId,
    /// What is to be done.
    pub description: String,
    /// What the patient is to do.
    pub instructions: Option<String>,
    /// When to come again.
    pub follow_up_on: Option<NaiveDate>,
}

/// Who vouches for what an encounter says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Who.
    pub by: PractitionerId,
    /// When.
    pub at: DateTime<Utc>,
    /// SHA-256 of what was signed, in hexadecimal.
    pub digest: String,
}

/// What happened in a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encounter {
    /// Who is responsible, and signs.
    pub practitioner: PractitionerId,
    /// The visit, when it was booked.
    pub appointment: Option<AppointmentId>,
    /// Where it takes place.
    pub class: EncounterClass,
    /// Where it stands.
    pub status: EncounterStatus,
    /// When the visit began.
    pub start: DateTime<Utc>,
    /// When it ended.
    pub end: Option<DateTime<Utc>>,
    /// Why the person came, in their words.
    pub chief_complaint: Option<String>,
    /// History of the present illness.
    pub history: Option<String>,
    /// What the examination found.
    pub examination: Option<String>,
    /// What else there is to say.
    pub notes: Option<String>,
    /// Diagnoses.
    pub diagnoses: Vec<Diagnosis>,
    /// What is to be done.
    pub plans: Vec<TreatmentPlan>,
    /// Who vouches for it.
    pub signature: Option<Signature>,
}

/// Most diagnoses, and most plans, of one encounter.
const MOST_ITEMS: usize = 50;
/// Where the code of a single diagnosis stands in the input.
const ONE: &str = "diagnosis.code";

impl Encounter {
    /// An encounter that somebody begins.
    pub fn begun(practitioner: PractitionerId, class: EncounterClass, start: DateTime<Utc>) -> Self {
        Self {
            practitioner,
            appointment: None,
            class,
            status: EncounterStatus::InProgress,
            start,
            end: None,
            chief_complaint: None,
            history: None,
            examination: None,
            notes: None,
            diagnoses: Vec::new(),
            plans: Vec::new(),
            signature: None,
        }
    }

    /// The skeleton for a visit that was booked.
    pub fn skeleton(facts: &AppointmentFacts) -> Self {
        let class = if facts.location_id.is_some() {
            EncounterClass::Ambulatory
        } else {
            EncounterClass::Virtual
        };
        let mut skeleton = Self {
            appointment: Some(facts.appointment_id),
            status: EncounterStatus::Planned,
            ..Self::begun(facts.practitioner_id, class, facts.start)
        };
        skeleton.follow(facts);
        skeleton
    }

    /// Takes over what became of the visit, as long as it is not signed; whether anything changed.
    pub fn follow(&mut self, facts: &AppointmentFacts) -> bool {
        if self.is_signed() {
            return false;
        }
        let over = facts.status == AppointmentStatus::Completed && self.end.is_none();
        if over {
            self.end = Some(facts.end);
        }
        over
    }

    /// Whether it is signed, so that it can only be amended.
    pub fn is_signed(&self) -> bool {
        match self.status {
            EncounterStatus::Signed | EncounterStatus::Amended => true,
            EncounterStatus::Planned | EncounterStatus::InProgress => false,
        }
    }

    /// Writes into it.
    pub fn update(&mut self, changes: &EncounterChanges, now: DateTime<Utc>) -> Result<(), Rejection> {
        self.require_open()?;
        changes.clone().apply(self);
        self.begin(now);
        self.require_order()
    }

    /// Somebody works on it. A visit whose time has not come yet begins now: nothing is found out before it begins.
    fn begin(&mut self, now: DateTime<Utc>) {
        if self.status == EncounterStatus::Planned {
            self.start = self.start.min(now);
        }
        self.status = EncounterStatus::InProgress;
    }

    /// Adds a diagnosis; a new primary one takes the flag from the one before.
    pub fn diagnose(
        &mut self,
        id: EncounterItemId,
        draft: &DiagnosisDraft,
        now: DateTime<Utc>,
    ) -> Result<(), Rejection> {
        self.require_open()?;
        self.begin(now);
        self.put_diagnosis(id, draft, ONE)
    }

    /// Changes a diagnosis, or takes it out.
    pub fn update_diagnosis(
        &mut self,
        id: EncounterItemId,
        draft: Option<&DiagnosisDraft>,
    ) -> Result<(), Rejection> {
        self.require_open()?;
        let at = self.diagnoses.iter().position(|known| known.id == id);
        let at = at.ok_or_else(|| Rejection::not_found("diagnosisId", "diagnosis"))?;
        if let Some(draft) = draft {
            return self.put_diagnosis(id, draft, ONE);
        }
        self.diagnoses.remove(at);
        Ok(())
    }

    /// `path` is where its code stands in the input.
    pub(super) fn put_diagnosis(
        &mut self,
        id: EncounterItemId,
        draft: &DiagnosisDraft,
        path: &str,
    ) -> Result<(), Rejection> {
        let twice = |known: &Diagnosis| known.id != id && known.code == draft.code;
        if self.diagnoses.iter().any(twice) {
            return Err(Rejection::conflict(path, "this diagnosis stands there already"));
        }
        if draft.primary {
            self.diagnoses.iter_mut().for_each(|known| known.primary = false);
        }
        let diagnosis = Diagnosis {
            id,
            code: draft.code.clone(),
            title: draft.title.clone(),
            primary: draft.primary,
            note: draft.note.clone(),
        };
        match self.diagnoses.iter().position(|known| known.id == id) {
            Some(at) => self.diagnoses[at] = diagnosis,
            None if self.diagnoses.len() < MOST_ITEMS => self.diagnoses.push(diagnosis),
            None => return Err(Rejection::conflict("", "an encounter has at most 50 diagnoses")),
        }
        Ok(())
    }

    /// Adds something that is to be done.
    pub fn plan(
        &mut self,
        id: EncounterItemId,
        draft: &PlanDraft,
        now: DateTime<Utc>,
    ) -> Result<(), Rejection> {
        self.require_open()?;
        if self.plans.len() >= MOST_ITEMS {
            return Err(Rejection::conflict("", "an encounter has at most 50 plans"));
        }
        self.plans.push(TreatmentPlan {
            id,
            description: draft.description.clone(),
            instructions: draft.instructions.clone(),
            follow_up_on: draft.follow_up_on,
        });
        self.begin(now);
        Ok(())
    }

    /// Signs it: the responsible practitioner vouches for what it says, and it is closed.
    pub fn sign(&mut self, by: PractitionerId, now: DateTime<Utc>) -> Result<(), Rejection> {
        self.require_open()?;
        self.require_complete()?;
        if self.practitioner != by {
            let message = "the practitioner who is responsible for the encounter signs it";
            return Err(Rejection::not_allowed(message));
        }
        self.end.get_or_insert(now.max(self.start));
        self.status = EncounterStatus::Signed;
        self.vouch(by, now);
        Ok(())
    }

    pub(super) fn require_order(&self) -> Result<(), Rejection> {
        if self.end.is_some_and(|end| end < self.start) {
            return Err(Rejection::invalid("end", "must not be before the beginning"));
        }
        Ok(())
    }

    fn require_open(&self) -> Result<(), Rejection> {
        if self.is_signed() {
            return Err(Rejection::conflict("id", "it is signed; amend it"));
        }
        Ok(())
    }

    /// What nobody should put their name under.
    pub(super) fn require_complete(&self) -> Result<(), Rejection> {
        let says_something = !self.diagnoses.is_empty() || self.notes.is_some() || self.examination.is_some();
        if self.chief_complaint.is_none() || !says_something {
            let message = "it needs the chief complaint, and an examination, notes or a diagnosis";
            return Err(Rejection::conflict("id", message));
        }
        Ok(())
    }

    pub(super) fn vouch(&mut self, by: PractitionerId, at: DateTime<Utc>) {
        self.signature = None;
        self.signature = Some(Signature {
            by,
            at,
            digest: digest(self),
        });
    }
}

/// SHA-256 of an encounter without its signature.
fn digest(encounter: &Encounter) -> String {
    // Its serialisation is in the order of its fields, and holds nothing that JSON cannot.
    let text = serde_json::to_vec(encounter).unwrap_or_default();
    Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        // Writing into a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;

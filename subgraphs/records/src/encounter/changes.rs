//! What somebody wants an encounter to say.

use super::model::{Encounter, EncounterClass};
use caregraph_kit::Failure;
use caregraph_kit::Rejection;
use caregraph_kit::change::Change;
use caregraph_kit::validate::Checks;
use chrono::{DateTime, NaiveDate, Utc};

/// Longest text of one field, in characters.
pub(crate) const LONGEST: usize = 20_000;

/// Changes to an encounter; what is not mentioned stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncounterChanges {
    /// Where the visit takes place.
    pub class: Option<EncounterClass>,
    /// When it ended.
    pub end: Change<DateTime<Utc>>,
    /// Why the person came.
    pub chief_complaint: Change<String>,
    /// History of the present illness.
    pub history: Change<String>,
    /// What the examination found.
    pub examination: Change<String>,
    /// What else there is to say.
    pub notes: Change<String>,
}

impl EncounterChanges {
    /// Cleans texts and refuses what is too long.
    pub fn checked(self) -> Result<Self, Failure> {
        let mut checks = Checks::new();
        let mut text = |path, change: Change<String>, most| match change {
            Change::Set(text) => match checks.optional_text(path, Some(&text), most) {
                Some(text) => Change::Set(text),
                None => Change::Clear,
            },
            other => other,
        };
        let checked = Self {
            chief_complaint: text("chiefComplaint", self.chief_complaint, 1_000),
            history: text("history", self.history, LONGEST),
            examination: text("examination", self.examination, LONGEST),
            notes: text("notes", self.notes, LONGEST),
            class: self.class,
            end: self.end,
        };
        checks.done::<Rejection>()?;
        Ok(checked)
    }

    pub(super) fn apply(self, encounter: &mut Encounter) {
        if let Some(class) = self.class {
            encounter.class = class;
        }
        self.end.apply(&mut encounter.end);
        self.chief_complaint.apply(&mut encounter.chief_complaint);
        self.history.apply(&mut encounter.history);
        self.examination.apply(&mut encounter.examination);
        self.notes.apply(&mut encounter.notes);
    }
}

/// A diagnosis to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiagnosisDraft {
    /// Code of ICD-10.
    pub code: String,
    /// The code's title; found by the code.
    pub title: String,
    /// Whether it is the main one.
    pub primary: bool,
    /// What else there is to say, at most 2,000 characters.
    pub note: Option<String>,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanDraft {
    /// What, 1 to 20,000 characters.
    pub description: String,
    /// What the patient is to do, at most 20,000 characters.
    pub instructions: Option<String>,
    /// When to come again.
    pub follow_up_on: Option<NaiveDate>,
}

impl PlanDraft {
    /// Cleans texts and refuses what is too long.
    pub fn checked(self) -> Result<Self, Failure> {
        let mut checks = Checks::new();
        let checked = Self {
            description: checks.text("description", &self.description, LONGEST),
            instructions: checks.optional_text("instructions", self.instructions.as_deref(), LONGEST),
            follow_up_on: self.follow_up_on,
        };
        checks.done::<Rejection>()?;
        Ok(checked)
    }
}

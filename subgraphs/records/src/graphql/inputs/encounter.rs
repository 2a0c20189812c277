//! What clients send about encounters.

use crate::encounter::{DiagnosisDraft, EncounterChanges, EncounterClass, PlanDraft, StartEncounter};
use async_graphql::{ID, InputObject, MaybeUndefined};
use caregraph_kit::graphql::{Date, named_id};
use chrono::{DateTime, Utc};

/// Declares an input that changes what an encounter says: its own fields, then everything that can be written.
macro_rules! encounter_input {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(InputObject)]
        pub struct $name {
            $($(#[$field_doc])* pub(in crate::graphql) $field: $type,)*
            /// Where the visit takes place.
            class: Option<EncounterClass>,
            /// When the visit ended; null for "not yet".
            end: MaybeUndefined<DateTime<Utc>>,
            /// Why the person came, in their words, at most 1,000 characters; null to clear.
            chief_complaint: MaybeUndefined<String>,
            /// History of the present illness, at most 20,000 characters; null to clear.
            history: MaybeUndefined<String>,
            /// What the examination found, at most 20,000 characters; null to clear.
            examination: MaybeUndefined<String>,
            /// What else there is to say, at most 20,000 characters; null to clear.
            notes: MaybeUndefined<String>,
        }

        impl $name {
            /// What is to be written.
            pub(in crate::graphql) fn changes(&self) -> EncounterChanges {
                EncounterChanges {
                    class: self.class,
                    end: self.end.clone().into(),
                    chief_complaint: self.chief_complaint.clone().into(),
                    history: self.history.clone().into(),
                    examination: self.examination.clone().into(),
                    notes: self.notes.clone().into(),
                }
            }
        }
    };
}

encounter_input! {
    /// Begins an encounter.
    StartEncounterInput {
        /// Whose.
        patient_id: ID,
        /// The visit, once the patient is checked in: its encounter is taken in hand. Left out for a visit that was not booked.
        appointment_id: Option<ID>,
        /// When the visit began; now when left out. Follows from the visit when there is one.
        start: Option<DateTime<Utc>>,
        /// Makes a repetition of the request harmless, 1 to 200 characters of your choice.
        idempotency_key: Option<String>,
    }
}

encounter_input! {
    /// Writes into an encounter that is not signed. What is left out stays.
    UpdateEncounterInput {
        /// Which encounter.
        id: ID,
        /// The version that you have read.
        version: i64,
    }
}

encounter_input! {
    /// Changes an encounter that is signed: something in it must become different. What is left out stays; what it said before is kept.
    AmendEncounterInput {
        /// Which encounter.
        id: ID,
        /// The version that you have read.
        version: i64,
        /// Why, 1 to 500 characters.
        reason: String,
        /// All diagnoses as they are to be, at most 50; left out to leave them as they are. Those whose code stood there before keep
        /// their id and title.
        diagnoses: Option<Vec<DiagnosisInput>>,
    }
}

impl From<StartEncounterInput> for StartEncounter {
    fn from(input: StartEncounterInput) -> Self {
        Self {
            patient: named_id(&input.patient_id),
            appointment: input.appointment_id.as_ref().map(named_id),
            class: input.class,
            start: input.start,
            changes: input.changes(),
            key: input.idempotency_key,
        }
    }
}

/// Signs an encounter.
#[derive(InputObject)]
pub struct SignEncounterInput {
    /// Which encounter.
    pub(in crate::graphql) id: ID,
    /// The version that you have read and vouch for.
    pub(in crate::graphql) version: i64,
}

/// A diagnosis.
#[derive(Clone, InputObject)]
pub struct DiagnosisInput {
    /// Code of ICD-10, with or without its dot; see `icd10`. A heading (`billable` is false there) is refused, with codes below it,
    /// unless the diagnosis has this code already.
    code: String,
    /// Whether it is the main one; takes the flag from the one that has it.
    #[graphql(default)]
    primary: bool,
    /// What else there is to say, at most 2,000 characters.
    note: Option<String>,
}

impl From<DiagnosisInput> for DiagnosisDraft {
    fn from(input: DiagnosisInput) -> Self {
        Self {
            code: input.code,
            title: String::new(),
            primary: input.primary,
            note: input.note,
        }
    }
}

/// Adds a diagnosis to an encounter that is not signed.
#[derive(InputObject)]
pub struct RecordDiagnosisInput {
    /// Which encounter.
    pub(in crate::graphql) encounter_id: ID,
    /// The version that you have read; left out, the diagnosis is added to whatever else was written meanwhile.
    pub(in crate::graphql) version: Option<i64>,
    /// The diagnosis.
    pub(in crate::graphql) diagnosis: DiagnosisInput,
}

/// Changes a diagnosis of an encounter that is not signed, or takes it out.
#[derive(InputObject)]
pub struct UpdateDiagnosisInput {
    /// Which encounter.
    pub(in crate::graphql) encounter_id: ID,
    /// The version that you have read; left out, whatever else was written meanwhile stays.
    pub(in crate::graphql) version: Option<i64>,
    /// Which diagnosis.
    pub(in crate::graphql) diagnosis_id: ID,
    /// What it is to be; null or left out to take it out.
    pub(in crate::graphql) diagnosis: Option<DiagnosisInput>,
}

/// Adds something that is to be done.
#[derive(InputObject)]
pub struct AddTreatmentPlanInput {
    /// Which encounter.
    pub(in crate::graphql) encounter_id: ID,
    /// The version that you have read; left out, the plan is added to whatever else was written meanwhile.
    pub(in crate::graphql) version: Option<i64>,
    /// What is to be done, 1 to 20,000 characters.
    description: String,
    /// What the patient is to do, at most 20,000 characters.
    instructions: Option<String>,
    /// When to come again.
    follow_up_on: Option<Date>,
}

impl From<AddTreatmentPlanInput> for PlanDraft {
    fn from(input: AddTreatmentPlanInput) -> Self {
        Self {
            description: input.description,
            instructions: input.instructions,
            follow_up_on: input.follow_up_on.map(Into::into),
        }
    }
}

//! What clients send to change entries.

use crate::entry::{
    AllergyStatus, Background, BloodType, ConditionStatus, Content, MedicationStatus, Severity, Verification,
};
use async_graphql::{ID, InputObject, MaybeUndefined};
use caregraph_kit::change::Change;
use caregraph_kit::graphql::Date;

/// Declares an input that changes an entry.
macro_rules! update_input {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(InputObject)]
        pub struct $name {
            /// Which entry.
            pub(in crate::graphql) id: ID,
            /// The version that you have read.
            pub(in crate::graphql) version: i64,
            $($(#[$field_doc])* $field: $type,)*
        }
    };
}

update_input! {
    /// What is to be different about an allergy. What is left out stays.
    UpdateAllergyInput {
        /// What it is against, 1 to 200 characters.
        substance: Option<String>,
        /// What happens; null to clear.
        reaction: MaybeUndefined<String>,
        /// How bad a reaction was; null to clear.
        severity: MaybeUndefined<Severity>,
        /// Whether it counts now.
        status: Option<AllergyStatus>,
        /// How sure it is.
        verification: Option<Verification>,
        /// When it was first noticed; null to clear.
        onset: MaybeUndefined<Date>,
        /// What else there is to say; null to clear.
        note: MaybeUndefined<String>,
    }
}

impl UpdateAllergyInput {
    /// Puts it into an allergy.
    pub(in crate::graphql) fn apply(&self, content: &mut Content) {
        let Content::Allergy(allergy) = content else {
            return;
        };
        set(&mut allergy.substance, self.substance.as_ref());
        set(&mut allergy.status, self.status.as_ref());
        set(&mut allergy.verification, self.verification.as_ref());
        Change::from(self.reaction.clone()).apply(&mut allergy.reaction);
        Change::from(self.severity).apply(&mut allergy.severity);
        Change::from(self.onset).map(Into::into).apply(&mut allergy.onset);
        Change::from(self.note.clone()).apply(&mut allergy.note);
    }
}

update_input! {
    /// What is to be different about a condition. What is left out stays.
    UpdateConditionInput {
        /// Code of ICD-10, with or without its dot. Another one than before must not be a heading; see `icd10`.
        code: Option<String>,
        /// Whether it is there now.
        status: Option<ConditionStatus>,
        /// How sure it is.
        verification: Option<Verification>,
        /// How bad it is; null to clear.
        severity: MaybeUndefined<Severity>,
        /// When it began; null to clear.
        onset: MaybeUndefined<Date>,
        /// When it ended; null to clear.
        abated: MaybeUndefined<Date>,
        /// What else there is to say; null to clear.
        note: MaybeUndefined<String>,
    }
}

impl UpdateConditionInput {
    /// Puts it into a condition.
    pub(in crate::graphql) fn apply(&self, content: &mut Content) {
        let Content::Condition(condition) = content else {
            return;
        };
        set(&mut condition.code, self.code.as_ref());
        set(&mut condition.status, self.status.as_ref());
        set(&mut condition.verification, self.verification.as_ref());
        Change::from(self.severity).apply(&mut condition.severity);
        Change::from(self.onset)
            .map(Into::into)
            .apply(&mut condition.onset);
        Change::from(self.abated)
            .map(Into::into)
            .apply(&mut condition.abated);
        Change::from(self.note.clone()).apply(&mut condition.note);
    }
}

update_input! {
    /// What is to be different about a medicine in use. What is left out stays.
    UpdateMedicationStatementInput {
        /// How it is taken; null to clear.
        dosage: MaybeUndefined<String>,
        /// What it is taken for; null to clear.
        reason: MaybeUndefined<String>,
        /// Whether it is taken now.
        status: Option<MedicationStatus>,
        /// Since when; null to clear.
        started_on: MaybeUndefined<Date>,
        /// Until when; null to clear.
        ended_on: MaybeUndefined<Date>,
        /// What else there is to say; null to clear.
        note: MaybeUndefined<String>,
    }
}

impl UpdateMedicationStatementInput {
    /// Puts it into a medicine in use.
    pub(in crate::graphql) fn apply(&self, content: &mut Content) {
        let Content::Medication(medication) = content else {
            return;
        };
        set(&mut medication.status, self.status.as_ref());
        Change::from(self.dosage.clone()).apply(&mut medication.dosage);
        Change::from(self.reason.clone()).apply(&mut medication.reason);
        Change::from(self.started_on)
            .map(Into::into)
            .apply(&mut medication.started_on);
        Change::from(self.ended_on)
            .map(Into::into)
            .apply(&mut medication.ended_on);
        Change::from(self.note.clone()).apply(&mut medication.note);
    }
}

/// What holds for the person. What is left out stays.
#[derive(InputObject)]
pub struct UpdateBackgroundInput {
    /// Whose record.
    pub(in crate::graphql) patient_id: ID,
    /// The version that you have read; left out, or 0, when there was none.
    #[graphql(default)]
    pub(in crate::graphql) version: i64,
    /// Blood group, as determined; null to clear.
    blood_type: MaybeUndefined<BloodType>,
    /// The record in a few sentences, at most 5,000 characters; null to clear.
    summary: MaybeUndefined<String>,
    /// Illnesses in the family, at most 5,000 characters; null to clear.
    family_history: MaybeUndefined<String>,
    /// Work, home, tobacco, alcohol, at most 5,000 characters; null to clear.
    social_history: MaybeUndefined<String>,
}

impl UpdateBackgroundInput {
    /// Puts it into a background.
    pub(in crate::graphql) fn apply(&self, background: &mut Background) {
        Change::from(self.blood_type).apply(&mut background.blood_type);
        Change::from(self.summary.clone()).apply(&mut background.summary);
        Change::from(self.family_history.clone()).apply(&mut background.family_history);
        Change::from(self.social_history.clone()).apply(&mut background.social_history);
    }
}

/// Takes back what was entered in error.
#[derive(InputObject)]
pub struct RetractEntryInput {
    /// Which entry.
    pub(in crate::graphql) id: ID,
    /// The version that you have read.
    pub(in crate::graphql) version: i64,
    /// Why, 1 to 500 characters.
    pub(in crate::graphql) reason: String,
}

/// Lets the patient read an entry, or not any longer.
#[derive(InputObject)]
pub struct ReleaseEntryInput {
    /// Which entry.
    pub(in crate::graphql) id: ID,
    /// Whether the patient may read it.
    #[graphql(default = true)]
    pub(in crate::graphql) released: bool,
}

fn set<T: Clone>(place: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        place.clone_from(value);
    }
}

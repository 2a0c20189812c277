//! Encounters, as clients see them.

use super::entries::{Meta, RecordEntry};
use super::people::{Appointment, Practitioner};
use crate::Services;
use crate::encounter::{self, EncounterClass, EncounterStatus};
use crate::entry::{Content, Entry};
use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use caregraph_kit::graphql::{ContextExt, Date, answer};
use chrono::{DateTime, Utc};

/// What happened in a visit.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Encounter {
    #[graphql(flatten)]
    meta: Meta,
    /// Who is responsible, and signs.
    practitioner: Option<Practitioner>,
    /// The visit, when it was booked.
    appointment: Option<Appointment>,
    /// Where it takes place.
    class: EncounterClass,
    /// Where it stands.
    status: EncounterStatus,
    /// When the visit began.
    start: DateTime<Utc>,
    /// When it ended.
    end: Option<DateTime<Utc>>,
    /// Why the person came, in their words.
    chief_complaint: Option<String>,
    /// History of the present illness.
    history: Option<String>,
    /// What the examination found.
    examination: Option<String>,
    /// What else there is to say.
    notes: Option<String>,
    /// Diagnoses, at most one of them the primary one.
    diagnoses: Vec<Diagnosis>,
    /// What is to be done.
    treatment_plans: Vec<TreatmentPlan>,
    /// Who vouches for it; null until it is signed.
    signature: Option<EncounterSignature>,
    #[graphql(skip)]
    entry: Entry,
}

/// A diagnosis made in a visit.
#[derive(Debug, Clone, SimpleObject)]
pub struct Diagnosis {
    /// Identifies the diagnosis within its encounter.
    id: ID,
    /// Code of ICD-10.
    code: String,
    /// The code's title when it was recorded.
    title: String,
    /// Whether it is the main one.
    primary: bool,
    /// What else there is to say.
    note: Option<String>,
}

/// What is to be done.
#[derive(Debug, Clone, SimpleObject)]
pub struct TreatmentPlan {
    /// Identifies the plan within its encounter.
    id: ID,
    /// What is to be done.
    description: String,
    /// What the patient is to do.
    instructions: Option<String>,
    /// When to come again.
    follow_up_on: Option<Date>,
}

/// Who vouches for what an encounter says.
#[derive(Debug, Clone, SimpleObject)]
pub struct EncounterSignature {
    /// Who.
    signed_by: Option<Practitioner>,
    /// When.
    signed_at: DateTime<Utc>,
    /// SHA-256 of what was signed, in hexadecimal.
    digest: String,
}

#[ComplexObject]
impl Encounter {
    /// What was recorded during the visit, as far as it is open to you, the newest first, at most a thousand entries.
    async fn entries(&self, ctx: &Context<'_>) -> Result<Vec<RecordEntry>> {
        let services = ctx.service::<Services>();
        let found = services.reader.during(&ctx.principal(), &self.entry).await;
        let found = answer(ctx, found)?;
        Ok(found.into_iter().map(RecordEntry::from).collect())
    }
}

impl Encounter {
    pub(in crate::graphql) fn new(entry: Entry, encounter: encounter::Encounter) -> Self {
        Self {
            meta: Meta::from(&entry),
            practitioner: Some(encounter.practitioner.into()),
            appointment: encounter.appointment.map(Appointment::from),
            class: encounter.class,
            status: encounter.status,
            start: encounter.start,
            end: encounter.end,
            chief_complaint: encounter.chief_complaint,
            history: encounter.history,
            examination: encounter.examination,
            notes: encounter.notes,
            diagnoses: encounter.diagnoses.into_iter().map(Diagnosis::from).collect(),
            treatment_plans: encounter.plans.into_iter().map(TreatmentPlan::from).collect(),
            signature: encounter.signature.map(EncounterSignature::from),
            entry,
        }
    }

    /// The entry as this type; `None` for one of another kind.
    pub(in crate::graphql) fn of(entry: Entry) -> Option<Self> {
        match entry.content.clone() {
            Content::Encounter(encounter) => Some(Self::new(entry, encounter)),
            _ => None,
        }
    }
}

impl From<encounter::Diagnosis> for Diagnosis {
    fn from(diagnosis: encounter::Diagnosis) -> Self {
        Self {
            id: diagnosis.id.to_string().into(),
            code: diagnosis.code,
            title: diagnosis.title,
            primary: diagnosis.primary,
            note: diagnosis.note,
        }
    }
}

impl From<encounter::TreatmentPlan> for TreatmentPlan {
    fn from(plan: encounter::TreatmentPlan) -> Self {
        Self {
            id: plan.id.to_string().into(),
            description: plan.description,
            instructions: plan.instructions,
            follow_up_on: plan.follow_up_on.map(Date),
        }
    }
}

impl From<encounter::Signature> for EncounterSignature {
    fn from(signature: encounter::Signature) -> Self {
        Self {
            signed_by: Some(signature.by.into()),
            signed_at: signature.at,
            digest: signature.digest,
        }
    }
}

//! Records put together and parted, and those that may be one person's, in the graph.

use super::loaders::{record, visible_patient};
use super::payloads::{MergePatientsPayload, UndoMergePayload};
use super::types::{Patient, User};
use crate::duplicate::{self, DuplicateService, MatchReason, PairKey};
use crate::merging::{self, MergeConcern, MergePatients, MergeService, UndoMerge};
use crate::patient;
use async_graphql::connection::Connection;
use async_graphql::{Context, ID, InputObject, Object, Result};
use caregraph_kit::graphql::{ContextExt, Date, OpaqueKey, PageArgs, answer, connection, named_id, outcome};
use chrono::{DateTime, Utc};

/// One record of a patient.
pub struct PatientRecord(patient::Patient);

/// One record of a patient as it is, whether or not it is a duplicate: enough to recognise it.
#[Object]
impl PatientRecord {
    /// The record's own id. `patient(id:)` answers with the record that stands for the person.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The record's own number.
    async fn medical_record_number(&self) -> &str {
        self.0.mrn.as_str()
    }

    /// The name as people say it.
    async fn display_name(&self) -> String {
        self.0.profile.display_name()
    }

    /// Day of birth; null until it was checked.
    async fn date_of_birth(&self) -> Option<Date> {
        self.0.profile.identification.date_of_birth.map(Date)
    }

    /// Whether an account belongs to the record.
    async fn has_account(&self) -> bool {
        self.0.has_account
    }
}

/// A merge.
pub struct PatientMerge(pub(super) merging::Merge);

/// One record was put to another one of the same person. Nothing was copied: undoing it gives back both as they are.
#[Object]
impl PatientMerge {
    /// Identifies the merge.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The patient to whom the surviving record belongs now.
    async fn patient(&self, ctx: &Context<'_>) -> Result<Option<Patient>> {
        Ok(visible_patient(ctx, self.0.surviving).await?.map(Patient))
    }

    /// The record that stood for the person when it was done.
    async fn surviving(&self, ctx: &Context<'_>) -> Result<Option<PatientRecord>> {
        Ok(record(ctx, self.0.surviving).await?.map(PatientRecord))
    }

    /// The record that turned out to be a duplicate.
    async fn merged(&self, ctx: &Context<'_>) -> Result<Option<PatientRecord>> {
        Ok(record(ctx, self.0.merged).await?.map(PatientRecord))
    }

    /// What spoke against it, and was checked.
    async fn concerns(&self) -> &[MergeConcern] {
        &self.0.concerns
    }

    /// Why, in words.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Who did it; null when you may not see the account.
    async fn merged_by(&self) -> Option<User> {
        Some(self.0.by.into())
    }

    /// When it was done.
    async fn merged_at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// How it was undone; null while it holds.
    async fn undone(&self) -> Option<PatientMergeUndoing> {
        self.0.undone.clone().map(PatientMergeUndoing)
    }
}

/// The end of a merge.
pub struct PatientMergeUndoing(merging::Undoing);

/// The end of a merge.
#[Object]
impl PatientMergeUndoing {
    /// When it was undone.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// By whom; null when you may not see the account.
    async fn by(&self) -> Option<User> {
        Some(self.0.by.into())
    }

    /// Why, in words.
    async fn reason(&self) -> &str {
        &self.0.reason
    }
}

/// Two records that may be one person's.
pub struct DuplicateCandidate(duplicate::DuplicateCandidate);

/// Two records that may be one person's. Twins look like this too: people decide.
#[Object]
impl DuplicateCandidate {
    /// The record that was opened first.
    async fn one(&self) -> Patient {
        Patient(self.0.one.clone())
    }

    /// The other record.
    async fn other(&self) -> Patient {
        Patient(self.0.other.clone())
    }

    /// How much they look like one person's, from 0 to 100: the sum of the reasons' counts, less what differs (number of the
    /// identity document 20, day of birth 30, sex at birth 20).
    async fn score(&self) -> i32 {
        self.0.score
    }

    /// Why, the strongest first.
    async fn reasons(&self) -> &[MatchReason] {
        &self.0.reasons
    }
}

/// Two records that are to be put together.
#[derive(InputObject)]
pub struct MergePatientsInput {
    /// The record that is to stand for the person.
    surviving_id: ID,
    /// The record that turned out to be a duplicate. Records that were put to it before come along.
    merged_id: ID,
    /// Why, at most 500 characters.
    reason: String,
    /// Everything that speaks against it and that you have checked. What is missing here comes back as `MergeNeedsChecking`.
    #[graphql(default)]
    checked: Vec<MergeConcern>,
}

impl From<MergePatientsInput> for MergePatients {
    fn from(input: MergePatientsInput) -> Self {
        Self {
            surviving: named_id(&input.surviving_id),
            merged: named_id(&input.merged_id),
            reason: input.reason,
            checked: input.checked.into_iter().collect(),
        }
    }
}

/// A merge that is to be undone.
#[derive(InputObject)]
pub struct UndoMergeInput {
    /// Which merge.
    merge_id: ID,
    /// Why, at most 500 characters.
    reason: String,
}

impl From<UndoMergeInput> for UndoMerge {
    fn from(input: UndoMergeInput) -> Self {
        Self {
            merge: named_id(&input.merge_id),
            reason: input.reason,
        }
    }
}

/// Questions about duplicates.
#[derive(Default)]
pub struct DuplicateQuery;

#[Object]
impl DuplicateQuery {
    /// Pairs of records that may be one person's, by age of the records. Records are compared when they share the number of an
    /// identity document, a telephone or insurance number, or the day of birth and all words of the name but one; what more than
    /// 25 records share says nothing. For the front desk (`patients:manage`).
    async fn duplicate_candidates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only pairs with this patient.")] patient_id: Option<ID>,
        #[graphql(
            desc = "Only pairs with this score or more, 0 to 100; 30 when left out, which is more than a telephone in common."
        )]
        min_score: Option<i32>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Connection<OpaqueKey, DuplicateCandidate>> {
        let page = PageArgs::<PairKey>::read(first, after.as_deref())?;
        let of = patient_id.as_ref().map(named_id);
        let service = ctx.service::<DuplicateService>();
        let found = service.candidates(&ctx.principal(), of, min_score, &page).await;
        let pairs = answer(ctx, found)?.into_iter();
        Ok(connection(
            &page,
            pairs.map(|(key, pair)| (key, DuplicateCandidate(pair))).collect(),
        ))
    }
}

/// What can be done about duplicates.
#[derive(Default)]
pub struct MergeMutation;

#[Object]
impl MergeMutation {
    /// Puts a record to another one of the same person. Whoever acts for one of them acts for both from then on, whoever cares
    /// for one sees both, and both ids lead to the surviving one. Reversible. For the front desk (`patients:manage`).
    async fn merge_patients(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which records, and why.")] input: MergePatientsInput,
    ) -> Result<MergePatientsPayload> {
        let result = ctx
            .service::<MergeService>()
            .merge(&ctx.principal(), input.into())
            .await;
        Ok(MergePatientsPayload::of(outcome(ctx, result)?, PatientMerge))
    }

    /// Lets a merged record stand for itself again, with those that had been put to it before. What happened meanwhile stays with
    /// the record on which it happened. For the front desk (`patients:manage`).
    async fn undo_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which merge, and why.")] input: UndoMergeInput,
    ) -> Result<UndoMergePayload> {
        let result = ctx
            .service::<MergeService>()
            .undo(&ctx.principal(), input.into())
            .await;
        Ok(UndoMergePayload::of(outcome(ctx, result)?, PatientMerge))
    }
}

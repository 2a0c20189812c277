//! The medical record, as clients see it.

use super::encounter::Encounter;
use super::entries::{
    Allergy, ClinicalDocument, Condition, Immunization, MedicationStatement, RecordBackground,
};
use super::people::Patient;
use super::vitals::VitalSigns;
use crate::Services;
use crate::entry::{Entry, RecordView};
use async_graphql::{Context, Object, Result};
use caregraph_contracts::events::EntryKind;
use caregraph_kit::graphql::{BasisOfAccess, ContextExt, PartOfRecord, answer};
use chrono::{DateTime, Utc};

/// A medical record that is open to the caller.
pub struct MedicalRecord(pub(super) RecordView);

/// The medical record of a person. Lists hold what is open to you, the newest first, at most a thousand entries each; what was
/// entered in error is left out. A list or field of a part that is not in `openParts` is empty or null, whether or not there is
/// something in it. `Patient.timeline` and `Patient.encounters` have pages.
#[Object]
impl MedicalRecord {
    /// Whose record.
    async fn patient(&self) -> Option<Patient> {
        Some(self.0.patient().into())
    }

    /// The time that was asked for with `recordAsOf`; null for now.
    async fn as_of(&self) -> Option<DateTime<Utc>> {
        self.0.as_of
    }

    /// Why it is open to you.
    async fn access_basis(&self) -> BasisOfAccess {
        self.0.sight.basis.into()
    }

    /// The parts of the record that are open to you now, at least one, in the order of `RecordPart`. Show "not shared with you" instead of
    /// "none" for the others: nothing here tells whether there is anything in those. In a part that is open, patients, and whoever acts
    /// for them or sees it by consent alone without working here, find what is released.
    async fn open_parts(&self) -> Vec<PartOfRecord> {
        self.0
            .sight
            .parts
            .iter()
            .copied()
            .map(PartOfRecord::from)
            .collect()
    }

    /// Summary, blood type, family and social history; null when nothing was written down.
    async fn background(&self, ctx: &Context<'_>) -> Result<Option<RecordBackground>> {
        let found = self.of_kind(ctx, EntryKind::Background).await?;
        Ok(found.into_iter().find_map(RecordBackground::of))
    }

    /// Allergies and intolerances, also those that count no more.
    async fn allergies(&self, ctx: &Context<'_>) -> Result<Vec<Allergy>> {
        let found = self.of_kind(ctx, EntryKind::Allergy).await?;
        Ok(found.into_iter().filter_map(Allergy::of).collect())
    }

    /// Problems and diagnoses that last, also those that are over.
    async fn conditions(&self, ctx: &Context<'_>) -> Result<Vec<Condition>> {
        let found = self.of_kind(ctx, EntryKind::Condition).await?;
        Ok(found.into_iter().filter_map(Condition::of).collect())
    }

    /// Immunizations.
    async fn immunizations(&self, ctx: &Context<'_>) -> Result<Vec<Immunization>> {
        let found = self.of_kind(ctx, EntryKind::Immunization).await?;
        Ok(found.into_iter().filter_map(Immunization::of).collect())
    }

    /// Medicines, also those that are taken no more.
    async fn medications(&self, ctx: &Context<'_>) -> Result<Vec<MedicationStatement>> {
        let found = self.of_kind(ctx, EntryKind::Medication).await?;
        Ok(found.into_iter().filter_map(MedicationStatement::of).collect())
    }

    /// Documents and images.
    async fn documents(&self, ctx: &Context<'_>) -> Result<Vec<ClinicalDocument>> {
        let found = self.of_kind(ctx, EntryKind::Document).await?;
        Ok(found.into_iter().filter_map(ClinicalDocument::of).collect())
    }

    /// The newest vital signs; null when none were taken.
    async fn latest_vitals(&self, ctx: &Context<'_>) -> Result<Option<VitalSigns>> {
        let found = self.of_kind(ctx, EntryKind::Vitals).await?;
        Ok(found.into_iter().find_map(VitalSigns::of))
    }

    /// Visits.
    async fn encounters(&self, ctx: &Context<'_>) -> Result<Vec<Encounter>> {
        let found = self.of_kind(ctx, EntryKind::Encounter).await?;
        Ok(found.into_iter().filter_map(Encounter::of).collect())
    }
}

impl MedicalRecord {
    async fn of_kind(&self, ctx: &Context<'_>, kind: EntryKind) -> Result<Vec<Entry>> {
        let services = ctx.service::<Services>();
        answer(ctx, services.reader.of_kind(&self.0, kind).await)
    }
}

//! What can be asked.

use super::encounter::Encounter;
use super::entries::RecordEntry;
use super::history::RecordVersion;
use super::people::{Appointment, Patient};
use super::record::MedicalRecord;
use crate::Services;
use crate::entry::RecordView;
use async_graphql::connection::Connection;
use async_graphql::{Context, ID, Object, Result};
use caregraph_kit::graphql::{ContextExt, OpaqueKey, PageArgs, answer, connection, named_id};
use chrono::{DateTime, Utc};

/// Questions about records.
#[derive(Default)]
pub struct RecordQuery;

#[Object]
impl RecordQuery {
    /// A patient's medical record; null when there is none for you. The same as `Patient.medicalRecord`, for those who hold the id
    /// only.
    async fn medical_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] patient_id: ID,
    ) -> Result<Option<MedicalRecord>> {
        record(ctx, &patient_id, None).await
    }

    /// A patient's medical record as it was at a time: what was recorded later is not in it, and what was changed later says what it
    /// said then. Null when there is none for you.
    async fn record_as_of(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] patient_id: ID,
        #[graphql(desc = "When.")] at: DateTime<Utc>,
    ) -> Result<Option<MedicalRecord>> {
        record(ctx, &patient_id, Some(at)).await
    }

    /// One entry of a record; null when there is none for you.
    async fn record_entry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: ID,
    ) -> Result<Option<RecordEntry>> {
        let services = ctx.service::<Services>();
        let found = services
            .reader
            .entry(&ctx.principal(), named_id(&id), "recordEntry")
            .await;
        Ok(answer(ctx, found)?.map(RecordEntry::from))
    }

    /// Versions of an entry, the newest first: who changed what, when and why. Null when there is no such entry for you.
    async fn record_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entry.")] id: ID,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Option<Connection<OpaqueKey, RecordVersion>>> {
        let page = PageArgs::read(first, after.as_deref())?;
        let services = ctx.service::<Services>();
        let found = services
            .reader
            .history(&ctx.principal(), named_id(&id), &page)
            .await;
        let found = answer(ctx, found)?;
        Ok(found.map(|found| {
            let versions = found
                .into_iter()
                .map(|(key, (version, changes))| (key, RecordVersion { version, changes }));
            connection(&page, versions.collect())
        }))
    }

    /// A visit's encounter; null when there is none for you.
    async fn encounter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: ID,
    ) -> Result<Option<Encounter>> {
        let services = ctx.service::<Services>();
        let found = services
            .reader
            .entry(&ctx.principal(), named_id(&id), "encounter")
            .await;
        Ok(answer(ctx, found)?.and_then(Encounter::of))
    }

    #[graphql(entity)]
    async fn find_patient_by_id(&self, id: ID) -> Patient {
        Patient::named(id)
    }

    #[graphql(entity)]
    async fn find_appointment_by_id(&self, id: ID) -> Appointment {
        Appointment::named(id)
    }

    #[graphql(entity)]
    async fn find_encounter_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Encounter>> {
        let services = ctx.service::<Services>();
        let found = services
            .reader
            .entry(&ctx.principal(), named_id(&id), "encounter")
            .await;
        Ok(answer(ctx, found)?.and_then(Encounter::of))
    }
}

async fn record(
    ctx: &Context<'_>,
    patient: &ID,
    as_of: Option<DateTime<Utc>>,
) -> Result<Option<MedicalRecord>> {
    let principal = ctx.principal();
    principal.require(caregraph_contracts::Scope::RecordsRead)?;
    let services = ctx.service::<Services>();
    let view: Result<Option<RecordView>, _> =
        services.reader.record(&principal, named_id(patient), as_of).await;
    Ok(answer(ctx, view)?.map(MedicalRecord))
}

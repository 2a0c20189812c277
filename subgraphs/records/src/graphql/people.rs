//! Patients, practitioners and appointments, as far as records knows them.

use super::encounter::Encounter;
use super::entries::RecordEntry;
use super::export::DataExport;
use super::inputs::{EncounterFilter, TimelineFilter};
use super::record::MedicalRecord;
use super::vitals::VitalReading;
use crate::Services;
use crate::encounter::entry_of;
use crate::entry::{Content, EntryFilter};
use crate::vitals::Sign;
use async_graphql::connection::Connection;
use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use caregraph_contracts::Scope;
use caregraph_contracts::events::EntryKind;
use caregraph_contracts::ids::{AppointmentId, PatientId, PractitionerId, UserId};
use caregraph_kit::graphql::{ContextExt, OpaqueKey, PageArgs, answer, connection, named_id};
use chrono::{DateTime, Utc};

/// A person in care.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Patient {
    /// Identifies the patient.
    id: ID,
}

impl From<PatientId> for Patient {
    fn from(id: PatientId) -> Self {
        Self {
            id: id.to_string().into(),
        }
    }
}

impl Patient {
    /// The patient under an id.
    pub(super) fn named(id: ID) -> Self {
        Self { id }
    }
}

#[ComplexObject]
impl Patient {
    /// The medical record; null when there is none for you. Staff see it while they have a care relationship, a consent or broken
    /// the glass; patients and guardians see what is released. Asking is written down, and the patient can see that you did.
    async fn medical_record(&self, ctx: &Context<'_>) -> Result<Option<MedicalRecord>> {
        let services = ctx.service::<Services>();
        let view = services
            .reader
            .record(&ctx.principal(), named_id(&self.id), None)
            .await;
        Ok(answer(ctx, view)?.map(MedicalRecord))
    }

    /// Visits, the newest first; null when they are not open to you.
    async fn encounters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<EncounterFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Option<Connection<OpaqueKey, Encounter>>> {
        let filter = filter.unwrap_or_default();
        let wanted = EntryFilter {
            kinds: vec![EntryKind::Encounter],
            from: filter.from,
            to: filter.to,
        };
        let page = PageArgs::read(first, after.as_deref())?;
        let services = ctx.service::<Services>();
        let asked = ("encounters", &wanted);
        let found = services
            .reader
            .page(&ctx.principal(), named_id(&self.id), asked, &page)
            .await;
        let Some(found) = answer(ctx, found)? else {
            return Ok(None);
        };
        let encounters = found
            .into_iter()
            .filter_map(|(key, entry)| Some((key, Encounter::of(entry)?)))
            .collect();
        Ok(Some(connection(&page, encounters)))
    }

    /// Everything in the record in one list, the newest first; null when nothing is open to you.
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<TimelineFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Option<Connection<OpaqueKey, RecordEntry>>> {
        let wanted = EntryFilter::from(filter.unwrap_or_default());
        let page = PageArgs::read(first, after.as_deref())?;
        let services = ctx.service::<Services>();
        let asked = ("timeline", &wanted);
        let found = services
            .reader
            .page(&ctx.principal(), named_id(&self.id), asked, &page)
            .await;
        let found = answer(ctx, found)?;
        Ok(found.map(|found| {
            let entries = found
                .into_iter()
                .map(|(key, entry)| (key, RecordEntry::from(entry)));
            connection(&page, entries.collect())
        }))
    }

    /// Archives of all data about the patient that you have asked for (`exportMyData`), the latest first; null for everybody but the
    /// patient and guardians.
    async fn data_exports(&self, ctx: &Context<'_>) -> Result<Option<Vec<DataExport>>> {
        let services = ctx.service::<Services>();
        let found = services.exports.list(&ctx.principal(), named_id(&self.id)).await;
        let found = answer(ctx, found)?;
        Ok(found.map(|found| found.into_iter().map(DataExport::from).collect()))
    }

    /// Values of vital signs for a chart, the oldest first, of at most the thousand newest sets; null when they are not open to you.
    async fn vitals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this sign.")] kind: Option<Sign>,
        #[graphql(desc = "Only at this time or later.")] from: Option<DateTime<Utc>>,
        #[graphql(desc = "Only before this time.")] to: Option<DateTime<Utc>>,
    ) -> Result<Option<Vec<VitalReading>>> {
        let services = ctx.service::<Services>();
        let found = services
            .reader
            .vitals(&ctx.principal(), named_id(&self.id), kind, (from, to))
            .await;
        let found = answer(ctx, found)?;
        Ok(found.map(|found| {
            found
                .into_iter()
                .filter_map(|(entry, reading)| match &entry.content {
                    Content::Vitals(vitals) => Some(VitalReading::of(&entry, vitals, reading)),
                    _ => None,
                })
                .collect()
        }))
    }
}

/// Somebody who gives care.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(unresolvable)]
pub struct Practitioner {
    /// Identifies the practitioner.
    id: ID,
}

impl From<PractitionerId> for Practitioner {
    fn from(id: PractitionerId) -> Self {
        Self {
            id: id.to_string().into(),
        }
    }
}

impl Practitioner {
    /// The member of staff behind an account.
    pub(super) fn of_user(user: UserId) -> Self {
        PractitionerId::of_user(user).into()
    }
}

/// A visit.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Appointment {
    /// Identifies the appointment.
    id: ID,
}

impl From<AppointmentId> for Appointment {
    fn from(id: AppointmentId) -> Self {
        Self {
            id: id.to_string().into(),
        }
    }
}

impl Appointment {
    /// The appointment under an id.
    pub(super) fn named(id: ID) -> Self {
        Self { id }
    }
}

#[ComplexObject]
impl Appointment {
    /// What was written about the visit; null before the patient is checked in, and when it is not open to you.
    async fn encounter(&self, ctx: &Context<'_>) -> Result<Option<Encounter>> {
        let principal = ctx.principal();
        if !principal.has(Scope::RecordsRead) {
            return Ok(None);
        }
        let id: AppointmentId = named_id(&self.id);
        let services = ctx.service::<Services>();
        let found = services.reader.entry(&principal, entry_of(id), "encounter").await;
        Ok(answer(ctx, found)?.and_then(Encounter::of))
    }
}

//! Taking one's data along.

use super::entries::FileDownload;
use super::people::Patient;
use crate::Services;
use crate::export::{Export, ExportStatus};
use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use caregraph_contracts::ids::PatientId;
use caregraph_kit::graphql::{ContextExt, answer, named_id, outcome};
use caregraph_kit::payload;
use chrono::{DateTime, Utc};

/// Where an export stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ExportStatus")]
pub enum DataExportStatus {
    /// It is being put together; that takes seconds to minutes.
    Assembling,
    /// It can be fetched.
    Ready,
    /// Its time is over. Ask for another one.
    Expired,
}

/// Everything that is kept about a patient and that whoever asked may see, in one ZIP archive: JSON with the fields of this graph, and
/// the files of the medical record. Only whoever asked sees it.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct DataExport {
    /// Identifies the export.
    id: ID,
    /// About whom.
    patient: Option<Patient>,
    /// Where it stands.
    status: DataExportStatus,
    /// When it was asked for.
    requested_at: DateTime<Utc>,
    /// When it could be fetched first; null before.
    ready_at: Option<DateTime<Utc>>,
    /// Until when it is kept, seven days; null before it is ready.
    available_until: Option<DateTime<Utc>>,
    /// Size of the archive in bytes; null before it is ready.
    size: Option<u64>,
    /// Domains that have not answered yet, for example because a part of the clinic's program is away.
    waiting_for: Vec<String>,
}

impl From<Export> for DataExport {
    fn from(export: Export) -> Self {
        Self {
            id: export.id.to_string().into(),
            patient: Some(export.patient.into()),
            status: export.status.into(),
            requested_at: export.requested_at,
            ready_at: export.ready_at,
            available_until: export.until,
            size: export.size,
            waiting_for: export.missing().map(|domain| domain.to_string()).collect(),
        }
    }
}

#[ComplexObject]
impl DataExport {
    /// Leave to fetch the archive; null while there is none. That it was asked for is written down.
    async fn download(&self, ctx: &Context<'_>) -> Result<Option<FileDownload>> {
        let exports = &ctx.service::<Services>().exports;
        let link = exports.download(&ctx.principal(), named_id(&self.id)).await;
        Ok(answer(ctx, link)?.map(FileDownload::from))
    }
}

/// Asks for everything that is kept about a patient.
#[derive(InputObject)]
pub struct ExportMyDataInput {
    /// About whom: somebody for whom you act; yourself when left out.
    patient_id: Option<ID>,
}

payload! {
    /// What `exportMyData` answers.
    ExportMyDataPayload {
        /// The export; null when refused.
        export: DataExport
    }
    ExportMyDataError
}

/// What can be done about exports.
#[derive(Default)]
pub struct ExportMutation;

#[Object]
impl ExportMutation {
    /// Has everything that any domain keeps about you, or somebody for whom you act, put together into one archive. You are told when
    /// it can be fetched. Whoever asks again the same day gets the same export.
    async fn export_my_data(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "About whom.")] input: ExportMyDataInput,
    ) -> Result<ExportMyDataPayload> {
        let principal = ctx.principal();
        let patient = match &input.patient_id {
            Some(id) => named_id(id),
            None => PatientId::of_user(principal.require_user()?),
        };
        let exports = &ctx.service::<Services>().exports;
        let requested = exports.request(&principal, patient).await;
        Ok(ExportMyDataPayload::of(outcome(ctx, requested)?, Into::into))
    }
}

/// What can be asked about exports.
#[derive(Default)]
pub struct ExportQuery;

#[Object]
impl ExportQuery {
    /// An export that you have asked for; null when there is none.
    async fn data_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: ID,
    ) -> Result<Option<DataExport>> {
        let exports = &ctx.service::<Services>().exports;
        let found = exports.get(&ctx.principal(), named_id(&id)).await;
        Ok(answer(ctx, found)?.map(DataExport::from))
    }
}

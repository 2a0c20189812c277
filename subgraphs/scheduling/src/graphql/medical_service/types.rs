//! What clients see of a service.

use crate::graphql::loaders::{bookable, medical_service};
use crate::graphql::people::Practitioner;
use crate::medical_service;
use async_graphql::{Context, Enum, ID, Object, Result};
use caregraph_contracts::Scope;
use caregraph_contracts::ids::MedicalServiceId;
use caregraph_kit::Fault;
use caregraph_kit::graphql::{ContextExt, GraphqlMoney, fault};

/// What kind of service it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "medical_service::Category")]
pub enum MedicalServiceCategory {
    /// A check of general health.
    GeneralCheckup,
    /// A consultation with a specialist.
    SpecialistConsultation,
    /// Taking a sample or running a test.
    LabTest,
    /// A vaccination.
    Vaccination,
    /// A visit that follows an earlier one.
    FollowUp,
    /// A visit by video.
    Telehealth,
}

/// A service that can be booked: what it is, how long it takes, what it costs, who offers it.
#[derive(Debug, Clone)]
pub struct MedicalService(medical_service::MedicalService);

impl From<medical_service::MedicalService> for MedicalService {
    fn from(service: medical_service::MedicalService) -> Self {
        Self(service)
    }
}

impl MedicalService {
    /// The service that something stored refers to; a fault when it is gone, because services are never removed.
    pub async fn load(ctx: &Context<'_>, id: MedicalServiceId) -> Result<Self> {
        let found = medical_service(ctx, id).await?;
        found.ok_or_else(|| {
            fault(
                ctx,
                Fault::new("a service that is referred to", UnknownService(id)),
            )
        })
    }
}

/// Something stored refers to a service that is not there.
#[derive(Debug, thiserror::Error)]
#[error("no service {0}")]
struct UnknownService(MedicalServiceId);

/// A service that can be booked: what it is, how long it takes, what it costs, who offers it.
#[Object]
impl MedicalService {
    /// Identifies the service.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Short unique code in capitals, as on lists and invoices.
    async fn code(&self) -> &str {
        &self.0.details.code
    }

    /// Name for people.
    async fn name(&self) -> &str {
        &self.0.details.name
    }

    /// Kind of service.
    async fn category(&self) -> MedicalServiceCategory {
        self.0.details.category.into()
    }

    /// How long the visit takes, in minutes.
    async fn duration_minutes(&self) -> i32 {
        self.0.details.timing.minutes().duration_minutes
    }

    /// How many minutes the practitioner needs before the visit; not part of it.
    async fn buffer_before_minutes(&self) -> i32 {
        self.0.details.timing.minutes().buffer_before_minutes
    }

    /// How many minutes the practitioner needs after the visit; not part of it.
    async fn buffer_after_minutes(&self) -> i32 {
        self.0.details.timing.minutes().buffer_after_minutes
    }

    /// Visits start every so many minutes, counted from the beginning of the practitioner's hours.
    async fn slot_step_minutes(&self) -> i32 {
        self.0.details.timing.minutes().slot_step_minutes
    }

    /// What the visit costs.
    async fn fee(&self) -> GraphqlMoney {
        self.0.details.fee.into()
    }

    /// Whether the service can be booked. One that cannot stays visible where appointments refer to it.
    async fn active(&self) -> bool {
        self.0.details.active
    }

    /// Counts changes, from 1. Hand it back as `expectedVersion` when you save, so that nobody's change is lost.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// Who offers the service. Whoever manages the catalogue (`services:manage`) also sees practitioners who take no
    /// bookings any more.
    async fn practitioners(&self, ctx: &Context<'_>) -> Result<Vec<Practitioner>> {
        let offering: Vec<_> = self.0.details.practitioners.iter().copied().collect();
        let shown = if ctx.principal().has(Scope::ServicesManage) {
            offering
        } else {
            let bookable = bookable(ctx, &offering).await?;
            offering
                .into_iter()
                .filter(|id| bookable.get(id) == Some(&true))
                .collect()
        };
        Ok(shown.into_iter().map(Practitioner::new).collect())
    }
}

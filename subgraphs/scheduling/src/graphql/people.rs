//! Patients and practitioners, as far as scheduling knows them: their visits.

use super::appointment::{AppointmentFilter, Connection, page_of};
use super::loaders::{all_hours, visible_absences};
use super::schedule::{Absence, ExtraHours, WorkingHours};
use crate::appointment::ListAppointments;
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use caregraph_contracts::Scope;
use caregraph_contracts::ids::{PatientId, PractitionerId};
use caregraph_kit::graphql::{ContextExt, named_id};

/// A person in care.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Patient {
    /// Identifies the patient.
    id: ID,
}

impl Patient {
    /// The patient with an id.
    pub fn new(id: PatientId) -> Self {
        Self {
            id: id.to_string().into(),
        }
    }
}

#[ComplexObject]
impl Patient {
    /// The patient's visits that you may see, by beginning: all for the patient, guardians and the front desk; for a
    /// practitioner those with them. Null for whoever may read no appointments at all.
    async fn appointments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<AppointmentFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Option<Connection>> {
        let wanted = ListAppointments::from(filter.unwrap_or_default());
        page_for_readers(ctx, wanted.of_patient(named_id(&self.id)), first, after).await
    }
}

/// Somebody who gives care.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Practitioner {
    /// Identifies the practitioner.
    id: ID,
}

impl Practitioner {
    /// The practitioner with an id.
    pub fn new(id: PractitionerId) -> Self {
        Self {
            id: id.to_string().into(),
        }
    }

    /// Whom this is.
    pub fn practitioner_id(&self) -> PractitionerId {
        named_id(&self.id)
    }
}

#[ComplexObject]
impl Practitioner {
    /// Visits with the practitioner that you may see, by beginning: all for the practitioner and the front desk; for
    /// anybody else their own and those of the people they act for. Null for whoever may read no appointments at all.
    async fn appointments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<AppointmentFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Option<Connection>> {
        let wanted = ListAppointments::from(filter.unwrap_or_default());
        page_for_readers(
            ctx,
            wanted.with_practitioner(self.practitioner_id()),
            first,
            after,
        )
        .await
    }

    /// The week as it repeats, in the order in which it was set. Anybody may ask, without signing in.
    async fn working_hours(&self, ctx: &Context<'_>) -> Result<Vec<WorkingHours>> {
        let hours = all_hours(ctx, self.practitioner_id()).await?;
        Ok(hours.weekly.into_iter().map(WorkingHours::from).collect())
    }

    /// Hours on single dates beside the week, from yesterday on, by date. Anybody may ask, without signing in.
    async fn extra_hours(&self, ctx: &Context<'_>) -> Result<Vec<ExtraHours>> {
        let hours = all_hours(ctx, self.practitioner_id()).await?;
        Ok(hours.extra.into_iter().map(ExtraHours::from).collect())
    }

    /// Absences that are not over, by start. Null for whoever does not work here.
    async fn absences(&self, ctx: &Context<'_>) -> Result<Option<Vec<Absence>>> {
        let absences = visible_absences(ctx, self.practitioner_id()).await?;
        Ok(absences.map(|absences| absences.into_iter().map(Absence::from).collect()))
    }
}

/// Null instead of an error for whoever lacks the scope: a person's profile must not fail because of its visits.
async fn page_for_readers(
    ctx: &Context<'_>,
    wanted: ListAppointments,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Option<Connection>> {
    if ctx
        .principal()
        .require_any(&[Scope::AppointmentsRead, Scope::AppointmentsManage])
        .is_err()
    {
        return Ok(None);
    }
    page_of(ctx, wanted, first, after).await.map(Some)
}

/// Where the router enters with references to people.
#[derive(Default)]
pub struct PeopleQuery;

#[Object]
impl PeopleQuery {
    #[graphql(entity)]
    async fn find_patient_by_id(&self, id: ID) -> Patient {
        // What is shown of the patient is decided where it is shown; that an id exists is told by nobody here.
        Patient { id }
    }

    #[graphql(entity)]
    async fn find_practitioner_by_id(&self, id: ID) -> Practitioner {
        Practitioner { id }
    }
}

//! Questions about patients.

use super::inputs::PatientFilter;
use super::loaders::visible_patient;
use super::types::{Patient, User};
use crate::patient::{ListKey, PatientService};
use async_graphql::connection::Connection;
use async_graphql::{Context, ID, Object, Result};
use caregraph_kit::graphql::{ContextExt, OpaqueKey, PageArgs, answer, connection, named_id};

/// Questions about patients.
#[derive(Default)]
pub struct PatientQuery;

#[Object]
impl PatientQuery {
    /// A patient; null when there is none under this id or you may not see it. The id of a record that turned out to be a
    /// duplicate leads to the one that stands for the person.
    async fn patient(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The patient's id.")] id: ID,
    ) -> Result<Option<Patient>> {
        ctx.principal().require_user()?;
        Ok(visible_patient(ctx, named_id(&id)).await?.map(Patient))
    }

    /// Patients, those first who came last (by id). The front desk (`patients:manage`) finds everybody; members of staff with
    /// `patients:read` find those with whom they have a care relationship, those who let them see something (`grantConsent`), and
    /// those whose record they have opened in an emergency. Duplicates are left out. There is no order by name, because names
    /// are sealed where they are kept: search for what you know of the person.
    async fn patients(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "What you know of the person, at most 200 characters and eight words, all of which must match: how \
                    words of the name begin, in any order (marks and capitals do not matter; of longer ones the first eight \
                    letters count, and a single letter finds words of one letter), medical record number, telephone number \
                    with country code, number of an identity document (the numbers also of records that were merged into \
                    theirs), or date of birth as `1990-04-12` or, day first, `12/04/1990`."
        )]
        search: Option<String>,
        #[graphql(desc = "Narrows the list.")] filter: Option<PatientFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Connection<OpaqueKey, Patient>> {
        let page = PageArgs::<ListKey>::read(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().into();
        let service = ctx.service::<PatientService>();
        let patients = answer(
            ctx,
            service
                .list(&ctx.principal(), search.as_deref(), &filter, &page)
                .await,
        )?;
        Ok(connection(
            &page,
            patients
                .into_iter()
                .map(|(key, patient)| (key, Patient(patient)))
                .collect(),
        ))
    }

    /// Your own record first, when you are a patient, then those of the people you act for, by name.
    async fn my_patients(&self, ctx: &Context<'_>) -> Result<Vec<Patient>> {
        let patients = answer(ctx, ctx.service::<PatientService>().mine(&ctx.principal()).await)?;
        Ok(patients.into_iter().map(Patient).collect())
    }

    #[graphql(entity)]
    async fn find_patient_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Patient>> {
        Ok(visible_patient(ctx, named_id(&id)).await?.map(Patient))
    }

    #[graphql(entity)]
    async fn find_user_by_id(&self, id: ID) -> User {
        User { id }
    }
}

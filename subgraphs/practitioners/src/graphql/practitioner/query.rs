//! Questions about practitioners.

use super::Practitioner;
use super::inputs::PractitionerFilter;
use crate::graphql::loaders::{PractitionerLoader, own};
use crate::practitioner::{Key, PractitionerService};
use async_graphql::connection::Connection;
use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, ID, Object, Result};
use caregraph_contracts::ids::PractitionerId;
use caregraph_kit::graphql::{ContextExt, OpaqueKey, PageArgs, answer, connection, fault, named_id};

#[derive(Default)]
pub(in crate::graphql) struct PractitionerQuery;

#[Object]
impl PractitionerQuery {
    /// One practitioner, or null when there is none. Those who have left are there for staff and for themselves only.
    /// Open to everybody.
    async fn practitioner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] id: ID,
    ) -> Result<Option<Practitioner>> {
        let found = ctx
            .service::<PractitionerService>()
            .get(&ctx.principal(), named_id(&id))
            .await;
        Ok(found.map_err(|error| fault(ctx, error))?.map(Practitioner))
    }

    /// Practitioners by name. Open to everybody.
    async fn practitioners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all active ones when left out.")] filter: Option<PractitionerFilter>,
        #[graphql(desc = "How many at most: 1 to 100, 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor, an `endCursor` of an earlier page.")] after: Option<
            String,
        >,
    ) -> Result<Connection<OpaqueKey, Practitioner>> {
        let page = PageArgs::<Key>::read(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().try_into();
        let result = match filter {
            Ok(filter) => {
                ctx.service::<PractitionerService>()
                    .list(&ctx.principal(), filter, &page)
                    .await
            }
            Err(failure) => Err(failure),
        };
        let rows = answer(ctx, result)?;
        Ok(connection(
            &page,
            rows.into_iter()
                .map(|(key, shown)| (key, Practitioner(shown)))
                .collect(),
        ))
    }

    /// A practitioner that another subgraph refers to; also one who has left.
    #[graphql(entity)]
    async fn find_practitioner_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Practitioner>> {
        let id: PractitionerId = named_id(&id);
        let loader = ctx.service::<DataLoader<PractitionerLoader>>();
        let Some(stored) = loader
            .load_one(id)
            .await
            .map_err(|error| fault(ctx, own(error)))?
        else {
            return Ok(None);
        };
        let shown = ctx
            .service::<PractitionerService>()
            .show(&ctx.principal(), stored);
        Ok(Some(Practitioner(shown.map_err(|error| fault(ctx, error))?)))
    }
}

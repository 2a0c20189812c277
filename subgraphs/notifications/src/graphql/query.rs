//! One's own messages and preferences.

use super::inputs::NotificationFilter;
use super::types::{Notification, NotificationPreferences};
use crate::notification::{NotificationService, PageKey};
use crate::preference::PreferenceService;
use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use caregraph_kit::graphql::{ContextExt, OpaqueKey, PageArgs, answer, connection};

/// One's own messages and preferences.
#[derive(Default)]
pub struct InboxQuery;

#[Object]
impl InboxQuery {
    /// Your messages, the newest first: those in your inbox, unless the filter names another way.
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<NotificationFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Connection<OpaqueKey, Notification>> {
        let page = PageArgs::<PageKey>::read(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().into();
        let service = ctx.service::<NotificationService>();
        let found = answer(ctx, service.inbox(&ctx.principal(), &filter, &page).await)?;
        let found = found
            .into_iter()
            .map(|(key, message)| (key, Notification(message)));
        Ok(connection(&page, found.collect()))
    }

    /// How many messages in your inbox you have not read.
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<u64> {
        let service = ctx.service::<NotificationService>();
        answer(ctx, service.unread_count(&ctx.principal()).await)
    }

    /// How you want to be told.
    async fn notification_preferences(&self, ctx: &Context<'_>) -> Result<NotificationPreferences> {
        let service = ctx.service::<PreferenceService>();
        Ok(answer(ctx, service.own(&ctx.principal()).await)?.into())
    }
}

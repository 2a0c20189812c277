//! Changes of one's own messages and preferences.

use super::inputs::{MarkNotificationReadInput, RegisterPushTokenInput, UpdateNotificationPreferencesInput};
use super::payloads::{
    MarkAllReadPayload, MarkNotificationReadPayload, RegisterPushTokenPayload,
    UpdateNotificationPreferencesPayload,
};
use super::types::Notification;
use crate::notification::NotificationService;
use crate::preference::PreferenceService;
use async_graphql::{Context, Object, Result};
use caregraph_contracts::Scope;
use caregraph_kit::Failure;
use caregraph_kit::graphql::{ContextExt, named_id, outcome};

/// Changes of one's own messages and preferences.
#[derive(Default)]
pub struct InboxMutation;

#[Object]
impl InboxMutation {
    /// Marks a message in your inbox as read.
    async fn mark_notification_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which message.")] input: MarkNotificationReadInput,
    ) -> Result<MarkNotificationReadPayload> {
        let service = ctx.service::<NotificationService>();
        let marked = service.mark_read(&ctx.principal(), named_id(&input.id)).await;
        Ok(MarkNotificationReadPayload::of(
            outcome(ctx, marked)?,
            Notification,
        ))
    }

    /// Marks all messages in your inbox as read. Those that arrive meanwhile stay unread.
    async fn mark_all_read(&self, ctx: &Context<'_>) -> Result<MarkAllReadPayload> {
        let service = ctx.service::<NotificationService>();
        let marked = service.mark_all_read(&ctx.principal()).await;
        Ok(MarkAllReadPayload::of(outcome(ctx, marked)?, |count| count))
    }

    /// Changes how you want to be told.
    async fn update_notification_preferences(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateNotificationPreferencesInput,
    ) -> Result<UpdateNotificationPreferencesPayload> {
        let principal = ctx.principal();
        principal.require(Scope::AccountWrite)?;
        let updated = match input.read() {
            Ok(command) => {
                ctx.service::<PreferenceService>()
                    .update(&principal, command)
                    .await
            }
            Err(problems) => Err(Failure::Refused(problems)),
        };
        Ok(UpdateNotificationPreferencesPayload::of(
            outcome(ctx, updated)?,
            Into::into,
        ))
    }

    /// Lets one of your devices get push messages. You have at most 10; the one that was registered first makes room.
    async fn register_push_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which device.")] input: RegisterPushTokenInput,
    ) -> Result<RegisterPushTokenPayload> {
        let service = ctx.service::<NotificationService>();
        let registered = service.register_device(&ctx.principal(), &input.token).await;
        Ok(RegisterPushTokenPayload::of(outcome(ctx, registered)?, |count| {
            count
        }))
    }
}

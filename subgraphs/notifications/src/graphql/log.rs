//! Messages of everybody, for administrators: what became of them, not what they say.

use super::inputs::{NotificationLogFilter, RetryNotificationInput, SendNotificationInput};
use super::payloads::{RetryNotificationPayload, SendNotificationPayload};
use super::types::{NotificationChannel, NotificationStatus, NotificationType, User};
use crate::notification::{self as domain, NotificationService, PageKey};
use async_graphql::connection::Connection;
use async_graphql::{Context, ID, Object, Result};
use caregraph_kit::graphql::{ContextExt, OpaqueKey, PageArgs, answer, connection, named_id, outcome};
use chrono::{DateTime, Utc};

/// What became of a message. What it says is its recipient's business.
pub struct NotificationRecord(pub domain::Notification);

/// What became of a message. What it says is its recipient's business.
#[Object]
impl NotificationRecord {
    /// Identifies the message.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who it is for.
    async fn recipient(&self) -> User {
        self.0.recipient.into()
    }

    /// What it is about.
    #[graphql(name = "type")]
    async fn kind(&self) -> NotificationType {
        self.0.kind.into()
    }

    /// By which way.
    async fn channel(&self) -> NotificationChannel {
        self.0.channel.into()
    }

    /// What became of it.
    async fn status(&self) -> NotificationStatus {
        self.0.status.into()
    }

    /// How often sending was tried.
    async fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// What the provider calls the message, or said when it took it; null when it did not.
    async fn provider_message_id(&self) -> Option<&str> {
        self.0.provider_id.as_deref()
    }

    /// What went wrong last, in the provider's words where there are some, or why it was not sent; null when all is well.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// When it was written down.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it left, or arrived in the inbox; null before.
    async fn sent_at(&self) -> Option<DateTime<Utc>> {
        self.0.sent_at
    }

    /// When its recipient read it; in the inbox only.
    async fn read_at(&self) -> Option<DateTime<Utc>> {
        self.0.read_at
    }
}

/// The log.
#[derive(Default)]
pub struct LogQuery;

#[Object]
impl LogQuery {
    /// Messages of everybody, the newest first, with what became of them. Needs `notifications:manage`.
    async fn notification_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<NotificationLogFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Connection<OpaqueKey, NotificationRecord>> {
        let page = PageArgs::<PageKey>::read(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().into();
        let service = ctx.service::<NotificationService>();
        let found = answer(ctx, service.log(&ctx.principal(), &filter, &page).await)?;
        let found = found
            .into_iter()
            .map(|(key, message)| (key, NotificationRecord(message)));
        Ok(connection(&page, found.collect()))
    }
}

/// Sending by hand.
#[derive(Default)]
pub struct LogMutation;

#[Object]
impl LogMutation {
    /// Tries a message that failed again, as if for the first time. Needs `notifications:manage`.
    async fn retry_notification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which message.")] input: RetryNotificationInput,
    ) -> Result<RetryNotificationPayload> {
        let service = ctx.service::<NotificationService>();
        let queued = service.retry(&ctx.principal(), named_id(&input.id)).await;
        Ok(RetryNotificationPayload::of(
            outcome(ctx, queued)?,
            NotificationRecord,
        ))
    }

    /// Tells some people something, in your words. Needs `notifications:manage`. The same `idempotencyKey` sends once;
    /// with other words, people or ways it is a `Conflict`.
    async fn send_notification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to tell what.")] input: SendNotificationInput,
    ) -> Result<SendNotificationPayload> {
        let service = ctx.service::<NotificationService>();
        let queued = service.send(&ctx.principal(), input.into()).await;
        Ok(SendNotificationPayload::of(outcome(ctx, queued)?, |count| count))
    }
}

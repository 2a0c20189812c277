//! Live arrivals.

use super::types::Notification;
use crate::notification::{Arrival, LiveFailure, NotificationService};
use async_graphql::{Context, Error, ErrorExtensions, Object, Result, Subscription};
use caregraph_contracts::Domain;
use caregraph_kit::events::FollowError;
use caregraph_kit::graphql::{ContextExt, Cursor, answer, fault};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};

/// Something arrived in your inbox.
pub struct NotificationReceived(Arrival);

/// Something arrived in your inbox.
#[Object]
impl NotificationReceived {
    /// Keep it: given as `after`, the subscription goes on behind this arrival.
    async fn cursor(&self) -> Cursor {
        Cursor {
            domain: Domain::Notifications,
            position: self.0.position,
        }
    }

    /// When.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.0.occurred_at
    }

    /// The message as it is now: it may have been read meanwhile.
    async fn notification(&self, ctx: &Context<'_>) -> Result<Option<Notification>> {
        let service = ctx.service::<NotificationService>();
        let found = service.visible(&ctx.principal(), self.0.notification_id).await;
        Ok(answer(ctx, found)?.map(Notification))
    }
}

/// Live arrivals.
pub struct NotificationsSubscription;

#[Subscription(name = "Subscription")]
impl NotificationsSubscription {
    /// What arrives in your inbox, as it arrives; with `after`, first what was missed. Each exactly once, in order. Ends with the
    /// error code `CURSOR_EXPIRED` when `after` is too old: read `notifications` afresh then.
    async fn notification_received(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Go on behind this cursor; from now on when left out.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<NotificationReceived>>> {
        let service = ctx.service::<NotificationService>();
        let arrivals = service.arrivals(&ctx.principal(), position(after)?).await;
        let arrivals = arrivals.map_err(|failure| failed(ctx, failure))?;
        Ok(arrivals.map(|arrival| {
            arrival
                .map(NotificationReceived)
                .map_err(|failure| failed(ctx, failure))
        }))
    }
}

fn position(after: Option<Cursor>) -> Result<Option<i64>> {
    match after {
        None => Ok(None),
        Some(Cursor {
            domain: Domain::Notifications,
            position,
        }) => Ok(Some(position)),
        Some(_) => Err(coded("`after` is not a cursor of this stream", "BAD_USER_INPUT")),
    }
}

fn failed(ctx: &Context<'_>, failure: LiveFailure) -> Error {
    match failure {
        LiveFailure::Denied(denied) => denied.into(),
        LiveFailure::Follow(expired @ FollowError::Expired) => coded(expired, "CURSOR_EXPIRED"),
        LiveFailure::Follow(unknown @ FollowError::Unknown) => coded(unknown, "BAD_USER_INPUT"),
        LiveFailure::Follow(FollowError::Log(error)) => fault(ctx, error),
        LiveFailure::Fault(inner) => fault(ctx, inner),
    }
}

fn coded(message: impl ToString, code: &'static str) -> Error {
    Error::new(message.to_string()).extend_with(|_, extensions| extensions.set("code", code))
}

//! What arrives in one's inbox, live.

use super::service::NotificationService;
use caregraph_contracts::events::NotificationsEvent;
use caregraph_contracts::ids::NotificationId;
use caregraph_contracts::{Scope, ids::UserId};
use caregraph_kit::Fault;
use caregraph_kit::auth::{AccessDenied, Principal};
use caregraph_kit::events::{EventError, FollowError};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};

/// Something arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Place in the log.
    pub position: i64,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// What.
    pub notification_id: NotificationId,
}

/// Why arrivals cannot be followed, or not any longer.
#[derive(Debug, thiserror::Error)]
pub enum LiveFailure {
    /// The door is closed.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// The cursor cannot be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// A fault of ours.
    #[error("following arrivals failed")]
    Fault(#[from] Fault),
}

impl From<EventError> for LiveFailure {
    fn from(error: EventError) -> Self {
        Self::Fault(error.into())
    }
}

impl NotificationService {
    /// Arrivals in one's inbox behind the position `after`, then live; from now on when it is `None`. Each exactly once, in order.
    pub async fn arrivals(
        &self,
        principal: &Principal,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<Arrival, LiveFailure>> + Send + use<>, LiveFailure> {
        let user = principal.require(Scope::AccountRead)?;
        let log = self.ground.live.follow(after).await?;
        let (clock, principal) = (self.ground.clock.clone(), principal.clone());
        Ok(async_stream::try_stream! {
            let mut log = std::pin::pin!(log);
            while let Some(envelope) = log.next().await {
                let envelope = envelope?;
                if principal.expires_at().is_some_and(|end| end <= clock.now()) {
                    break;
                }
                let Some(event) = envelope.decode::<NotificationsEvent>()? else { continue };
                if let Some(notification_id) = arrived(&event, user) {
                    yield Arrival {
                        position: envelope.position,
                        occurred_at: envelope.occurred_at,
                        notification_id,
                    };
                }
            }
        })
    }
}

fn arrived(event: &NotificationsEvent, user: UserId) -> Option<NotificationId> {
    match event {
        NotificationsEvent::NotificationReceived {
            notification_id,
            recipient,
        } if *recipient == user => Some(*notification_id),
        NotificationsEvent::NotificationReceived { .. }
        | NotificationsEvent::NotificationFailed { .. }
        | NotificationsEvent::DataExported { .. }
        | NotificationsEvent::TemplateChanged { .. }
        | NotificationsEvent::ErasureAnswered { .. } => None,
    }
}

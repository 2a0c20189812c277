//! What arrives in one's inbox, live.

use super::service::NotificationService;
use async_trait::async_trait;
use caregraph_contracts::Scope;
use caregraph_contracts::events::NotificationsEvent;
use caregraph_contracts::ids::{NotificationId, UserId};
use caregraph_kit::Fault;
use caregraph_kit::auth::{AccessDenied, Principal};
use caregraph_kit::events::switchboard::{Listener, News, Recall, Topic};
use caregraph_kit::events::{Envelope, EventError, FollowError};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};
use std::collections::HashSet;
use std::future::ready;
use std::sync::Arc;

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

/// What notifications tell live.
pub(crate) struct Arrivals;

/// A message is in somebody's inbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received {
    recipient: UserId,
    notification: NotificationId,
}

#[async_trait]
impl Topic for Arrivals {
    type What = Received;
    /// Whose inbox.
    type Key = UserId;
    type Facts = ();

    fn decode(&self, event: &Envelope) -> Result<Option<Received>, EventError> {
        Ok(event
            .decode::<NotificationsEvent>()?
            .and_then(|event| received(&event)))
    }

    async fn look_up(&self, _: &[Arc<News<Received>>]) -> Result<(), Fault> {
        Ok(())
    }

    fn keys(&self, news: &News<Received>, (): &()) -> HashSet<UserId> {
        HashSet::from([news.what.recipient])
    }
}

/// Somebody who follows their inbox.
struct Reader(UserId);

#[async_trait]
impl Listener for Reader {
    type Topic = Arrivals;
    type Heard = Arrival;
    type Error = LiveFailure;

    fn key(&self) -> UserId {
        self.0
    }

    fn hear(&self, news: &News<Received>, (): &()) -> Option<Arrival> {
        arrival(news, self.0)
    }

    async fn recall(&self) -> Result<Recall<Self>, LiveFailure> {
        let user = self.0;
        Ok(Box::new(move |news| arrival(news, user)))
    }
}

fn arrival(news: &News<Received>, user: UserId) -> Option<Arrival> {
    (news.what.recipient == user).then_some(Arrival {
        position: news.position,
        occurred_at: news.occurred_at,
        notification_id: news.what.notification,
    })
}

impl NotificationService {
    /// Arrivals in one's inbox behind the position `after`, then live; from now on when it is `None`. Each exactly once, in order.
    pub async fn arrivals(
        &self,
        principal: &Principal,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<Arrival, LiveFailure>> + Send + use<>, LiveFailure> {
        let user = principal.require(Scope::AccountRead)?;
        let arrivals = self.live.follow(Reader(user), after).await?;
        let (clock, principal) = (self.clock.clone(), principal.clone());
        let is_over = move || principal.expires_at().is_some_and(|end| end <= clock.now());
        Ok(arrivals.take_while(move |_| ready(!is_over())))
    }
}

fn received(event: &NotificationsEvent) -> Option<Received> {
    match event {
        NotificationsEvent::NotificationReceived {
            notification_id,
            recipient,
        } => Some(Received {
            recipient: *recipient,
            notification: *notification_id,
        }),
        NotificationsEvent::NotificationFailed { .. }
        | NotificationsEvent::DataExported { .. }
        | NotificationsEvent::TemplateChanged { .. }
        | NotificationsEvent::ErasureAnswered { .. } => None,
    }
}

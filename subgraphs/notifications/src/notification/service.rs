//! Use cases around messages: one's inbox, and the log.

use super::kind::{Channel, NotificationType};
use super::live::Arrivals;
use super::model::{Notification, Status};
use super::post::Post;
use super::store::Notifications;
use crate::contact::store::People;
use caregraph_contracts::Scope;
use caregraph_contracts::ids::{NotificationId, UserId};
use caregraph_kit::auth::Principal;
use caregraph_kit::documents::{Commit, Documents, Filter, Scalar};
use caregraph_kit::events::switchboard::Switchboard;
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::subgraph::DocumentGround;
use caregraph_kit::{Clock, Failure, Rejection};
use chrono::{DateTime, Utc};

pub use caregraph_kit::documents::PageKey;

/// How often a change is tried when somebody else changes the same.
const RACES: usize = 5;
/// How many are marked as read in one commit.
const BATCH: u64 = 200;
/// Longest token of a device: providers promise no length, but none is near this.
const MOST_TOKEN: usize = 1_000;

/// Which of one's own messages.
#[derive(Debug, Clone, Default)]
pub struct InboxFilter {
    /// Only those still to be read.
    pub unread: bool,
    /// Only about this.
    pub kind: Option<NotificationType>,
    /// By this way; the inbox when `None`.
    pub channel: Option<Channel>,
}

/// Which messages of everybody.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// Only to this person.
    pub recipient: Option<UserId>,
    /// Only about this.
    pub kind: Option<NotificationType>,
    /// Only by this way.
    pub channel: Option<Channel>,
    /// Only those of which this became.
    pub status: Option<Status>,
    /// Only those asked for at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Only those asked for before this time.
    pub to: Option<DateTime<Utc>>,
}

/// Reads and changes messages. Cheap to clone.
#[derive(Clone)]
pub struct NotificationService {
    pub(super) ground: DocumentGround,
    pub(super) notifications: Notifications,
    pub(super) people: People,
    pub(super) post: Post,
    pub(super) documents: Documents,
    pub(super) clock: Clock,
    pub(super) live: Switchboard<Arrivals>,
}

impl NotificationService {
    pub(crate) fn new(ground: &DocumentGround, people: People, post: Post) -> Self {
        Self {
            ground: ground.clone(),
            notifications: post.notifications.clone(),
            people,
            post,
            documents: ground.documents.clone(),
            clock: ground.clock.clone(),
            live: Switchboard::new(Arrivals, &ground.live, &ground.bus),
        }
    }

    /// One's own messages, the newest first.
    pub async fn inbox(
        &self,
        principal: &Principal,
        filter: &InboxFilter,
        page: &PageArgs<PageKey>,
    ) -> Result<Edges<PageKey, Notification>, Failure> {
        let user = principal.require(Scope::AccountRead)?;
        let channel = filter.channel.unwrap_or(Channel::InApp);
        let mut wanted = match (channel, filter.unread) {
            // What stands unread has arrived in the inbox, so asking for that, too, would only mislead the store.
            (Channel::InApp, true) => unread(user),
            // What is still on its way into the inbox has no words yet.
            (Channel::InApp, false) => {
                own(user, channel).and(Filter::is("status", Status::Delivered.as_str()))
            }
            (Channel::Email | Channel::Sms | Channel::Push, true) => own(user, channel).and(unread(user)),
            (Channel::Email | Channel::Sms | Channel::Push, false) => own(user, channel),
        };
        if let Some(kind) = filter.kind {
            wanted = wanted.and(Filter::is("kind", kind.as_str()));
        }
        self.notifications
            .list(wanted, page.after.clone(), page.limit())
            .await
    }

    /// How many stand unread in one's inbox.
    pub async fn unread_count(&self, principal: &Principal) -> Result<u64, Failure> {
        let user = principal.require(Scope::AccountRead)?;
        Ok(self.notifications.count(&unread(user)).await?)
    }

    /// One message, for its recipient; `None` when it is somebody else's.
    pub async fn visible(
        &self,
        principal: &Principal,
        id: NotificationId,
    ) -> Result<Option<Notification>, Failure> {
        let user = principal.require(Scope::AccountRead)?;
        let found = self.notifications.get(id).await?;
        Ok(found
            .map(|found| found.value)
            .filter(|message| message.recipient == user))
    }

    /// Marks one of one's own as read; does nothing when it was.
    pub async fn mark_read(
        &self,
        principal: &Principal,
        id: NotificationId,
    ) -> Result<Notification, Failure> {
        let user = principal.require(Scope::AccountWrite)?;
        for _ in 0..RACES {
            let found = self
                .notifications
                .get(id)
                .await?
                .filter(|found| found.value.recipient == user && is_readable(&found.value))
                .ok_or_else(|| Rejection::not_found("id", "notification"))?;
            let mut message = found.value;
            if message.read_at.is_some() {
                return Ok(message);
            }
            message.read_at = Some(self.clock.now());
            let mut commit = Commit::new();
            self.notifications.replace(&mut commit, found.version, &message)?;
            match self.documents.commit(commit).await {
                Ok(_) => return Ok(message),
                Err(error) if error.lost_a_race() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Rejection::conflict("id", "it is being changed elsewhere; try again").into())
    }

    /// Marks all that stand unread in one's inbox now; how many there were.
    pub async fn mark_all_read(&self, principal: &Principal) -> Result<u64, Failure> {
        let user = principal.require(Scope::AccountWrite)?;
        let now = self.clock.now();
        let mut marked = 0;
        let mut races = 0;
        loop {
            // What arrives while we are at it has not been seen.
            let until = Filter::less_than("created_at", now + chrono::TimeDelta::microseconds(1));
            let found = self.notifications.find(unread(user).and(until), BATCH).await?;
            if found.is_empty() {
                return Ok(marked);
            }
            let mut commit = Commit::new();
            let count = found.len() as u64;
            for found in found {
                let mut message = found.value;
                message.read_at = Some(now);
                self.notifications.replace(&mut commit, found.version, &message)?;
            }
            match self.documents.commit(commit).await {
                Ok(_) => marked += count,
                Err(error) if error.lost_a_race() && races < RACES => races += 1,
                Err(error) if error.lost_a_race() => {
                    return Err(
                        Rejection::conflict("", "they are being changed elsewhere; try again").into(),
                    );
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Adds a device to one's own; one that is known is moved to the end, and one that was somebody else's is theirs no more.
    pub async fn register_device(&self, principal: &Principal, token: &str) -> Result<u64, Failure> {
        let user = principal.require(Scope::AccountWrite)?;
        let token = token.trim();
        let printable = token.bytes().all(|byte| byte.is_ascii_graphic());
        if token.is_empty() || token.len() > MOST_TOKEN || !printable {
            return Err(Rejection::invalid("token", "not a token of a device").into());
        }
        for _ in 0..RACES {
            let found = self.people.contact(user).await?.ok_or_else(|| {
                Rejection::conflict("", "your account is not known here yet; try again in a moment")
            })?;
            let mut contact = found.value;
            contact.add_device(token);
            let mut commit = Commit::new();
            self.people.hand_over_device(&mut commit, token, user).await?;
            self.people
                .put_contact(&mut commit, user, Some(found.version), &contact)?;
            match self.documents.commit(commit).await {
                Ok(_) => return Ok(contact.devices.len() as u64),
                Err(error) if error.lost_a_race() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Rejection::conflict("", "your account is being changed elsewhere; try again").into())
    }

    /// Messages of everybody, the newest first. What they say is not shown to whoever reads the log.
    pub async fn log(
        &self,
        principal: &Principal,
        filter: &LogFilter,
        page: &PageArgs<PageKey>,
    ) -> Result<Edges<PageKey, Notification>, Failure> {
        principal.require(Scope::NotificationsManage)?;
        let mut wanted = Filter::everything();
        let mut narrow = |path: &str, value: Option<Scalar>| {
            if let Some(value) = value {
                wanted = wanted.clone().and(Filter::is(path, value));
            }
        };
        narrow("recipient", filter.recipient.map(Scalar::id));
        narrow("kind", filter.kind.map(|kind| kind.as_str().into()));
        narrow("channel", filter.channel.map(|channel| channel.as_str().into()));
        narrow("status", filter.status.map(|status| status.as_str().into()));
        if let Some(from) = filter.from {
            wanted = wanted.and(Filter::at_least("created_at", from));
        }
        if let Some(to) = filter.to {
            wanted = wanted.and(Filter::less_than("created_at", to));
        }
        self.notifications
            .list(wanted, page.after.clone(), page.limit())
            .await
    }

    /// Tries a failed message again, as if for the first time.
    pub async fn retry(&self, principal: &Principal, id: NotificationId) -> Result<Notification, Failure> {
        principal.require(Scope::NotificationsManage)?;
        let found = self
            .notifications
            .get(id)
            .await?
            .ok_or_else(|| Rejection::not_found("id", "notification"))?;
        let mut message = found.value;
        if message.status != Status::Failed {
            return Err(Rejection::conflict("id", "only messages that failed are tried again").into());
        }
        message.status = Status::Queued;
        message.attempts = 0;
        message.retried_at = Some(self.clock.now());
        let mut commit = Commit::new();
        self.notifications.replace(&mut commit, found.version, &message)?;
        self.post.plan(&mut commit, &message).await?;
        match self.documents.commit(commit).await {
            Ok(_) => {
                self.post.jobs.look();
                Ok(message)
            }
            Err(error) if error.lost_a_race() => {
                Err(Rejection::conflict("id", "somebody else is trying it again").into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn own(user: UserId, channel: Channel) -> Filter {
    Filter::is("recipient", Scalar::id(user)).and(Filter::is("channel", channel.as_str()))
}

fn unread(user: UserId) -> Filter {
    Filter::is("recipient", Scalar::id(user)).and(Filter::is("unread", true))
}

fn is_readable(message: &Notification) -> bool {
    message.channel == Channel::InApp && message.status == Status::Delivered
}

//! A message and what became of it.

use super::facts::Facts;
use super::kind::{Channel, NotificationType};
use crate::template::Rendered;
use caregraph_contracts::ids::{NotificationId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It waits to be sent, or to be tried again.
    Queued,
    /// The provider took it.
    Sent,
    /// It is in the person's inbox.
    Delivered,
    /// It will not be tried again and did not arrive.
    Failed,
    /// It was not sent on purpose: too late, overtaken by events, or there is no way out.
    Suppressed,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Sent,
        Self::Delivered,
        Self::Failed,
        Self::Suppressed,
    ];

    /// The name on the wire and in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Sent => "SENT",
            Self::Delivered => "DELIVERED",
            Self::Failed => "FAILED",
            Self::Suppressed => "SUPPRESSED",
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Which one.
    pub id: NotificationId,
    /// Whom it is for.
    pub recipient: UserId,
    /// What it is about.
    pub kind: NotificationType,
    /// By which way.
    pub channel: Channel,
    /// What became of it.
    pub status: Status,
    /// What it is to say.
    pub facts: Facts,
    /// In words, once it was put into some. Links in it are covered.
    pub rendered: Option<Rendered>,
    /// Why it is to be sent, so that it is sent once.
    pub origin: String,
    /// How often sending was tried.
    pub attempts: u32,
    /// What the provider calls it.
    pub provider_id: Option<String>,
    /// What went wrong last, or why it was not sent.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When an administrator asked for it again, if one did.
    pub retried_at: Option<DateTime<Utc>>,
    /// When it left, or arrived in the inbox.
    pub sent_at: Option<DateTime<Utc>>,
    /// When the person read it; in the inbox only.
    pub read_at: Option<DateTime<Utc>>,
}

/// What stands for a link and its code until the message leaves, and for good in what is kept of it.
pub(crate) const COVERED: &str = "••••••";

/// Longest error that is kept, in characters: a provider may answer with a whole page.
const MOST_WORDS: usize = 500;

impl Notification {
    /// It left, or arrived.
    pub(crate) fn sent(&mut self, rendered: Rendered, provider_id: Option<String>, now: DateTime<Utc>) {
        self.status = match self.channel {
            Channel::InApp => Status::Delivered,
            Channel::Email | Channel::Sms | Channel::Push => Status::Sent,
        };
        self.rendered = Some(rendered);
        self.provider_id = provider_id;
        self.error = None;
        self.sent_at = Some(now);
    }

    /// It will not be tried again.
    pub(crate) fn failed(&mut self, words: &str) {
        self.status = Status::Failed;
        self.error = Some(short(words));
    }

    /// It is not sent, on purpose.
    pub(crate) fn suppressed(&mut self, why: &str) {
        self.status = Status::Suppressed;
        self.error = Some(short(why));
    }

    /// It is tried again.
    pub(crate) fn postponed(&mut self, words: &str) {
        self.error = Some(short(words));
    }

    /// Whether it stands unread in the inbox.
    pub fn is_unread(&self) -> bool {
        self.channel == Channel::InApp && self.status == Status::Delivered && self.read_at.is_none()
    }
}

/// Printable and not too long.
fn short(words: &str) -> String {
    words
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MOST_WORDS)
        .collect::<String>()
        .trim()
        .to_owned()
}

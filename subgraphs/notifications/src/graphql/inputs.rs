//! What clients send.

use super::types::{NotificationChannel, NotificationLanguage, NotificationType};
use crate::notification as domain;
use crate::preference::{QuietHours, UpdatePreferences};
use async_graphql::{ID, InputObject, MaybeUndefined};
use caregraph_kit::Rejection;
use caregraph_kit::change::Change;
use caregraph_kit::graphql::named_id;
use chrono::{DateTime, NaiveTime, Utc};

/// Which of your messages.
#[derive(Debug, Default, InputObject)]
pub struct NotificationFilter {
    /// Only those still to be read.
    #[graphql(default)]
    pub unread: bool,
    /// Only about this.
    #[graphql(name = "type")]
    pub kind: Option<NotificationType>,
    /// Those that went this way; your inbox (`IN_APP`) when left out.
    pub channel: Option<NotificationChannel>,
}

impl From<NotificationFilter> for domain::InboxFilter {
    fn from(filter: NotificationFilter) -> Self {
        Self {
            unread: filter.unread,
            kind: filter.kind.map(Into::into),
            channel: filter.channel.map(Into::into),
        }
    }
}

/// Which messages of everybody.
#[derive(Debug, Default, InputObject)]
pub struct NotificationLogFilter {
    /// Only to this account.
    pub recipient_id: Option<ID>,
    /// Only about this.
    #[graphql(name = "type")]
    pub kind: Option<NotificationType>,
    /// Only by this way.
    pub channel: Option<NotificationChannel>,
    /// Only those of which this became.
    pub status: Option<super::types::NotificationStatus>,
    /// Only those written down at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Only those written down before this time.
    pub to: Option<DateTime<Utc>>,
}

impl From<NotificationLogFilter> for domain::LogFilter {
    fn from(filter: NotificationLogFilter) -> Self {
        Self {
            recipient: filter.recipient_id.as_ref().map(named_id),
            kind: filter.kind.map(Into::into),
            channel: filter.channel.map(Into::into),
            status: filter.status.map(Into::into),
            from: filter.from,
            to: filter.to,
        }
    }
}

/// A message of your inbox.
#[derive(InputObject)]
pub struct MarkNotificationReadInput {
    /// The message.
    pub id: ID,
}

/// A message that failed.
#[derive(InputObject)]
pub struct RetryNotificationInput {
    /// The message.
    pub id: ID,
}

/// A device that takes push messages.
#[derive(InputObject)]
pub struct RegisterPushTokenInput {
    /// What the push service calls the device; at most 1,000 characters.
    pub token: String,
}

/// Hours in which not to disturb you.
#[derive(InputObject)]
pub struct QuietHoursInput {
    /// From this time on, on your clock: `HH:MM`. May be later than `to`.
    pub from: String,
    /// Until this time, on your clock: `HH:MM`. Not the same as `from`.
    pub to: String,
}

/// By which ways you want to hear of one thing.
#[derive(InputObject)]
pub struct NotificationTypePreferenceInput {
    /// What it is about. Messages about the safety of your account cannot be switched.
    #[graphql(name = "type")]
    pub kind: NotificationType,
    /// By which ways; an empty list switches it off, null makes it as usual again.
    pub channels: Option<Vec<NotificationChannel>>,
}

/// How you want to be told. What is left out stays as it is.
#[derive(InputObject)]
pub struct UpdateNotificationPreferencesInput {
    /// Language of messages; null for your account's.
    pub language: MaybeUndefined<NotificationLanguage>,
    /// When not to disturb you; null for never.
    pub quiet_hours: MaybeUndefined<QuietHoursInput>,
    /// Things of which you want to hear by other ways than now.
    pub types: Option<Vec<NotificationTypePreferenceInput>>,
}

impl UpdateNotificationPreferencesInput {
    /// The command; or what is wrong with times, which are texts here.
    pub(super) fn read(self) -> Result<UpdatePreferences, Vec<Rejection>> {
        let mut problems = Vec::new();
        let mut time = |path: &str, text: &str| {
            NaiveTime::parse_from_str(text, "%H:%M").unwrap_or_else(|_| {
                problems.push(Rejection::invalid(path, "a time as `HH:MM`"));
                NaiveTime::MIN
            })
        };
        let quiet = Change::from(self.quiet_hours).map(|quiet| QuietHours {
            from: time("quietHours.from", &quiet.from),
            to: time("quietHours.to", &quiet.to),
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(UpdatePreferences {
            language: Change::from(self.language).map(Into::into),
            quiet,
            channels: self
                .types
                .unwrap_or_default()
                .into_iter()
                .map(|wish| {
                    let channels = wish
                        .channels
                        .map(|channels| channels.into_iter().map(Into::into).collect());
                    (wish.kind.into(), channels)
                })
                .collect(),
        })
    }
}

/// Words to some people.
#[derive(InputObject)]
pub struct SendNotificationInput {
    /// Whom to tell: 1 to 100 accounts.
    pub recipient_ids: Vec<ID>,
    /// By which ways; at least one. Nobody's preferences or quiet hours are passed over: quiet hours delay it.
    pub channels: Vec<NotificationChannel>,
    /// One line, 1 to 200 characters.
    pub subject: String,
    /// Plain text, 1 to 5,000 characters.
    pub body: String,
    /// 1 to 200 characters of your choice; the same key sends once.
    pub idempotency_key: String,
}

impl From<SendNotificationInput> for domain::SendNotification {
    fn from(input: SendNotificationInput) -> Self {
        Self {
            recipients: input.recipient_ids.iter().map(named_id).collect(),
            channels: input.channels.into_iter().map(Into::into).collect(),
            subject: input.subject,
            body: input.body,
            idempotency_key: input.idempotency_key,
        }
    }
}

//! What clients see.

use crate::language::Language;
use crate::notification as domain;
use crate::preference::Preferences;
use async_graphql::{ComplexObject, Enum, ID, Object, SimpleObject};
use caregraph_contracts::ids::UserId;
use chrono::{DateTime, NaiveTime, Utc};

/// An account.
#[derive(SimpleObject)]
#[graphql(unresolvable)]
pub struct User {
    /// Identifies the account.
    pub id: ID,
}

impl From<UserId> for User {
    fn from(id: UserId) -> Self {
        Self {
            id: id.to_string().into(),
        }
    }
}

/// A way to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Channel")]
pub enum NotificationChannel {
    /// The inbox inside the application.
    InApp,
    /// E-mail.
    Email,
    /// Text message.
    Sms,
    /// Telephone or browser.
    Push,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Status")]
pub enum NotificationStatus {
    /// It waits to be sent, or to be tried again.
    Queued,
    /// The provider took it.
    Sent,
    /// It is in the person's inbox.
    Delivered,
    /// It will not be tried again and did not arrive. `error` says why.
    Failed,
    /// It was not sent on purpose: too late, overtaken by events, or there is no way out. `error` says which.
    Suppressed,
}

/// A language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Language")]
pub enum NotificationLanguage {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::NotificationType")]
pub enum NotificationType {
    /// Words of an administrator.
    Announcement,
    /// A link that shows that an address is one's own.
    EmailVerification,
    /// A link for a new password.
    PasswordReset,
    /// A link for an account among the staff.
    Invitation,
    /// Welcome.
    AccountRegistered,
    /// Name, address, number or language of the account changed.
    AccountUpdated,
    /// What one may do here changed.
    RolesChanged,
    /// The account may not be used any more.
    AccountSuspended,
    /// The account may be used again.
    AccountReactivated,
    /// A session was ended by somebody else than its owner.
    SessionEnded,
    /// A visit was booked.
    AppointmentBooked,
    /// The practice confirmed a visit.
    AppointmentConfirmed,
    /// A visit moved.
    AppointmentRescheduled,
    /// A visit was called off.
    AppointmentCancelled,
    /// The patient has arrived.
    AppointmentCheckedIn,
    /// The visit took place.
    AppointmentCompleted,
    /// The patient did not come.
    AppointmentNoShow,
    /// What is written about a visit changed.
    AppointmentNotesUpdated,
    /// A visit is near: a day before, and an hour before.
    AppointmentReminder,
    /// Somebody opened a medical record that was closed to them, for a stated reason. Always sent.
    RecordOpenedInEmergency,
    /// The notes of a visit can be read.
    VisitNotesReady,
    /// An archive of all data about you, or somebody for whom you act, can be fetched. Always sent: if you have not asked for it,
    /// somebody else uses your account.
    DataExportReady,
    /// Everything about you, or somebody for whom you act, that may go will be erased at a time that it names: what goes, what stays and
    /// why. Sent to all accounts of the person and to all guardians, whoever of them asked, and also when the front desk did so by a signed
    /// form; not to the front desk. Always sent: if you do not want it, call it off.
    ErasureScheduled,
    /// Nothing will be erased: that was called off. Sent to the same people as `ERASURE_SCHEDULED`, whoever called it off. Always sent.
    ErasureCancelled,
}

/// A message to you.
pub struct Notification(pub domain::Notification);

/// A message to you.
#[Object]
impl Notification {
    /// Identifies the message.
    pub(super) async fn id(&self) -> ID {
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

    /// By which way it went.
    async fn channel(&self) -> NotificationChannel {
        self.0.channel.into()
    }

    /// What became of it.
    async fn status(&self) -> NotificationStatus {
        self.0.status.into()
    }

    /// One line. Null until it is put into words, in your language of that moment.
    async fn subject(&self) -> Option<&str> {
        self.0.rendered.as_ref().map(|words| words.subject.as_str())
    }

    /// Plain text. Links that were good once are covered. Null until it is put into words.
    async fn body(&self) -> Option<&str> {
        self.0.rendered.as_ref().map(|words| words.text.as_str())
    }

    /// When it was written down.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it left, or arrived in the inbox; null before.
    async fn sent_at(&self) -> Option<DateTime<Utc>> {
        self.0.sent_at
    }

    /// When you read it; null before, and for messages that are not in the inbox.
    async fn read_at(&self) -> Option<DateTime<Utc>> {
        self.0.read_at
    }
}

/// Hours in which only messages about the safety of your account disturb you. What comes meanwhile is sent afterwards, if it still
/// helps then.
#[derive(SimpleObject)]
pub struct QuietHours {
    /// From this time on, on your clock (`HH:MM`). May be later than `to`: then they go over midnight.
    pub from: String,
    /// Until this time, on your clock (`HH:MM`).
    pub to: String,
}

/// By which ways you hear of one thing.
#[derive(SimpleObject)]
pub struct NotificationTypePreference {
    /// What it is about.
    #[graphql(name = "type")]
    pub kind: NotificationType,
    /// By which ways; none when you do not want to hear of it.
    pub channels: Vec<NotificationChannel>,
    /// Whether this is your own choice, in contrast to what is usual.
    pub chosen: bool,
    /// Messages about the safety of your account cannot be switched.
    pub mandatory: bool,
}

/// How you want to be told.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct NotificationPreferences {
    #[graphql(skip)]
    inner: Preferences,
    /// Language of messages; null when it is your account's.
    pub language: Option<NotificationLanguage>,
    /// When not to disturb you; null when always.
    pub quiet_hours: Option<QuietHours>,
}

#[ComplexObject]
impl NotificationPreferences {
    /// Each thing you can hear of, and by which ways. As a patient; in messages about visits in your own calendar, what you chose
    /// holds too, and what you did not choose is: the inbox and push.
    async fn types(&self) -> Vec<NotificationTypePreference> {
        domain::NotificationType::ALL
            .iter()
            .map(|kind| NotificationTypePreference {
                kind: (*kind).into(),
                channels: self
                    .inner
                    .channels(*kind, domain::Side::Patient)
                    .into_iter()
                    .map(Into::into)
                    .collect(),
                chosen: !kind.is_security() && self.inner.channels.contains_key(kind),
                mandatory: kind.is_security(),
            })
            .collect()
    }
}

impl From<Preferences> for NotificationPreferences {
    fn from(preferences: Preferences) -> Self {
        Self {
            language: preferences.language.map(Into::into),
            quiet_hours: preferences.quiet.map(|quiet| QuietHours {
                from: clock(quiet.from),
                to: clock(quiet.to),
            }),
            inner: preferences,
        }
    }
}

fn clock(time: NaiveTime) -> String {
    time.format("%H:%M").to_string()
}

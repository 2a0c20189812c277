//! Messages as documents. What they say is sealed.

use super::facts::Facts;
use super::kind::{Channel, NotificationType};
use super::model::{Notification, Status};
use crate::template::Rendered;
use caregraph_contracts::ids::{Id, NotificationId, UserId};
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::documents::{
    Collection, Commit, Declaration, Direction, Document, Documents, Filter, Kind, PageKey, Query, Scalar,
    Versioned, micros,
};
use caregraph_kit::{Failure, Fault};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A message as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct NotificationRow {
    recipient: UserId,
    pub(super) kind: NotificationType,
    channel: Channel,
    status: Status,
    pub(super) facts: String,
    rendered: Option<String>,
    origin: String,
    /// Present and true while it stands unread in the inbox, so that counting is cheap.
    unread: Option<bool>,
    attempts: u32,
    provider_id: Option<String>,
    error: Option<String>,
    #[serde(with = "micros")]
    created_at: DateTime<Utc>,
    #[serde(default, with = "micros::option")]
    retried_at: Option<DateTime<Utc>>,
    #[serde(default, with = "micros::option")]
    sent_at: Option<DateTime<Utc>>,
    #[serde(default, with = "micros::option")]
    read_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, Deserialize)]
struct Words {
    subject: String,
    text: String,
    html: Option<String>,
}

impl Document for NotificationRow {
    type Id = NotificationId;
    const COLLECTION: &'static str = "notifications";
    fn declaration() -> Declaration {
        let newest = Direction::Descending;
        Declaration::new(Self::COLLECTION)
            .field("recipient", Kind::Text)
            .field("kind", Kind::Text)
            .field("channel", Kind::Text)
            .field("status", Kind::Text)
            .field("origin", Kind::Text)
            .field("unread", Kind::Boolean)
            .field("created_at", Kind::Integer)
            // One event tells one person one thing by one way, once.
            .unique("once", &["origin", "recipient", "kind", "channel"])
            .index(
                "inbox",
                &[("recipient", newest), ("channel", newest), ("created_at", newest)],
            )
            // What has arrived in the inbox, in contrast to what is still on its way.
            .index(
                "arrived",
                &[
                    ("recipient", newest),
                    ("channel", newest),
                    ("status", newest),
                    ("created_at", newest),
                ],
            )
            .index(
                "unread",
                &[("recipient", newest), ("unread", newest), ("created_at", newest)],
            )
            .index("log", &[("created_at", newest)])
            .index("log_by_status", &[("status", newest), ("created_at", newest)])
    }
}

/// Reads and writes messages. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Notifications {
    pub(super) collection: Collection<NotificationRow>,
    pub(super) cipher: FieldCipher,
}

impl Notifications {
    pub(crate) fn new(documents: &Documents, cipher: FieldCipher) -> Result<Self, Fault> {
        Ok(Self {
            collection: documents.collection()?,
            cipher,
        })
    }

    pub(crate) async fn get(
        &self,
        id: NotificationId,
    ) -> Result<Option<Versioned<NotificationId, Notification>>, Fault> {
        match self.collection.get(id).await? {
            Some(row) => Ok(Some(self.read(row)?)),
            None => Ok(None),
        }
    }

    pub(crate) async fn list(
        &self,
        filter: Filter,
        after: Option<PageKey>,
        limit: u64,
    ) -> Result<Vec<(PageKey, Notification)>, Failure> {
        let query = Query::of(filter)
            .sorted_by("created_at", Direction::Descending)
            .after(after)
            .limit(limit);
        let rows = self.collection.find(&query).await?;
        rows.into_iter()
            .map(|(key, row)| Ok((key, self.read(row)?.value)))
            .collect()
    }

    /// Documents with their versions, for changing several.
    pub(crate) async fn find(
        &self,
        filter: Filter,
        limit: u64,
    ) -> Result<Vec<Versioned<NotificationId, Notification>>, Fault> {
        let rows = self.collection.find(&Query::of(filter).limit(limit)).await?;
        rows.into_iter().map(|(_, row)| self.read(row)).collect()
    }

    pub(crate) async fn count(&self, filter: &Filter) -> Result<u64, Fault> {
        Ok(self.collection.count(filter).await?)
    }

    pub(crate) fn insert(&self, commit: &mut Commit, notification: &Notification) -> Result<(), Fault> {
        Ok(commit.insert(notification.id, &self.row(notification)?)?)
    }

    pub(crate) fn replace(
        &self,
        commit: &mut Commit,
        version: i64,
        notification: &Notification,
    ) -> Result<(), Fault> {
        Ok(commit.replace(notification.id, version, &self.row(notification)?)?)
    }

    fn row(&self, of: &Notification) -> Result<NotificationRow, Fault> {
        let rendered = of.rendered.as_ref().map(|rendered| Words {
            subject: rendered.subject.clone(),
            text: rendered.text.clone(),
            html: rendered.html.clone(),
        });
        let rendered = rendered
            .map(|words| self.cipher.seal_json(place(of.id, "rendered"), &words))
            .transpose()?;
        Ok(NotificationRow {
            recipient: of.recipient,
            kind: of.kind,
            channel: of.channel,
            status: of.status,
            facts: self.cipher.seal_json(place(of.id, "facts"), &of.facts)?,
            rendered,
            origin: of.origin.clone(),
            unread: of.is_unread().then_some(true),
            attempts: of.attempts,
            provider_id: of.provider_id.clone(),
            error: of
                .error
                .as_deref()
                .map(|words| self.cipher.seal(place(of.id, "error"), words)),
            created_at: of.created_at,
            retried_at: of.retried_at,
            sent_at: of.sent_at,
            read_at: of.read_at,
        })
    }

    fn read(
        &self,
        row: Versioned<NotificationId, NotificationRow>,
    ) -> Result<Versioned<NotificationId, Notification>, Fault> {
        let Versioned { id, version, value } = row;
        let facts: Facts = self.cipher.open_json(place(id, "facts"), &value.facts)?;
        let rendered: Option<Words> = value
            .rendered
            .map(|sealed| self.cipher.open_json(place(id, "rendered"), &sealed))
            .transpose()?;
        Ok(Versioned {
            id,
            version,
            value: Notification {
                id,
                recipient: value.recipient,
                kind: value.kind,
                channel: value.channel,
                status: value.status,
                facts,
                rendered: rendered.map(|words| Rendered {
                    subject: words.subject,
                    text: words.text,
                    html: words.html,
                }),
                origin: value.origin,
                attempts: value.attempts,
                provider_id: value.provider_id,
                error: value
                    .error
                    .map(|sealed| self.cipher.open(place(id, "error"), &sealed))
                    .transpose()?,
                created_at: value.created_at,
                retried_at: value.retried_at,
                sent_at: value.sent_at,
                read_at: value.read_at,
            },
        })
    }
}

/// Messages to any of these people.
pub(super) fn to(recipients: &[UserId]) -> Filter {
    Filter::one_of("recipient", recipients.iter().map(|user| Scalar::id(*user)))
}

pub(super) fn place(id: NotificationId, field: &'static str) -> FieldRef<'static> {
    FieldRef {
        table: NotificationRow::COLLECTION,
        record: id.uuid(),
        field,
    }
}

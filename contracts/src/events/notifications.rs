//! What notifications tells.

use super::{Domain, ErasureAnswer, ExportPart, PublicEvent, named};
use crate::ids::{Id, NotificationId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Public events of notifications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", content = "data")]
pub enum NotificationsEvent {
    /// Something arrived in a person's inbox inside the application.
    NotificationReceived {
        /// What arrived.
        notification_id: NotificationId,
        /// Whose inbox.
        recipient: UserId,
    },
    /// A message will not be tried again, and did not arrive.
    NotificationFailed {
        /// Which message.
        notification_id: NotificationId,
        /// Who did not get it.
        recipient: UserId,
        /// By which channel: `EMAIL`, `SMS` or `PUSH`.
        channel: String,
        /// Why, in the provider's words where there are some.
        reason: String,
    },
    /// What is kept here about a patient, for taking along: the answer to `DataExportRequested`.
    DataExported {
        /// A part of it.
        part: ExportPart,
    },
    /// What messages of one kind say was changed.
    TemplateChanged {
        /// The type of message, for example `APPOINTMENT_BOOKED`.
        kind: String,
        /// By which channel: `EMAIL`, `SMS`, `PUSH` or `IN_APP`.
        channel: String,
        /// BCP 47 language.
        locale: String,
        /// Whether it is used instead of the built-in text.
        active: bool,
        /// Counts changes, from 1.
        version: i64,
    },
    /// What is kept here about a person, and what of it goes or has gone: the answer to `ErasureAsked`.
    ErasureAnswered {
        /// The answer.
        answer: ErasureAnswer,
    },
}

impl PublicEvent for NotificationsEvent {
    const DOMAIN: Domain = Domain::Notifications;

    fn name(&self) -> &'static str {
        match self {
            Self::NotificationReceived { .. } => "NotificationReceived",
            Self::NotificationFailed { .. } => "NotificationFailed",
            Self::DataExported { .. } => "DataExported",
            Self::TemplateChanged { .. } => "TemplateChanged",
            Self::ErasureAnswered { .. } => "ErasureAnswered",
        }
    }

    fn aggregate(&self) -> Uuid {
        match self {
            Self::DataExported { part } => part.export_id.uuid(),
            Self::TemplateChanged {
                kind,
                channel,
                locale,
                ..
            } => named(&format!("{kind}/{channel}/{locale}")),
            Self::ErasureAnswered { answer } => answer.erasure_id.uuid(),
            Self::NotificationReceived { notification_id, .. }
            | Self::NotificationFailed { notification_id, .. } => notification_id.uuid(),
        }
    }
}

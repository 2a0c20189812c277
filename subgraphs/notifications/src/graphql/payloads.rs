//! What mutations answer.

use super::log::NotificationRecord;
use super::template::{NotificationPreview, NotificationTemplate};
use super::types::{Notification, NotificationPreferences};
use caregraph_kit::payload;

payload! {
    /// What `markNotificationRead` answers.
    MarkNotificationReadPayload {
        /// The message, read; null when refused.
        notification: Notification
    }
    MarkNotificationReadError
}

payload! {
    /// What `markAllRead` answers.
    MarkAllReadPayload {
        /// How many were marked; null when refused.
        count: u64
    }
    MarkAllReadError
}

payload! {
    /// What `updateNotificationPreferences` answers.
    UpdateNotificationPreferencesPayload {
        /// Your preferences now; null when refused.
        preferences: NotificationPreferences
    }
    UpdateNotificationPreferencesError
}

payload! {
    /// What `registerPushToken` answers.
    RegisterPushTokenPayload {
        /// How many of your devices take push messages now, at most 10; null when refused.
        devices: u64
    }
    RegisterPushTokenError
}

payload! {
    /// What `saveNotificationTemplate` answers.
    SaveNotificationTemplatePayload {
        /// The text as it is now; null when refused.
        template: NotificationTemplate
    }
    SaveNotificationTemplateError
}

payload! {
    /// What `previewNotification` answers.
    PreviewNotificationPayload {
        /// The message with made-up values; null when it cannot be rendered.
        preview: NotificationPreview
    }
    PreviewNotificationError
}

payload! {
    /// What `retryNotification` answers.
    RetryNotificationPayload {
        /// The message, queued again; null when refused.
        record: NotificationRecord
    }
    RetryNotificationError
}

payload! {
    /// What `sendNotification` answers.
    SendNotificationPayload {
        /// How many messages were written down: one for each person and way; null when refused.
        queued: u64
    }
    SendNotificationError
}

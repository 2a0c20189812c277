//! How messages leave; the section `[notifications]` of the configuration.

use caregraph_kit::config::Secret;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Settings of notifications. Channels that are not configured write into a folder instead, and say so.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotificationSettings {
    /// Where people reach the application, without a slash at the end; links in messages start with it.
    pub public_url: String,
    /// What messages call the organisation.
    pub organisation: String,
    /// Folder for messages of channels that are not configured, as `.eml` files. The program puts it into its data folder
    /// unless told otherwise.
    pub outbox: Option<PathBuf>,
    /// How often sending is tried before a message counts as failed. The pauses grow from some seconds to an hour.
    pub attempts: u32,
    /// How long a message belongs to the process that is sending it, in seconds: one whose process died waits that long for
    /// another. At least three times any provider's `timeout_seconds`. Default 60.
    pub lease_seconds: u32,
    /// E-mail.
    pub email: EmailSettings,
    /// Text messages.
    pub sms: SmsSettings,
    /// Messages to telephones and browsers.
    pub push: PushSettings,
}

impl Default for NotificationSettings {
    fn default() -> Self {
        Self {
            public_url: "http://localhost:4000".to_owned(),
            organisation: "Caregraph".to_owned(),
            outbox: None,
            attempts: 8,
            lease_seconds: 60,
            email: EmailSettings::default(),
            sms: SmsSettings::default(),
            push: PushSettings::default(),
        }
    }
}

/// E-mail by SMTP.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailSettings {
    /// The server: `smtps://user:password@host` (TLS), `smtp://…@host:587?tls=required` (STARTTLS), or `smtp://host:25`
    /// without encryption, for a relay on the same machine. Empty: into the outbox folder.
    pub smtp_url: Secret,
    /// Sender, as it stands in `From`.
    pub from: String,
    /// Seconds that a server may take for each answer.
    pub timeout_seconds: u32,
}

impl Default for EmailSettings {
    fn default() -> Self {
        Self {
            smtp_url: Secret::default(),
            from: "Caregraph <no-reply@caregraph.invalid>".to_owned(),
            timeout_seconds: 20,
        }
    }
}

/// Text messages by an HTTP API like Twilio's: `POST {url}/2010-04-01/Accounts/{account}/Messages.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmsSettings {
    /// Address of the API, for example `https://api.twilio.com`. Empty: into the outbox folder.
    pub url: String,
    /// The account's identifier.
    pub account: String,
    /// The account's password.
    pub token: Secret,
    /// The sending number or name.
    pub from: String,
    /// Seconds that the API may take.
    pub timeout_seconds: u32,
}

impl Default for SmsSettings {
    fn default() -> Self {
        Self {
            url: String::new(),
            account: String::new(),
            token: Secret::default(),
            from: "Caregraph".to_owned(),
            timeout_seconds: 20,
        }
    }
}

/// Push messages by an HTTP API like Firebase Cloud Messaging's version 1: `POST {url}`, normally
/// `https://fcm.googleapis.com/v1/projects/{project}/messages:send`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PushSettings {
    /// The address to post to. Empty: into the outbox folder.
    pub url: String,
    /// Bearer token. `file:` is read again for every message, so that whoever renews it can put it there.
    pub token: Secret,
    /// Seconds that the API may take.
    pub timeout_seconds: u32,
}

impl Default for PushSettings {
    fn default() -> Self {
        Self {
            url: String::new(),
            token: Secret::default(),
            timeout_seconds: 20,
        }
    }
}

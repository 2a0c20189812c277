//! Push messages by an HTTP API like Firebase Cloud Messaging's version 1
//! (<https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send>).

use super::{Delivered, Letter, Outcome, client, refusal, unreachable};
use crate::settings::PushSettings;
use caregraph_kit::Fault;
use caregraph_kit::config::Secret;
use futures::future::join_all;
use serde::Deserialize;
use serde_json::json;

/// A provider of push messages.
pub(super) struct Push {
    client: reqwest::Client,
    address: String,
    token: Secret,
}

#[derive(Deserialize)]
struct Answer {
    name: String,
}

impl Push {
    /// `None` without an address.
    pub(super) fn new(settings: &PushSettings) -> Result<Option<Self>, Fault> {
        if settings.url.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            client: client(settings.timeout_seconds)?,
            address: settings.url.clone(),
            token: settings.token.clone(),
        }))
    }

    /// To every device. It counts as sent when one device got it; as refused when none ever will.
    pub(super) async fn send(&self, letter: &Letter<'_>, devices: &[String]) -> Outcome {
        let token = match self.token.reveal() {
            Ok(token) => token,
            Err(error) => return Outcome::later(format!("notifications.push.token cannot be read: {error}")),
        };
        let mut accepted = None;
        let mut worst = None;
        // At the same time: one that stalls must not have the others get it again.
        let sent = join_all(devices.iter().map(|device| self.send_to(letter, device, &token))).await;
        for outcome in sent {
            match outcome {
                Outcome::Delivered(Delivered::Taken(id)) => accepted = accepted.or(id),
                later @ Outcome::Later { .. } => worst = Some(later),
                other => worst = worst.or(Some(other)),
            }
        }
        match (accepted, worst) {
            // A device that missed it does not make the others get it twice.
            (Some(id), _) => Outcome::Delivered(Delivered::Taken(Some(id))),
            (None, Some(worst)) => worst,
            (None, None) => Outcome::Nowhere("no device is registered".to_owned()),
        }
    }

    async fn send_to(&self, letter: &Letter<'_>, device: &str, token: &str) -> Outcome {
        let body = json!({ "message": {
            "token": device,
            "notification": { "title": letter.words.subject, "body": letter.words.text },
            "data": { "notificationId": letter.id.to_string() },
        } });
        let request = self.client.post(&self.address).bearer_auth(token).json(&body);
        let answer = match request.send().await {
            Ok(answer) if answer.status().is_success() => answer,
            Ok(answer) => return refusal(answer).await,
            Err(error) => return unreachable(error),
        };
        match answer.json::<Answer>().await {
            Ok(Answer { name }) => Outcome::Delivered(Delivered::Taken(Some(name))),
            Err(error) if error.is_decode() => Outcome::later("the provider's answer makes no sense"),
            Err(error) => unreachable(error),
        }
    }
}

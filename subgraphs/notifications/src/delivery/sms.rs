//! Text messages by an HTTP API like Twilio's (<https://www.twilio.com/docs/messaging/api/message-resource>).

use super::{Delivered, Letter, Outcome, client, refusal, unreachable};
use crate::settings::SmsSettings;
use caregraph_kit::Fault;
use caregraph_kit::config::Secret;
use serde::Deserialize;

/// A provider of text messages.
pub(super) struct Sms {
    client: reqwest::Client,
    address: String,
    account: String,
    token: Secret,
    from: String,
}

#[derive(Deserialize)]
struct Answer {
    sid: String,
}

impl Sms {
    /// `None` without an address.
    pub(super) fn new(settings: &SmsSettings) -> Result<Option<Self>, Fault> {
        if settings.url.is_empty() {
            return Ok(None);
        }
        let base = settings.url.trim_end_matches('/');
        Ok(Some(Self {
            client: client(settings.timeout_seconds)?,
            address: format!("{base}/2010-04-01/Accounts/{}/Messages.json", settings.account),
            account: settings.account.clone(),
            token: settings.token.clone(),
            from: settings.from.clone(),
        }))
    }

    pub(super) async fn send(&self, letter: &Letter<'_>, number: &str) -> Outcome {
        let token = match self.token.reveal() {
            Ok(token) => token,
            Err(error) => return Outcome::later(format!("notifications.sms.token cannot be read: {error}")),
        };
        let form = [("To", number), ("From", &self.from), ("Body", &letter.words.text)];
        let request = self
            .client
            .post(&self.address)
            .basic_auth(&self.account, Some(token))
            .form(&form);
        let answer = match request.send().await {
            Ok(answer) if answer.status().is_success() => answer,
            Ok(answer) => return refusal(answer).await,
            Err(error) => return unreachable(error),
        };
        match answer.json::<Answer>().await {
            Ok(Answer { sid }) => Outcome::Delivered(Delivered::Taken(Some(sid))),
            // It said yes and then nothing that makes sense. It is not counted as sent; the receiver may get it twice.
            Err(error) if error.is_decode() => Outcome::later("the provider's answer makes no sense"),
            Err(error) => unreachable(error),
        }
    }
}

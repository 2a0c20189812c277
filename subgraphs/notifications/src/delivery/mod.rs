//! Ways out: what a provider is asked, and what its answer means.

mod email;
mod outbox;
mod push;
mod sms;

use crate::contact::{Contact, leads_nowhere};
use crate::notification::Channel;
use crate::settings::NotificationSettings;
use crate::template::Rendered;
use caregraph_contracts::ids::NotificationId;
use caregraph_kit::Fault;
use chrono::{DateTime, TimeDelta, Utc};
use email::Smtp;
use outbox::Outbox;
use push::Push;
use sms::Sms;
use std::time::Duration;

/// A message as it leaves.
pub(crate) struct Letter<'a> {
    /// Which one: the same for every attempt, so that a receiver can tell repetitions.
    pub(crate) id: NotificationId,
    pub(crate) channel: Channel,
    /// How the person is reached.
    pub(crate) contact: Option<&'a Contact>,
    /// Where to instead of the account's address.
    pub(crate) address: Option<&'a str>,
    pub(crate) words: &'a Rendered,
    pub(crate) written_at: DateTime<Utc>,
}

/// It left this system.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// The provider took it, and calls it so.
    Taken(Option<String>),
    /// It lies in the outbox folder, in this file.
    Kept(String),
}

/// What came of an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Delivered(Delivered),
    /// The person cannot be reached this way.
    Nowhere(String),
    /// The provider will never take it.
    Refused(String),
    /// The provider may take it later; it may have said when.
    Later {
        words: String,
        wait: Option<TimeDelta>,
    },
}

impl Outcome {
    /// The same without the address or number that a provider quotes.
    pub(crate) fn without(self, letter: &Letter<'_>) -> Self {
        let contact = letter.contact;
        let known = [
            letter.address,
            contact.map(|contact| contact.email.as_str()),
            contact.and_then(|contact| contact.phone.as_deref()),
        ];
        let hide = |words: String| {
            let known = known.into_iter().flatten().filter(|word| !word.is_empty());
            known.fold(words, |words, word| words.replace(word, "[recipient]"))
        };
        match self {
            Self::Refused(words) => Self::Refused(hide(words)),
            Self::Later { words, wait } => Self::Later {
                words: hide(words),
                wait,
            },
            Self::Delivered(Delivered::Taken(words)) => Self::Delivered(Delivered::Taken(words.map(hide))),
            other => other,
        }
    }

    pub(crate) fn later(words: impl Into<String>) -> Self {
        Self::Later {
            words: words.into(),
            wait: None,
        }
    }
}

/// All ways out.
pub(crate) struct Delivery {
    smtp: Option<Smtp>,
    sms: Option<Sms>,
    push: Option<Push>,
    outbox: Option<Outbox>,
}

impl Delivery {
    /// The ways that are configured. Fails when a setting makes no sense, so that it shows at start and not at night.
    pub(crate) fn new(settings: &NotificationSettings) -> Result<Self, Fault> {
        Ok(Self {
            smtp: Smtp::new(&settings.email)?,
            sms: Sms::new(&settings.sms)?,
            push: Push::new(&settings.push)?,
            outbox: Outbox::new(settings)?,
        })
    }

    /// Tries once.
    pub(crate) async fn deliver(&self, letter: &Letter<'_>) -> Outcome {
        match letter.channel {
            Channel::InApp => Outcome::Refused("the inbox is no way out".to_owned()),
            Channel::Email => {
                let address = letter
                    .address
                    .or(letter.contact.map(|contact| contact.email.as_str()));
                let reachable = |address: &&str| !address.is_empty() && !leads_nowhere(address);
                let Some(address) = address.filter(reachable) else {
                    return Outcome::Nowhere("the account has no e-mail address".to_owned());
                };
                match &self.smtp {
                    Some(smtp) => smtp.send(letter, address).await,
                    None => self.keep(letter, address).await,
                }
            }
            Channel::Sms => {
                let Some(number) = letter.contact.and_then(|contact| contact.phone.as_deref()) else {
                    return Outcome::Nowhere("the account has no telephone number".to_owned());
                };
                match &self.sms {
                    Some(sms) => sms.send(letter, number).await,
                    None => self.keep(letter, &format!("{number}@sms.invalid")).await,
                }
            }
            Channel::Push => {
                let devices = letter
                    .contact
                    .map_or(&[][..], |contact| contact.devices.as_slice());
                if devices.is_empty() {
                    return Outcome::Nowhere("no device is registered".to_owned());
                }
                match &self.push {
                    Some(push) => push.send(letter, devices).await,
                    None => self.keep(letter, "device@push.invalid").await,
                }
            }
        }
    }

    async fn keep(&self, letter: &Letter<'_>, address: &str) -> Outcome {
        let Some(outbox) = &self.outbox else {
            return Outcome::Nowhere("this way is not configured, and there is no outbox folder".to_owned());
        };
        match outbox.keep(letter, address).await {
            Ok(file) => Outcome::Delivered(Delivered::Kept(file)),
            Err(error) => Outcome::later(format!("the outbox folder cannot be written: {error}")),
        }
    }
}

/// What providers behind HTTP have in common.
fn client(timeout_seconds: u32) -> Result<reqwest::Client, Fault> {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(timeout_seconds.max(1).into()))
        // A provider that redirects is not the one that was configured.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Fault::new("cannot reach anybody by HTTP", error))
}

/// What an answer other than success means: come back later, or never.
async fn refusal(answer: reqwest::Response) -> Outcome {
    let status = answer.status();
    let wait = answer
        .headers()
        .get(reqwest::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse::<i64>().ok())
        .map(|seconds| TimeDelta::seconds(seconds.clamp(1, 3600)));
    // Providers say why; whatever else they send is not read to its end.
    let words = answer.text().await.unwrap_or_default();
    let words: String = words.chars().take(300).collect();
    let words = format!("{status}: {words}");
    if status.is_server_error()
        || status == reqwest::StatusCode::TOO_MANY_REQUESTS
        || status == reqwest::StatusCode::REQUEST_TIMEOUT
    {
        Outcome::Later { words, wait }
    } else {
        Outcome::Refused(words)
    }
}

/// The error without addresses, which may hold secrets.
fn unreachable(error: reqwest::Error) -> Outcome {
    let what = if error.is_timeout() {
        "the provider did not answer in time"
    } else if error.is_connect() {
        "the provider cannot be reached"
    } else {
        "the connection to the provider broke"
    };
    tracing::debug!(error = %error.without_url(), "{what}");
    Outcome::later(what)
}

//! Sending one message: the rules of when, and the truth about what became of it.

use super::kind::{Channel, NotificationType};
use super::model::{COVERED, Notification, Status};
use super::post::job_kind;
use super::store::Notifications;
use crate::contact::Contact;
use crate::contact::store::People;
use crate::delivery::{Delivered, Delivery, Letter, Outcome};
use crate::language::Language;
use crate::preference::store::PreferenceStore;
use crate::reminder::Visits;
use crate::settings::NotificationSettings;
use crate::template::store::Templates;
use crate::template::{RenderError, Rendered, TemplateKey, Values, render};
use async_trait::async_trait;
use caregraph_contracts::events::NotificationsEvent;
use caregraph_contracts::ids::{AppointmentId, NotificationId};
use caregraph_contracts::links::LinkPurpose;
use caregraph_kit::crypto::{FieldCipher, LinkTokens};
use caregraph_kit::documents::Commit;
use caregraph_kit::jobs::{Job, JobWorker, Next};
use caregraph_kit::telemetry::trace::SPANS;
use caregraph_kit::{Clock, Fault};
use chrono::{DateTime, TimeDelta, Utc};
use rand::Rng;
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument;
use tracing::field::Empty;

/// A person whose account is not known yet may become known: another domain's event is on its way.
const UNKNOWN_FOR: TimeDelta = TimeDelta::minutes(10);
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(5);
/// News of this age are no news: they stay in the inbox, but disturb nobody.
const STALE: TimeDelta = TimeDelta::days(2);

/// Sends messages.
pub(crate) struct Sender {
    pub(crate) notifications: Notifications,
    pub(crate) people: People,
    pub(crate) preferences: PreferenceStore,
    pub(crate) templates: Templates,
    pub(crate) visits: Visits,
    pub(crate) delivery: Arc<Delivery>,
    /// How long handing a message over may take.
    pub(crate) patience: Duration,
    pub(crate) settings: Arc<NotificationSettings>,
    pub(crate) cipher: FieldCipher,
    pub(crate) clock: Clock,
}

/// Who gets it and how they read.
struct Reader {
    contact: Option<Contact>,
    language: Language,
    zone: chrono_tz::Tz,
}

/// What is known before anything is sent.
enum Verdict {
    Send(Box<Reader>),
    Wait(DateTime<Utc>),
    Suppress(String),
    Fail(String),
}

/// Sends the messages of one channel.
pub(crate) struct Desk {
    pub(crate) channel: Channel,
    pub(crate) sender: Arc<Sender>,
}

#[async_trait]
impl JobWorker for Desk {
    fn kind(&self) -> &'static str {
        job_kind(self.channel)
    }

    async fn work(&self, job: &Job) -> Result<Next, Fault> {
        self.sender.work(job).await
    }
}

impl Sender {
    async fn work(&self, job: &Job) -> Result<Next, Fault> {
        let id = NotificationId::from(job.subject);
        let Some(found) = self.notifications.get(id).await? else {
            return Ok(Next::Done(Commit::new()));
        };
        let (mut message, version) = (found.value, found.version);
        if message.status != Status::Queued {
            return Ok(Next::Done(Commit::new()));
        }
        let mut commit = Commit::new();
        let again = match self.judge(&message).await? {
            Verdict::Wait(until) => return Ok(Next::Again(until, commit)),
            Verdict::Suppress(why) => {
                message.suppressed(&why);
                None
            }
            Verdict::Fail(why) => {
                message.failed(&why);
                None
            }
            Verdict::Send(reader) => self.send(&mut message, &reader).await?,
        };
        log(&message);
        self.notifications.replace(&mut commit, version, &message)?;
        tell(&mut commit, &message)?;
        Ok(match again {
            Some(at) => Next::Again(at, commit),
            None => Next::Done(commit),
        })
    }
}

impl Sender {
    async fn judge(&self, message: &Notification) -> Result<Verdict, Fault> {
        let now = self.clock.now();
        if message.facts.useless_after.is_some_and(|end| end <= now) {
            return Ok(Verdict::Suppress(
                "too late: it would help nobody any more".to_owned(),
            ));
        }
        let is_inbox = message.channel == Channel::InApp;
        let asked_at = message.retried_at.unwrap_or(message.created_at);
        let is_news = !is_inbox && !message.kind.is_security();
        if is_news && message.attempts == 0 && now - asked_at > STALE {
            return Ok(Verdict::Suppress("too late: it is no news any more".to_owned()));
        }
        // The inbox is a history; what leaves the house must still be true when it does.
        let must_hold = message.kind == NotificationType::AppointmentReminder
            || (!is_inbox && message.kind.tells_of_a_visit_to_come());
        if must_hold && !self.visits.still_holds(message).await? {
            return Ok(Verdict::Suppress("the visit was moved or cancelled".to_owned()));
        }
        let contact = self
            .people
            .contact(message.recipient)
            .await?
            .map(|found| found.value);
        let (preferences, _) = self.preferences.get(message.recipient).await?;
        if contact.is_none() && message.facts.address.is_none() {
            return Ok(if now - asked_at < UNKNOWN_FOR {
                Verdict::Wait(now + LOOK_AGAIN)
            } else {
                Verdict::Fail("no account is known under this id".to_owned())
            });
        }
        // What was written down before that was known; `crate::erasure` removes it.
        if contact.as_ref().is_some_and(Contact::is_erased) {
            return Ok(Verdict::Suppress("the account was erased".to_owned()));
        }
        if contact.as_ref().is_some_and(|contact| !contact.active) && !message.kind.is_security() {
            return Ok(Verdict::Suppress("the account is not in use".to_owned()));
        }
        let reader = Reader {
            language: preferences
                .language
                .or(contact.as_ref().map(|contact| contact.language))
                .or(message
                    .facts
                    .words
                    .get("language")
                    .and_then(|word| Language::read(word)))
                .unwrap_or_default(),
            zone: contact
                .as_ref()
                .map_or(chrono_tz::Tz::Asia__Ho_Chi_Minh, |contact| contact.time_zone),
            contact,
        };
        if !is_inbox && !message.kind.is_security() {
            let quiet = preferences.quiet.and_then(|quiet| quiet.end(now, reader.zone));
            if let Some(end) = quiet {
                return Ok(Verdict::Wait(end));
            }
        }
        Ok(Verdict::Send(Box::new(reader)))
    }

    /// Sends it, or tries to; when to try again.
    async fn send(
        &self,
        message: &mut Notification,
        reader: &Reader,
    ) -> Result<Option<DateTime<Utc>>, Fault> {
        let key = TemplateKey {
            kind: message.kind,
            channel: message.channel,
            language: reader.language,
        };
        let (kept, sent) = match self.words(message, reader, key).await? {
            Ok(words) => words,
            Err(error) => {
                message.failed(&format!("the text cannot be used: {error}"));
                return Ok(None);
            }
        };
        if message.channel == Channel::InApp {
            message.sent(kept, None, self.clock.now());
            return Ok(None);
        }
        message.attempts += 1;
        let letter = Letter {
            id: message.id,
            channel: message.channel,
            contact: reader.contact.as_ref(),
            address: message.facts.address.as_deref(),
            words: &sent,
            written_at: message.created_at,
        };
        let now = self.clock.now();
        let span = tracing::info_span!(
            target: SPANS,
            "send",
            otel.name = %format_args!("send {}", message.channel.as_str()),
            otel.kind = "client",
            otel.status_code = Empty,
            caregraph.notification.kind = message.kind.as_str(),
        );
        let delivery = self.delivery.deliver(&letter).instrument(span.clone());
        // Ends before the job's lease does, so that what became of it is written down by us and not by whoever takes over.
        let outcome = tokio::time::timeout(self.patience, delivery)
            .await
            .unwrap_or_else(|_| Outcome::later("the provider did not answer in time"))
            .without(&letter);
        if !matches!(outcome, Outcome::Delivered(_)) {
            span.record("otel.status_code", "ERROR");
        }
        match outcome {
            Outcome::Delivered(Delivered::Taken(provider_id)) => message.sent(kept, provider_id, now),
            Outcome::Delivered(Delivered::Kept(file)) => {
                message.rendered = Some(kept);
                message.suppressed(&format!("this way is not configured; written to {file} instead"));
            }
            Outcome::Nowhere(why) => {
                message.rendered = Some(kept);
                message.suppressed(&why);
            }
            Outcome::Refused(words) => {
                message.rendered = Some(kept);
                message.failed(&words);
            }
            Outcome::Later { words, .. } if message.attempts >= self.settings.attempts => {
                message.rendered = Some(kept);
                message.failed(&words);
            }
            Outcome::Later { words, wait } => {
                message.postponed(&words);
                let at = now + wait.unwrap_or_else(|| pause(message.attempts));
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// The message in words: as they are kept, with links covered, and as they are sent.
    async fn words(
        &self,
        message: &Notification,
        reader: &Reader,
        key: TemplateKey,
    ) -> Result<Result<(Rendered, Rendered), RenderError>, Fault> {
        let mut values = message.facts.shown(reader.language, reader.zone);
        let name = reader.contact.as_ref().map(Contact::name).unwrap_or_default();
        values.insert("name".to_owned(), name.into());
        values.insert(
            "organisation".to_owned(),
            self.settings.organisation.as_str().into(),
        );
        values.insert("url".to_owned(), self.public_url().into());
        let (own, built_in) = self.templates.in_use(key).await?;
        let put = |values: &Values| {
            render(&own, key.channel, values).or_else(|error| {
                // Checked when it was saved; what it met here nobody could foresee, and the news matter more than its words.
                tracing::warn!(%error, ?key, "a saved text cannot be used, the built-in one takes its place");
                render(&built_in, key.channel, values)
            })
        };
        let Some((link, code)) = self.link(message) else {
            return Ok(put(&values).map(|rendered| (rendered.clone(), rendered)));
        };
        values.insert("link".to_owned(), COVERED.into());
        values.insert("code".to_owned(), COVERED.into());
        let kept = put(&values);
        values.insert("link".to_owned(), link.into());
        values.insert("code".to_owned(), code.into());
        let sent = put(&values);
        Ok(kept.and_then(|kept| Ok((kept, sent?))))
    }

    /// The link of a letter and the code in it. Made when the letter leaves and never kept.
    fn link(&self, message: &Notification) -> Option<(String, String)> {
        let purpose = match message.kind {
            NotificationType::EmailVerification => LinkPurpose::VerifyEmail,
            NotificationType::PasswordReset => LinkPurpose::ResetPassword,
            NotificationType::Invitation => LinkPurpose::AcceptInvitation,
            _ => return None,
        };
        let tokens = LinkTokens::new(self.cipher.ring().clone(), purpose.as_str());
        let code = tokens.token(message.facts.link?);
        Some((
            format!("{}/{}?token={code}", self.public_url(), purpose.path()),
            code,
        ))
    }

    fn public_url(&self) -> &str {
        self.settings.public_url.trim_end_matches('/')
    }
}

/// Says what became of a message, without who it is for or what it says.
fn log(message: &Notification) {
    let (id, kind, channel) = (message.id, message.kind.as_str(), message.channel.as_str());
    // What a provider says may name the person; it is kept with the message and not here.
    let (status, attempts) = (message.status.as_str(), message.attempts);
    match message.status {
        Status::Failed => tracing::warn!(%id, kind, channel, status, attempts, "message failed"),
        Status::Sent | Status::Queued => {
            tracing::info!(%id, kind, channel, status, attempts, "message handed over or postponed");
        }
        // What nobody outside sees, nobody outside misses.
        Status::Delivered | Status::Suppressed => {
            tracing::debug!(%id, kind, channel, status, "message in the inbox or not sent");
        }
    }
}

/// What others hear of it.
fn tell(commit: &mut Commit, message: &Notification) -> Result<(), Fault> {
    let event = match message.status {
        Status::Delivered => NotificationsEvent::NotificationReceived {
            notification_id: message.id,
            recipient: message.recipient,
        },
        Status::Failed => NotificationsEvent::NotificationFailed {
            notification_id: message.id,
            recipient: message.recipient,
            channel: message.channel.as_str().to_owned(),
            reason: message.error.clone().unwrap_or_default(),
        },
        Status::Queued | Status::Sent | Status::Suppressed => return Ok(()),
    };
    Ok(commit.tell(&event)?)
}

/// Some seconds, then three times as long each time, up to an hour; spread, so that what failed together does not come back together.
fn pause(attempts: u32) -> TimeDelta {
    let seconds = 5_i64
        .saturating_mul(3_i64.saturating_pow(attempts.saturating_sub(1)))
        .min(3600);
    TimeDelta::milliseconds(rand::rng().random_range(seconds * 700..=seconds * 1300))
}

impl Sender {
    /// The visit a reminder is about, as its facts name it.
    pub(crate) fn visit_of(message: &Notification) -> Option<AppointmentId> {
        message
            .facts
            .words
            .get("appointment")
            .and_then(|word| word.parse().ok())
    }
}

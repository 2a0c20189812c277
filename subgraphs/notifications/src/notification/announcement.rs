//! Announcements: words of an administrator to some people.

use super::facts::Facts;
use super::kind::{Channel, NotificationType};
use super::service::NotificationService;
use caregraph_contracts::Scope;
use caregraph_contracts::ids::{AnnouncementId, UserId};
use caregraph_kit::auth::Principal;
use caregraph_kit::documents::{Collection, Commit, Declaration, Document, micros};
use caregraph_kit::{Failure, Fault, Rejection};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

const MOST_RECIPIENTS: usize = 100;
const MOST_SUBJECT: usize = 200;
const MOST_BODY: usize = 5_000;
/// Longest key, in characters.
const MOST_KEY: usize = 200;

/// Words of an administrator to some people.
#[derive(Debug, Clone)]
pub struct SendNotification {
    /// Whom to tell.
    pub recipients: Vec<UserId>,
    /// By which ways.
    pub channels: BTreeSet<Channel>,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// The same key sends once.
    pub idempotency_key: String,
}

/// Announcements are called by who made them and their keys, so that one key makes one.
const ANNOUNCEMENTS: Uuid = Uuid::from_u128(0x7d0f_52e3_9c1b_4a64_8e35_2b6a_f01c_93d8);

/// That an announcement was made. What it says stands in its messages.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AnnouncementRow {
    /// Keyed digest of the words, the people and the ways.
    digest: String,
    #[serde(with = "micros")]
    created_at: DateTime<Utc>,
}

impl Document for AnnouncementRow {
    type Id = AnnouncementId;
    const COLLECTION: &'static str = "announcements";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

impl NotificationService {
    /// Tells some people something; how many messages that makes. Doing it again with the same key changes nothing, and doing
    /// something else with it is a conflict.
    pub async fn send(&self, principal: &Principal, command: SendNotification) -> Result<u64, Failure> {
        let sender = principal.require(Scope::NotificationsManage)?;
        check(&command)?;
        let origin = format!("announcement/{sender}/{}", command.idempotency_key);
        let facts = Facts::default()
            .word("subject", command.subject.trim())
            .word("body", command.body.trim());
        let recipients: BTreeSet<UserId> = command.recipients.into_iter().collect();
        let queued = (recipients.len() * command.channels.len()) as u64;
        let id = AnnouncementId::from(Uuid::new_v5(&ANNOUNCEMENTS, origin.as_bytes()));
        let digest = self.digest(&facts, &recipients, &command.channels)?;
        if self.was_said(id, &digest).await? {
            return Ok(queued);
        }
        let mut commit = Commit::new();
        let announcement = AnnouncementRow {
            digest: digest.clone(),
            created_at: self.clock.now(),
        };
        commit.insert(id, &announcement)?;
        for recipient in recipients {
            let contact = self.people.contact(recipient).await?;
            if contact.is_none_or(|found| found.value.is_erased()) {
                return Err(Rejection::not_found("recipientIds", "user").into());
            }
            let kind = NotificationType::Announcement;
            self.post
                .tell_by(
                    &mut commit,
                    recipient,
                    kind,
                    &command.channels,
                    facts.clone(),
                    &origin,
                )
                .await?;
        }
        match self.documents.commit(commit).await {
            Ok(_) => {
                self.post.jobs.look();
                Ok(queued)
            }
            // A twin was faster; or an earlier version of the program, which kept the messages only, was asked for this before.
            Err(error) if error.duplicate().is_some() => {
                self.was_said(id, &digest).await?;
                Ok(queued)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether this was announced before under its key; a conflict when something else was.
    async fn was_said(&self, id: AnnouncementId, digest: &str) -> Result<bool, Failure> {
        let announcements: Collection<AnnouncementRow> = self.documents.collection()?;
        match announcements.get(id).await? {
            None => Ok(false),
            Some(before) if before.value.digest == digest => Ok(true),
            Some(_) => {
                let reused = "the key was used for another announcement";
                Err(Rejection::conflict("idempotencyKey", reused).into())
            }
        }
    }

    fn digest(
        &self,
        facts: &Facts,
        recipients: &BTreeSet<UserId>,
        channels: &BTreeSet<Channel>,
    ) -> Result<String, Fault> {
        let everything = serde_json::to_string(&(&facts.words, recipients, channels))
            .map_err(|error| Fault::new("an announcement cannot be compared", error))?;
        Ok(self.ground.cipher.blind_index("announcements", &everything))
    }
}

fn check(command: &SendNotification) -> Result<(), Failure> {
    let mut problems = Vec::new();
    if command.recipients.is_empty() || command.recipients.len() > MOST_RECIPIENTS {
        let message = format!("1 to {MOST_RECIPIENTS} people");
        problems.push(Rejection::invalid("recipientIds", message));
    }
    if command.channels.is_empty() {
        problems.push(Rejection::invalid("channels", "at least one way is needed"));
    }
    for (path, text, most) in [
        ("subject", &command.subject, MOST_SUBJECT),
        ("body", &command.body, MOST_BODY),
        ("idempotencyKey", &command.idempotency_key, MOST_KEY),
    ] {
        let count = text.trim().chars().count();
        if count == 0 || count > most {
            problems.push(Rejection::invalid(path, format!("1 to {most} characters")));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Failure::Refused(problems))
    }
}

//! Writing messages down, to be sent.

use super::facts::Facts;
use super::kind::{Channel, NotificationType, Side};
use super::model::{Notification, Status};
use super::store::Notifications;
use crate::contact::Contact;
use crate::contact::store::People;
use crate::preference::store::PreferenceStore;
use caregraph_contracts::ids::{Id, UserId};
use caregraph_kit::documents::Commit;
use caregraph_kit::jobs::{Jobs, Plan};
use caregraph_kit::{Clock, Fault};
use std::collections::BTreeSet;

/// The kind of jobs that send messages by a channel: each by itself, so that one provider that stalls holds up no other.
pub(crate) const fn job_kind(channel: Channel) -> &'static str {
    match channel {
        Channel::InApp => "notifications.put-into-inbox",
        Channel::Email => "notifications.send-email",
        Channel::Sms => "notifications.send-sms",
        Channel::Push => "notifications.send-push",
    }
}

/// Whom to tell, and as what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addressee {
    pub(crate) user: UserId,
    pub(crate) side: Side,
}

/// Writes messages down. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Post {
    pub(crate) notifications: Notifications,
    pub(crate) preferences: PreferenceStore,
    pub(crate) people: People,
    pub(crate) jobs: Jobs,
    pub(crate) clock: Clock,
}

impl Post {
    /// Writes down what somebody is to be told, by the ways they prefer. `origin` says why: for one reason somebody is told one
    /// thing once. Nobody is told anything at an account that was erased.
    pub(crate) async fn tell(
        &self,
        commit: &mut Commit,
        to: Addressee,
        kind: NotificationType,
        facts: Facts,
        origin: &str,
    ) -> Result<(), Fault> {
        let contact = self.people.contact(to.user).await?.map(|found| found.value);
        if contact.as_ref().is_some_and(Contact::is_erased) {
            return Ok(());
        }
        let (preferences, _) = self.preferences.get(to.user).await?;
        let mut channels = preferences.channels(kind, to.side);
        // Nobody asked for push in so many words, so whoever has no device is not told that it failed.
        let is_usual = !preferences.channels.contains_key(&kind);
        if is_usual && contact.is_some_and(|contact| contact.devices.is_empty()) {
            channels.remove(&Channel::Push);
        }
        self.tell_by(commit, to.user, kind, &channels, facts, origin)
            .await
    }

    /// As [`Post::tell`], by given ways.
    pub(crate) async fn tell_by(
        &self,
        commit: &mut Commit,
        recipient: UserId,
        kind: NotificationType,
        channels: &BTreeSet<Channel>,
        facts: Facts,
        origin: &str,
    ) -> Result<(), Fault> {
        for channel in channels.intersection(&kind.possible()) {
            let notification = Notification {
                id: self.clock.new_id(),
                recipient,
                kind,
                channel: *channel,
                status: Status::Queued,
                facts: facts.clone(),
                rendered: None,
                origin: origin.to_owned(),
                attempts: 0,
                provider_id: None,
                error: None,
                created_at: self.clock.now(),
                retried_at: None,
                sent_at: None,
                read_at: None,
            };
            self.notifications.insert(commit, &notification)?;
            self.plan(commit, &notification).await?;
        }
        Ok(())
    }

    /// Lets a message be sent as soon as possible.
    pub(crate) async fn plan(&self, commit: &mut Commit, message: &Notification) -> Result<(), Fault> {
        let name = format!("send/{}", message.id);
        let plan = Plan {
            name: &name,
            kind: job_kind(message.channel),
            subject: message.id.uuid(),
            detail: "",
            due: self.clock.now(),
        };
        Ok(self.jobs.plan(commit, &plan).await?)
    }
}

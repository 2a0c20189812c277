//! Use cases around preferences: everybody has their own.

use super::model::{Preferences, QuietHours, is_whole_minute};
use super::store::PreferenceStore;
use crate::language::Language;
use crate::notification::{Channel, NotificationType};
use caregraph_contracts::Scope;
use caregraph_kit::auth::Principal;
use caregraph_kit::change::Change;
use caregraph_kit::{Failure, Rejection};
use std::collections::BTreeSet;

/// How often a change is tried when somebody else changes the same.
const RACES: usize = 5;

/// What somebody wants to change.
#[derive(Debug, Clone, Default)]
pub struct UpdatePreferences {
    /// Language of messages.
    pub language: Change<Language>,
    /// When not to disturb.
    pub quiet: Change<QuietHours>,
    /// Ways of types; an empty set switches a type off, `None` makes it as usual again.
    pub channels: Vec<(NotificationType, Option<BTreeSet<Channel>>)>,
}

/// Reads and changes preferences. Cheap to clone.
#[derive(Clone)]
pub struct PreferenceService {
    store: PreferenceStore,
}

impl PreferenceService {
    pub(crate) fn new(store: PreferenceStore) -> Self {
        Self { store }
    }

    /// One's own.
    pub async fn own(&self, principal: &Principal) -> Result<Preferences, Failure> {
        let user = principal.require(Scope::AccountRead)?;
        Ok(self.store.get(user).await?.0)
    }

    /// Changes one's own.
    pub async fn update(
        &self,
        principal: &Principal,
        command: UpdatePreferences,
    ) -> Result<Preferences, Failure> {
        let user = principal.require(Scope::AccountWrite)?;
        check(&command)?;
        for _ in 0..RACES {
            let (mut preferences, version) = self.store.get(user).await?;
            command.language.clone().apply(&mut preferences.language);
            command.quiet.clone().apply(&mut preferences.quiet);
            for (kind, channels) in &command.channels {
                match channels {
                    Some(channels) => preferences.channels.insert(*kind, channels.clone()),
                    None => preferences.channels.remove(kind),
                };
            }
            match self.store.put(user, version, &preferences).await {
                Ok(()) => return Ok(preferences),
                Err(error) if error.lost_a_race() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Rejection::conflict("", "your preferences are being changed elsewhere; try again").into())
    }
}

fn check(command: &UpdatePreferences) -> Result<(), Failure> {
    let mut problems = Vec::new();
    if let Change::Set(quiet) = &command.quiet {
        if quiet.from == quiet.to {
            problems.push(Rejection::invalid("quietHours.to", "must differ from `from`"));
        }
        for (path, time) in [("quietHours.from", quiet.from), ("quietHours.to", quiet.to)] {
            if !is_whole_minute(time) {
                problems.push(Rejection::invalid(path, "whole minutes only"));
            }
        }
    }
    let mut seen = BTreeSet::new();
    for (at, (kind, channels)) in command.channels.iter().enumerate() {
        let path = format!("types.{at}");
        if !seen.insert(kind) {
            problems.push(Rejection::invalid(&format!("{path}.type"), "stands here twice"));
        }
        if kind.is_security() {
            problems.push(Rejection::invalid(
                &format!("{path}.type"),
                "messages about the safety of your account cannot be switched",
            ));
        }
        let impossible = channels
            .iter()
            .flatten()
            .any(|channel| !kind.possible().contains(channel));
        if impossible {
            problems.push(Rejection::invalid(
                &format!("{path}.channels"),
                "messages of this type do not go this way",
            ));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Failure::Refused(problems))
    }
}

//! Preferences as documents.

use super::model::{Preferences, QuietHours};
use crate::language::Language;
use crate::notification::{Channel, NotificationType};
use caregraph_contracts::ids::UserId;
use caregraph_kit::Fault;
use caregraph_kit::documents::{Collection, Commit, Declaration, Document, DocumentError, Documents};
use chrono::NaiveTime;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Preferences as they are kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PreferenceRow {
    language: Option<Language>,
    quiet: Option<(NaiveTime, NaiveTime)>,
    channels: BTreeMap<NotificationType, BTreeSet<Channel>>,
}

impl Document for PreferenceRow {
    type Id = UserId;
    const COLLECTION: &'static str = "preferences";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

/// Reads and writes preferences. Cheap to clone.
#[derive(Clone)]
pub(crate) struct PreferenceStore(Collection<PreferenceRow>);

impl PreferenceStore {
    pub(crate) fn new(documents: &Documents) -> Result<Self, Fault> {
        Ok(Self(documents.collection()?))
    }

    /// What somebody prefers, and the version of it; nothing and `None` when they never said.
    pub(crate) async fn get(&self, user: UserId) -> Result<(Preferences, Option<i64>), Fault> {
        let Some(row) = self.0.get(user).await? else {
            return Ok((Preferences::default(), None));
        };
        let preferences = Preferences {
            language: row.value.language,
            quiet: row.value.quiet.map(|(from, to)| QuietHours { from, to }),
            channels: row.value.channels,
        };
        Ok((preferences, Some(row.version)))
    }

    /// How many of these people have said anything.
    pub(crate) async fn count(&self, users: &[UserId]) -> Result<u64, Fault> {
        Ok(self.0.get_many(users).await?.len() as u64)
    }

    /// Forgets what these people prefer, as part of a commit.
    pub(crate) async fn end(&self, commit: &mut Commit, users: &[UserId]) -> Result<(), Fault> {
        for known in self.0.get_many(users).await? {
            commit.delete::<PreferenceRow>(known.id, known.version);
        }
        Ok(())
    }

    pub(crate) async fn put(
        &self,
        user: UserId,
        version: Option<i64>,
        preferences: &Preferences,
    ) -> Result<(), DocumentError> {
        let row = PreferenceRow {
            language: preferences.language,
            quiet: preferences.quiet.map(|quiet| (quiet.from, quiet.to)),
            channels: preferences.channels.clone(),
        };
        match version {
            Some(version) => self.0.replace(user, version, &row).await,
            None => self.0.insert(user, &row).await,
        }
    }
}

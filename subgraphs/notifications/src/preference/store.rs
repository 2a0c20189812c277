//! Preferences as documents.

use super::model::{Preferences, QuietHours};
use crate::language::Language;
use crate::notification::{Channel, NotificationType};
use caregraph_contracts::ids::UserId;
use caregraph_kit::Fault;
use caregraph_kit::documents::{Collection, Declaration, Document, DocumentError, Documents};
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

//! Texts that administrators wrote, as documents.

use super::builtin;
use super::model::{Template, TemplateKey, Wording};
use crate::language::Language;
use crate::notification::{Channel, NotificationType};
use caregraph_contracts::events::NotificationsEvent;
use caregraph_contracts::ids::NotificationTemplateId;
use caregraph_kit::Fault;
use caregraph_kit::documents::{
    Collection, Commit, Declaration, Document, DocumentError, Documents, Filter, Query,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A text as it is kept. Nothing in it is about anybody.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TemplateRow {
    kind: NotificationType,
    channel: Channel,
    language: Language,
    subject: String,
    text: String,
    html: Option<String>,
    active: bool,
}

impl Document for TemplateRow {
    type Id = NotificationTemplateId;
    const COLLECTION: &'static str = "templates";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

impl TemplateRow {
    fn read(self, version: i64) -> Template {
        Template {
            key: TemplateKey {
                kind: self.kind,
                channel: self.channel,
                language: self.language,
            },
            wording: Wording {
                subject: self.subject,
                text: self.text,
                html: self.html,
            },
            active: self.active,
            version,
        }
    }
}

/// Reads and writes texts. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Templates(Collection<TemplateRow>, Documents);

impl Templates {
    pub(crate) fn new(documents: &Documents) -> Result<Self, Fault> {
        Ok(Self(documents.collection()?, documents.clone()))
    }

    /// The text in use, and the built-in one.
    pub(crate) async fn in_use(&self, key: TemplateKey) -> Result<(Wording, Wording), Fault> {
        let built_in = builtin::wording(key);
        let own = self.0.get(key.id()).await?;
        let wording = match own {
            Some(own) if own.value.active => own.value.read(own.version).wording,
            _ => built_in.clone(),
        };
        Ok((wording, built_in))
    }

    /// All texts, as they are now.
    pub(crate) async fn all(&self) -> Result<Vec<Template>, Fault> {
        let own = self.0.find(&Query::of(Filter::everything()).limit(1000)).await?;
        let mut own: HashMap<_, _> = own
            .into_iter()
            .map(|(_, row)| row.value.read(row.version))
            .map(|template| (template.key, template))
            .collect();
        let mut all = Vec::new();
        for kind in NotificationType::ALL {
            for channel in kind.possible() {
                for language in Language::ALL {
                    let key = TemplateKey {
                        kind: *kind,
                        channel,
                        language,
                    };
                    all.push(own.remove(&key).unwrap_or_else(|| Template {
                        key,
                        wording: builtin::wording(key),
                        active: true,
                        version: 0,
                    }));
                }
            }
        }
        Ok(all)
    }

    /// Writes a text; `expected` is the version that was seen, 0 when it was the built-in one.
    pub(crate) async fn put(&self, template: &Template, expected: i64) -> Result<(), DocumentError> {
        let row = TemplateRow {
            kind: template.key.kind,
            channel: template.key.channel,
            language: template.key.language,
            subject: template.wording.subject.clone(),
            text: template.wording.text.clone(),
            html: template.wording.html.clone(),
            active: template.active,
        };
        let id = template.key.id();
        let mut commit = Commit::new();
        if expected == 0 {
            commit.insert(id, &row)?;
        } else {
            commit.replace(id, expected, &row)?;
        }
        commit.tell(&NotificationsEvent::TemplateChanged {
            kind: template.key.kind.as_str().to_owned(),
            channel: template.key.channel.as_str().to_owned(),
            locale: template.key.language.as_str().to_owned(),
            active: template.active,
            version: template.version,
        })?;
        self.1.commit(commit).await.map(drop)
    }
}

//! Use cases around texts.

use super::model::{Template, TemplateKey, Wording};
use super::render::{Rendered, render};
use super::store::Templates;
use crate::notification::{Channel, sample};
use caregraph_contracts::Scope;
use caregraph_kit::auth::Principal;
use caregraph_kit::{Failure, Rejection};

/// Longest subject and text, in characters.
const MOST_SUBJECT: usize = 200;
const MOST_TEXT: usize = 20_000;

/// The wish to change a text.
#[derive(Debug, Clone)]
pub struct SaveTemplate {
    /// Which text.
    pub key: TemplateKey,
    /// What it is to say.
    pub wording: Wording,
    /// Whether it is to be used.
    pub active: bool,
    /// The version that was seen; 0 for the built-in text.
    pub expected_version: i64,
}

/// Reads, tries out and changes texts. Cheap to clone.
#[derive(Clone)]
pub struct TemplateService {
    templates: Templates,
}

impl TemplateService {
    pub(crate) fn new(templates: Templates) -> Self {
        Self { templates }
    }

    /// All texts, as they are now.
    pub async fn list(&self, principal: &Principal) -> Result<Vec<Template>, Failure> {
        principal.require(Scope::NotificationsManage)?;
        Ok(self.templates.all().await?)
    }

    /// A text with made-up values; that in use where `wording` is left out.
    pub async fn preview(
        &self,
        principal: &Principal,
        key: TemplateKey,
        wording: Option<Wording>,
    ) -> Result<Rendered, Failure> {
        principal.require(Scope::NotificationsManage)?;
        check_key(key)?;
        let wording = match wording {
            Some(wording) => wording,
            None => self.templates.in_use(key).await?.0,
        };
        try_out(key, &wording)
    }

    /// Changes a text, when it renders.
    pub async fn save(&self, principal: &Principal, command: SaveTemplate) -> Result<Template, Failure> {
        principal.require(Scope::NotificationsManage)?;
        check_key(command.key)?;
        try_out(command.key, &command.wording)?;
        let template = Template {
            key: command.key,
            wording: command.wording,
            active: command.active,
            version: command.expected_version + 1,
        };
        match self.templates.put(&template, command.expected_version).await {
            Ok(()) => Ok(template),
            Err(error) if error.lost_a_race() => Err(Rejection::conflict(
                "expectedVersion",
                "the text was changed meanwhile; look at it again",
            )
            .into()),
            Err(error) => Err(error.into()),
        }
    }
}

fn check_key(key: TemplateKey) -> Result<(), Failure> {
    if key.kind.possible().contains(&key.channel) {
        Ok(())
    } else {
        Err(Rejection::invalid("channel", "messages of this type do not go this way").into())
    }
}

/// Both sides of a visit must be able to read the text.
fn try_out(key: TemplateKey, wording: &Wording) -> Result<Rendered, Failure> {
    let mut problems = Vec::new();
    let bounds = [
        ("subject", wording.subject.as_str(), MOST_SUBJECT),
        ("text", &wording.text, MOST_TEXT),
        ("html", wording.html.as_deref().unwrap_or_default(), MOST_TEXT),
    ];
    for (part, text, most) in bounds {
        if text.chars().count() > most {
            problems.push(Rejection::invalid(part, format!("at most {most} characters")));
        }
    }
    if key.channel != Channel::Sms && wording.subject.trim().is_empty() {
        problems.push(Rejection::invalid("subject", "a subject is needed"));
    }
    if wording.text.trim().is_empty() {
        problems.push(Rejection::invalid("text", "a text is needed"));
    }
    if !problems.is_empty() {
        return Err(Failure::Refused(problems));
    }
    let mut values = sample(key.kind, key.language);
    let rendered = render(wording, key.channel, &values)
        .map_err(|error| Failure::from(Rejection::invalid(error.part, error.problem)))?;
    if values.contains_key("side") {
        values.insert("side".to_owned(), "practitioner".into());
        render(wording, key.channel, &values)
            .map_err(|error| Failure::from(Rejection::invalid(error.part, error.problem)))?;
    }
    Ok(rendered)
}

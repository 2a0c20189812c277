//! What messages say, for administrators.

use super::payloads::{PreviewNotificationPayload, SaveNotificationTemplatePayload};
use super::types::{NotificationChannel, NotificationLanguage, NotificationType};
use crate::notification::variables;
use crate::template::{self as domain, Rendered, SaveTemplate, TemplateKey, TemplateService, Wording};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use caregraph_kit::graphql::{ContextExt, answer, outcome};

/// Something that a text can say.
#[derive(SimpleObject)]
pub struct TemplateVariable {
    /// Its name: `{{ name }}` in the text.
    pub name: String,
    /// What it means.
    pub description: String,
}

/// The text of one kind of message, for one way, in one language, in the syntax of Jinja.
pub struct NotificationTemplate(domain::Template);

impl From<domain::Template> for NotificationTemplate {
    fn from(template: domain::Template) -> Self {
        Self(template)
    }
}

/// The text of one kind of message, for one way, in one language, in the syntax of Jinja.
#[Object]
impl NotificationTemplate {
    /// Identifies the text.
    async fn id(&self) -> ID {
        self.0.key.id().to_string().into()
    }

    /// What the message is about.
    #[graphql(name = "type")]
    async fn kind(&self) -> NotificationType {
        self.0.key.kind.into()
    }

    /// By which way it goes.
    async fn channel(&self) -> NotificationChannel {
        self.0.key.channel.into()
    }

    /// In which language.
    async fn language(&self) -> NotificationLanguage {
        self.0.key.language.into()
    }

    /// One line; not used for text messages.
    async fn subject(&self) -> &str {
        &self.0.wording.subject
    }

    /// Plain text.
    async fn text(&self) -> &str {
        &self.0.wording.text
    }

    /// The body of e-mails as HTML; null when the plain text is laid out.
    async fn html(&self) -> Option<&str> {
        self.0.wording.html.as_deref()
    }

    /// Whether it is used. While it is not, the text that comes with the program is.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// 0 for the text that comes with the program; grows by one with each change.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// What the text can say.
    async fn variables(&self) -> Vec<TemplateVariable> {
        variables(self.0.key.kind)
            .into_iter()
            .map(|(name, description)| TemplateVariable {
                name: name.to_owned(),
                description: description.to_owned(),
            })
            .collect()
    }
}

/// A message with made-up values.
#[derive(SimpleObject)]
pub struct NotificationPreview {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML; null for other ways than e-mail.
    pub html: Option<String>,
}

impl From<Rendered> for NotificationPreview {
    fn from(rendered: Rendered) -> Self {
        Self {
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
        }
    }
}

/// A text to be used from now on.
#[derive(InputObject)]
pub struct SaveNotificationTemplateInput {
    /// What the message is about.
    #[graphql(name = "type")]
    pub kind: NotificationType,
    /// By which way it goes. Links in messages go by e-mail only.
    pub channel: NotificationChannel,
    /// In which language.
    pub language: NotificationLanguage,
    /// One line in Jinja, at most 200 characters.
    pub subject: String,
    /// Plain text in Jinja, at most 20,000 characters. Unknown variables are errors.
    pub text: String,
    /// The body of e-mails as HTML in Jinja, at most 20,000 characters; values are escaped. Left out: the plain text is laid out.
    pub html: Option<String>,
    /// Whether it is to be used; `false` goes back to the text that comes with the program.
    #[graphql(default = true)]
    pub active: bool,
    /// The version you saw, 0 for the text that comes with the program. When it is another by now, nothing is changed.
    pub expected_version: i64,
}

/// A text to look at.
#[derive(InputObject)]
pub struct PreviewNotificationInput {
    /// What the message is about.
    #[graphql(name = "type")]
    pub kind: NotificationType,
    /// By which way it goes.
    pub channel: NotificationChannel,
    /// In which language.
    pub language: NotificationLanguage,
    /// One line in Jinja. Subject and text left out: the text in use.
    pub subject: Option<String>,
    /// Plain text in Jinja.
    pub text: Option<String>,
    /// The body of e-mails as HTML in Jinja.
    pub html: Option<String>,
}

fn key(kind: NotificationType, channel: NotificationChannel, language: NotificationLanguage) -> TemplateKey {
    TemplateKey {
        kind: kind.into(),
        channel: channel.into(),
        language: language.into(),
    }
}

/// Texts.
#[derive(Default)]
pub struct TemplateQuery;

#[Object]
impl TemplateQuery {
    /// All texts as they are now, those that come with the program included. Needs `notifications:manage`.
    async fn notification_templates(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "type", desc = "Only of messages about this.")] kind: Option<NotificationType>,
        #[graphql(desc = "Only for this way.")] channel: Option<NotificationChannel>,
        #[graphql(desc = "Only in this language.")] language: Option<NotificationLanguage>,
    ) -> Result<Vec<NotificationTemplate>> {
        let service = ctx.service::<TemplateService>();
        let all = answer(ctx, service.list(&ctx.principal()).await)?;
        let wanted = |key: &TemplateKey| {
            kind.is_none_or(|kind| key.kind == kind.into())
                && channel.is_none_or(|channel| key.channel == channel.into())
                && language.is_none_or(|language| key.language == language.into())
        };
        Ok(all
            .into_iter()
            .filter(|template| wanted(&template.key))
            .map(NotificationTemplate)
            .collect())
    }
}

/// Changes of texts.
#[derive(Default)]
pub struct TemplateMutation;

#[Object]
impl TemplateMutation {
    /// Changes what messages say. The text is tried out first, for both sides of a visit: what cannot be rendered is refused.
    /// Needs `notifications:manage`.
    async fn save_notification_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The text.")] input: SaveNotificationTemplateInput,
    ) -> Result<SaveNotificationTemplatePayload> {
        let command = SaveTemplate {
            key: key(input.kind, input.channel, input.language),
            wording: Wording {
                subject: input.subject,
                text: input.text,
                html: input.html,
            },
            active: input.active,
            expected_version: input.expected_version,
        };
        let saved = ctx
            .service::<TemplateService>()
            .save(&ctx.principal(), command)
            .await;
        Ok(SaveNotificationTemplatePayload::of(
            outcome(ctx, saved)?,
            Into::into,
        ))
    }

    /// Shows a text with made-up values. Nothing is changed and nobody is told. Needs `notifications:manage`.
    async fn preview_notification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The text.")] input: PreviewNotificationInput,
    ) -> Result<PreviewNotificationPayload> {
        let given = input.subject.is_some() || input.text.is_some() || input.html.is_some();
        let wording = given.then(|| Wording {
            subject: input.subject.unwrap_or_default(),
            text: input.text.unwrap_or_default(),
            html: input.html,
        });
        let key = key(input.kind, input.channel, input.language);
        let service = ctx.service::<TemplateService>();
        let preview = service.preview(&ctx.principal(), key, wording).await;
        Ok(PreviewNotificationPayload::of(outcome(ctx, preview)?, Into::into))
    }
}

//! The text of one kind of message, for one channel, in one language.

use crate::language::Language;
use crate::notification::{Channel, NotificationType};
use caregraph_contracts::ids::NotificationTemplateId;
use uuid::Uuid;

/// Which text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TemplateKey {
    /// What the message is about.
    pub kind: NotificationType,
    /// By which way it goes.
    pub channel: Channel,
    /// In which language.
    pub language: Language,
}

impl TemplateKey {
    /// The same for everybody, so that a text exists once.
    pub fn id(self) -> NotificationTemplateId {
        const TEMPLATES: Uuid = Uuid::from_u128(0x27a1_8f5e_64d3_5c01_8a52_90e1_4bb7_0d36);
        let name = format!(
            "{}/{}/{}",
            self.kind.as_str(),
            self.channel.as_str(),
            self.language.as_str()
        );
        NotificationTemplateId::from(Uuid::new_v5(&TEMPLATES, name.as_bytes()))
    }
}

/// A text in Jinja's syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// One line. Not used for text messages.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The body as HTML, for e-mail. Without it the text is laid out.
    pub html: Option<String>,
}

/// A text and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Which text.
    pub key: TemplateKey,
    /// What it says.
    pub wording: Wording,
    /// Whether it is used. While it is not, the built-in text is.
    pub active: bool,
    /// 0 for the built-in text; grows by one with each change.
    pub version: i64,
}

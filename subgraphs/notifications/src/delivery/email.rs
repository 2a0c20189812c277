//! E-mail by SMTP.

use super::{Delivered, Letter, Outcome};
use crate::settings::EmailSettings;
use caregraph_kit::Fault;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::response::Response;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::time::{Duration, SystemTime};

/// The way to a mail server. Every message has a connection of its own: one that was cut off in the middle of a conversation would
/// answer the next message with what it had to say of this one.
pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    patience: Duration,
}

impl Smtp {
    /// `None` without an address.
    pub(super) fn new(settings: &EmailSettings) -> Result<Option<Self>, Fault> {
        let url = settings
            .smtp_url
            .reveal()
            .map_err(|error| Fault::new("notifications.email.smtp_url cannot be read", error))?;
        if url.is_empty() {
            return Ok(None);
        }
        let patience = Duration::from_secs(settings.timeout_seconds.max(1).into());
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)
            .map_err(|error| {
                Fault::new(
                    "notifications.email.smtp_url is no address of a mail server",
                    error,
                )
            })?
            .timeout(Some(patience))
            .build();
        Ok(Some(Self {
            transport,
            from: sender(&settings.from)?,
            patience,
        }))
    }

    pub(super) async fn send(&self, letter: &Letter<'_>, address: &str) -> Outcome {
        let message = match compose(letter, &self.from, address, encoded) {
            Ok(message) => message,
            Err(problem) => return Outcome::Refused(problem),
        };
        // The transport's own patience is for each answer; a server that drips is cut off as a whole.
        match tokio::time::timeout(3 * self.patience, self.transport.send(message)).await {
            Err(_) => Outcome::later("the mail server did not answer in time"),
            // The one answer that means that the server has the message now (RFC 5321, 4.2.3).
            Ok(Ok(answer)) if answer.has_code(250) => {
                Outcome::Delivered(Delivered::Taken(Some(words(&answer))))
            }
            Ok(Ok(answer)) => Outcome::later(format!(
                "the mail server answered out of turn: {}",
                words(&answer)
            )),
            Ok(Err(error)) if error.is_permanent() => Outcome::Refused(error.to_string()),
            Ok(Err(error)) if error.is_timeout() => Outcome::later("the mail server did not answer in time"),
            Ok(Err(error)) => Outcome::later(error.to_string()),
        }
    }
}

fn words(answer: &Response) -> String {
    answer.message().collect::<Vec<_>>().join(" ")
}

/// Reads a sender as it stands in `From`.
pub(super) fn sender(from: &str) -> Result<Mailbox, Fault> {
    from.parse()
        .map_err(|error| Fault::new("notifications.email.from is no address", error))
}

/// The text as it travels: encoded, because not every server takes eight bits.
pub(super) fn encoded(text: String) -> Body {
    Body::new(text)
}

/// The text as it lies in a folder, where people read it, when its lines allow that.
pub(super) fn readable(text: String) -> Body {
    // RFC 5322: at most 998 bytes a line, no NUL, and carriage returns at the ends of lines only.
    const MOST_BYTES: usize = 998;
    let fits = text
        .lines()
        .all(|line| line.len() <= MOST_BYTES && !line.contains(['\0', '\r']));
    if fits {
        let crlf = text.lines().collect::<Vec<_>>().join("\r\n");
        Body::dangerous_pre_encoded(crlf.into_bytes(), ContentTransferEncoding::EightBit)
    } else {
        Body::new(text)
    }
}

/// The message as mail programs read it: plain text, and the same as HTML.
pub(super) fn compose(
    letter: &Letter<'_>,
    from: &Mailbox,
    address: &str,
    body: fn(String) -> Body,
) -> Result<Message, String> {
    let to = address
        .parse()
        .map(|address| Mailbox::new(None, address))
        .map_err(|error| format!("the address cannot be used: {error}"))?;
    let domain = from.email.domain();
    let text = SinglePart::builder()
        .header(ContentType::TEXT_PLAIN)
        .body(body(letter.words.text.clone()));
    let mut builder = Message::builder()
        .from(from.clone())
        .to(to)
        .subject(letter.words.subject.as_str())
        .date(SystemTime::from(letter.written_at))
        .message_id(Some(format!("<{}@{domain}>", letter.id)));
    // Nobody's holiday notice is to answer (RFC 3834).
    builder = builder.raw_header(HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    ));
    let message = match &letter.words.html {
        Some(html) => {
            let html = SinglePart::builder()
                .header(ContentType::TEXT_HTML)
                .body(html.clone());
            builder.multipart(MultiPart::alternative().singlepart(text).singlepart(html))
        }
        None => builder.singlepart(text),
    };
    message.map_err(|error| format!("the message cannot be written: {error}"))
}

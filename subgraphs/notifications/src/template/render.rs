//! Putting facts into words.

use super::model::Wording;
use super::values::Values;
use crate::notification::Channel;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

/// A message in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same for mail programs that show HTML.
    pub html: Option<String>,
}

/// Why a text cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct RenderError {
    /// Which part: `subject`, `text` or `html`.
    pub part: &'static str,
    /// What is wrong with it, for whoever wrote it.
    pub problem: String,
}

/// Longest part of a rendered message, in characters.
const MOST_CHARACTERS: usize = 100_000;
/// Steps that a text may take: none runs for ever.
const FUEL: u64 = 50_000;

/// Renders a text. Variables that it does not get are errors, in the branches that are taken.
pub fn render(wording: &Wording, channel: Channel, values: &Values) -> Result<Rendered, RenderError> {
    let environment = environment();
    let context = Value::from_pairs(
        values
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value))),
    );
    let part = |part: &'static str, source: &str| {
        let name = if part == "html" { "html.html" } else { part };
        let rendered = environment
            .render_named_str(name, source, context.clone())
            .map_err(|error| problem(part, &error))?;
        if rendered.chars().count() > MOST_CHARACTERS {
            return Err(RenderError {
                part,
                problem: format!("it has more than {MOST_CHARACTERS} characters"),
            });
        }
        Ok(rendered.trim().to_owned())
    };
    let subject = part("subject", &wording.subject)?;
    let text = part("text", &wording.text)?;
    let html = match (&wording.html, channel) {
        (Some(html), Channel::Email) => Some(part("html", html)?),
        (None, Channel::Email) => Some(laid_out(&subject, &text)),
        (_, Channel::InApp | Channel::Sms | Channel::Push) => None,
    };
    Ok(Rendered {
        // A subject is one line, whatever stood in it.
        subject: subject.split_whitespace().collect::<Vec<_>>().join(" "),
        text,
        html,
    })
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(50);
    environment.set_auto_escape_callback(|name| {
        if name == "html.html" {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    environment
}

fn problem(part: &'static str, error: &minijinja::Error) -> RenderError {
    let line = error
        .line()
        .map(|line| format!(" in line {line}"))
        .unwrap_or_default();
    let detail = error
        .detail()
        .map(|detail| format!(": {detail}"))
        .unwrap_or_default();
    RenderError {
        part,
        problem: format!("{}{detail}{line}", error.kind()),
    }
}

/// Plain text as HTML: paragraphs, and links where a line is one.
fn laid_out(subject: &str, text: &str) -> String {
    let line = |line: &str| {
        let safe = escape(line.trim());
        if line.starts_with("https://") || line.starts_with("http://") {
            format!("<a href=\"{safe}\">{safe}</a>")
        } else {
            safe
        }
    };
    let mut paragraphs = String::new();
    for paragraph in text.split("\n\n") {
        let lines: Vec<String> = paragraph.lines().map(line).collect();
        paragraphs.extend(["<p>", lines.join("<br>\n").as_str(), "</p>\n"]);
    }
    format!(
        "<!doctype html>\n<html>\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n<body>\n{paragraphs}</body>\n</html>\n",
        escape(subject)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Item, Shown};

    fn wording(text: &str) -> Wording {
        Wording {
            subject: "To {{ name }}".into(),
            text: text.into(),
            html: None,
        }
    }

    fn values() -> Values {
        Values::from([("name".into(), "An <b>\nNguyễn".into())])
    }

    #[test]
    fn what_is_shown_as_html_is_escaped_and_subjects_are_one_line() {
        let rendered = render(
            &wording("Dear {{ name }}\n\nhttps://x.example/?a=1&b=2"),
            Channel::Email,
            &values(),
        )
        .unwrap();
        assert_eq!(rendered.subject, "To An <b> Nguyễn");
        let html = rendered.html.unwrap();
        assert!(html.contains("Dear An &lt;b&gt;<br>\nNguyễn"), "{html}");
        assert!(
            html.contains("<a href=\"https://x.example/?a=1&amp;b=2\">"),
            "{html}"
        );
        let own = Wording {
            html: Some("<p>{{ name }}</p>".into()),
            ..wording("x")
        };
        let html = render(&own, Channel::Email, &values()).unwrap().html.unwrap();
        assert_eq!(html, "<p>An &lt;b&gt;\nNguyễn</p>");
    }

    #[test]
    fn unknown_variables_endless_loops_and_bad_syntax_are_errors() {
        for text in [
            "{{ nane }}",
            "{% if nane %}x{% endif %}",
            "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
            "{{ name",
            "{% include 'x' %}",
        ] {
            let error = render(&wording(text), Channel::Sms, &values()).unwrap_err();
            assert_eq!(error.part, "text", "{text}");
            assert!(!error.problem.is_empty());
        }
    }

    #[test]
    fn lists_are_gone_through_and_escaped_too() {
        let items = |words: &[&str]| {
            let items = words
                .iter()
                .map(|word| Item::from([("what", (*word).to_owned())]));
            Values::from([("goes".into(), Shown::Items(items.collect()))])
        };
        let listing = Wording {
            subject: "{% if goes %}Goes{% else %}Nothing{% endif %}".into(),
            text: "{% for item in goes %}{{ item.what }}{% if not loop.last %}; {% endif %}{% endfor %}."
                .into(),
            html: Some("{% for item in goes %}<li>{{ item.what }}</li>{% endfor %}".into()),
        };
        let rendered = render(&listing, Channel::Email, &items(&["a", "<b>"])).unwrap();
        assert_eq!(
            (rendered.subject.as_str(), rendered.text.as_str()),
            ("Goes", "a; <b>.")
        );
        assert_eq!(rendered.html.as_deref(), Some("<li>a</li><li>&lt;b&gt;</li>"));
        let rendered = render(&listing, Channel::Sms, &items(&[])).unwrap();
        assert_eq!(
            (rendered.subject.as_str(), rendered.text.as_str()),
            ("Nothing", ".")
        );
    }

    #[test]
    fn only_mail_has_html() {
        for channel in [Channel::InApp, Channel::Sms, Channel::Push] {
            assert_eq!(render(&wording("x"), channel, &values()).unwrap().html, None);
        }
    }
}

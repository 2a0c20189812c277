//! Languages as BCP 47 tags.

use std::fmt;

/// A well-formed BCP 47 language tag in canonical case: `vi`, `en-GB`, `zh-Hant-TW`.
///
/// Language, script, region and variants are understood (RFC 5646, 2.1); extensions and private-use parts are refused,
/// because they say nothing about what somebody speaks. Whether the parts are registered is not checked: the registry
/// grows every few months.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LanguageTag(String);

/// The text is not a language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a language tag of BCP 47, such as vi or en-GB")]
pub struct NotALanguage;

impl LanguageTag {
    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A tag that we stored.
    pub(super) fn stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for LanguageTag {
    type Err = NotALanguage;

    fn from_str(text: &str) -> Result<Self, NotALanguage> {
        let text = text.trim();
        if text.len() > 35 || !text.is_ascii() {
            return Err(NotALanguage);
        }
        let mut parts = text.split('-').peekable();
        let language = parts
            .next()
            .filter(|part| alphabetic(part, 2..=3))
            .ok_or(NotALanguage)?;
        let mut tag = language.to_ascii_lowercase();
        let mut push = |part: String| {
            tag.push('-');
            tag.push_str(&part);
        };
        if let Some(script) = parts.next_if(|part| alphabetic(part, 4..=4)) {
            push(format!(
                "{}{}",
                script[..1].to_ascii_uppercase(),
                script[1..].to_ascii_lowercase()
            ));
        }
        if let Some(region) = parts.next_if(|part| is_region(part)) {
            push(region.to_ascii_uppercase());
        }
        for part in parts {
            if !is_variant(part) {
                return Err(NotALanguage);
            }
            push(part.to_ascii_lowercase());
        }
        Ok(Self(tag))
    }
}

fn alphabetic(part: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic())
}

fn is_region(part: &str) -> bool {
    alphabetic(part, 2..=2) || (part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit()))
}

fn is_variant(part: &str) -> bool {
    let starts_with_digit = part.bytes().next().is_some_and(|b| b.is_ascii_digit());
    part.bytes().all(|b| b.is_ascii_alphanumeric())
        && ((5..=8).contains(&part.len()) || (part.len() == 4 && starts_with_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_brought_into_canonical_case() {
        for (written, canonical) in [
            ("VI", "vi"),
            ("en-gb", "en-GB"),
            ("ZH-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("de-1996", "de-1996"),
            ("sl-ROZAJ", "sl-rozaj"),
        ] {
            assert_eq!(
                written.parse().map(|tag: LanguageTag| tag.to_string()),
                Ok(canonical.to_owned())
            );
        }
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for bad in [
            "",
            "v",
            "english",
            "en_GB",
            "en-",
            "-en",
            "en--GB",
            "x-klingon",
            "en-u-ca-buddhist",
            "tiếng Việt",
        ] {
            assert_eq!(
                bad.parse::<LanguageTag>(),
                Err(NotALanguage),
                "{bad} should be refused"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_a_canonical_tag_changes_nothing(text in "[a-zA-Z]{2,3}(-[a-zA-Z]{4})?(-[a-zA-Z]{2})?") {
            let once: LanguageTag = text.parse().unwrap();
            proptest::prop_assert_eq!(once.to_string().parse::<LanguageTag>(), Ok(once));
        }

        #[test]
        fn no_text_is_too_strange_to_be_answered(text in "\\PC{0,60}") {
            let _ = text.parse::<LanguageTag>();
        }
    }
}

//! What a text can show.

use minijinja::value::Value;
use std::collections::BTreeMap;

/// Named values.
pub type Values = BTreeMap<String, Shown>;

/// Named words of one item of a list.
pub type Item = BTreeMap<&'static str, String>;

/// A value that a text can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Words, as they are.
    Words(String),
    /// A list to go through: `{% for item in goes %}{{ item.what }}{% endfor %}`.
    Items(Vec<Item>),
}

impl From<String> for Shown {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

impl From<&str> for Shown {
    fn from(words: &str) -> Self {
        Self::Words(words.to_owned())
    }
}

impl From<&Shown> for Value {
    fn from(shown: &Shown) -> Self {
        match shown {
            Shown::Words(words) => Self::from(words.as_str()),
            Shown::Items(items) => {
                let items = items.iter().map(|item| Self::from_pairs(item.clone()));
                Self::from(items.collect::<Vec<_>>())
            }
        }
    }
}

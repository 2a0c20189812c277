//! Values that documents can be found and sorted by.

use caregraph_contracts::ids::Id;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use uuid::Uuid;

/// What stands at a declared path. Texts compare by their bytes in UTF-8, on every back end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A whole number; also an instant, in microseconds since the Unix epoch.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
}

/// What kind of values stand at a declared path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Texts, of at most 4 KiB.
    Text,
    /// Whole numbers of 64 bits; also instants, in microseconds.
    Integer,
    /// Yes or no.
    Boolean,
}

impl Scalar {
    /// An identifier, as documents hold it.
    pub fn id(id: impl Id) -> Self {
        Self::from(id.uuid())
    }

    /// What kind of value this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Integer(_) => Kind::Integer,
            Self::Boolean(_) => Kind::Boolean,
        }
    }
}

impl From<&str> for Scalar {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Scalar {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<i64> for Scalar {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<bool> for Scalar {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<Uuid> for Scalar {
    fn from(value: Uuid) -> Self {
        Self::Text(value.to_string())
    }
}

impl From<DateTime<Utc>> for Scalar {
    fn from(value: DateTime<Utc>) -> Self {
        Self::Integer(value.timestamp_micros())
    }
}

/// How a scalar travels in a cursor.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Travelling<'a> {
    Boolean(bool),
    Integer(i64),
    Text(Cow<'a, str>),
}

impl Serialize for Scalar {
    /// NUL is written as `%00`, because cursors that hold it are taken for made up.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Boolean(value) => Travelling::Boolean(*value),
            Self::Integer(value) => Travelling::Integer(*value),
            Self::Text(text) => Travelling::Text(text.replace('%', "%25").replace('\0', "%00").into()),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Travelling::deserialize(deserializer)? {
            Travelling::Boolean(value) => Self::Boolean(value),
            Travelling::Integer(value) => Self::Integer(value),
            Travelling::Text(text) => Self::Text(text.replace("%00", "\0").replace("%25", "%")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_travel_unharmed_and_without_nul() {
        for text in ["", "a\0b", "%00", "%25", "100 %", "%2500", "\0%\0"] {
            let written = serde_json::to_string(&Scalar::from(text)).unwrap();
            assert!(!written.contains("\\u0000"), "{written}");
            assert_eq!(
                serde_json::from_str::<Scalar>(&written).unwrap(),
                Scalar::from(text)
            );
        }
    }

    #[test]
    fn numbers_and_answers_stay_what_they_are() {
        for value in [Scalar::from(i64::MIN), Scalar::from(i64::MAX), Scalar::from(true)] {
            let written = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Scalar>(&written).unwrap(), value);
        }
        assert!(serde_json::from_str::<Scalar>("1.5").is_err());
    }
}

//! Instants in documents: microseconds since the Unix epoch, for `#[serde(with = "caregraph_kit::documents::micros")]`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Writes an instant.
pub fn serialize<S: Serializer>(value: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    value.timestamp_micros().serialize(serializer)
}

/// Reads an instant.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let micros = i64::deserialize(deserializer)?;
    DateTime::from_timestamp_micros(micros).ok_or_else(|| D::Error::custom("not an instant"))
}

/// Instants that may be absent: `#[serde(default, with = "caregraph_kit::documents::micros::option")]`.
pub mod option {
    use super::{DateTime, Deserialize, Deserializer, Error, Serialize, Serializer, Utc};

    /// Writes an instant or its absence.
    pub fn serialize<S: Serializer>(value: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(|value| value.timestamp_micros()).serialize(serializer)
    }

    /// Reads an instant or its absence.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<DateTime<Utc>>, D::Error> {
        Option::<i64>::deserialize(deserializer)?
            .map(|micros| {
                DateTime::from_timestamp_micros(micros).ok_or_else(|| D::Error::custom("not an instant"))
            })
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Times {
        #[serde(with = "super")]
        at: DateTime<Utc>,
        #[serde(default, with = "super::option")]
        until: Option<DateTime<Utc>>,
    }

    #[test]
    fn instants_are_whole_numbers() {
        let at = DateTime::from_timestamp_micros(-1).unwrap();
        for until in [None, Some(at)] {
            let written = serde_json::to_value(Times { at, until }).unwrap();
            assert_eq!(written["at"], -1);
            assert_eq!(
                serde_json::from_value::<Times>(written).unwrap(),
                Times { at, until }
            );
        }
        assert!(serde_json::from_str::<Times>("{\"at\": 9223372036854775807}").is_err());
    }
}

//! Days of the calendar.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A day of the Gregorian calendar without time or zone, written as in ISO 8601: `1990-04-12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(pub NaiveDate);

impl From<NaiveDate> for Date {
    fn from(day: NaiveDate) -> Self {
        Self(day)
    }
}

impl From<Date> for NaiveDate {
    fn from(day: Date) -> Self {
        day.0
    }
}

/// A day of the Gregorian calendar without time or zone, written as in ISO 8601: `1990-04-12`.
#[Scalar(name = "Date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        // chrono also reads "1990-4-1" and years of six digits; one spelling is enough, and keeps years in 0000..=9999.
        let canonical = text.len() == 10
            && text.bytes().enumerate().all(|(i, b)| match i {
                4 | 7 => b == b'-',
                _ => b.is_ascii_digit(),
            });
        canonical
            .then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
            .flatten()
            .map(Self)
            .ok_or_else(|| InputValueError::custom("must be a day such as 1990-04-12"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format("%Y-%m-%d").to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_spelling() {
        let day = Date(NaiveDate::from_ymd_opt(1990, 4, 12).unwrap());
        assert_eq!(Date::parse(day.to_value()).ok(), Some(day));
        for bad in [
            "1990-4-12",
            "1990-02-30",
            "+1990-04-1",
            "12/04/1990",
            "1990-04-12T00:00:00Z",
            "",
        ] {
            assert!(
                Date::parse(Value::String(bad.into())).is_err(),
                "{bad} should be refused"
            );
        }
    }
}

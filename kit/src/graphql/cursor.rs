//! Cursors of live subscriptions.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use caregraph_contracts::Domain;

/// A place in a stream of changes. Opaque: keep the last one you saw and hand it back as `after` to go on from there,
/// without gap or repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Whose stream.
    pub domain: Domain,
    /// Where in it.
    pub position: i64,
}

/// A place in a stream of changes. Opaque: keep the last one you saw and hand it back as `after` to go on from there,
/// without gap or repeat.
#[Scalar]
impl ScalarType for Cursor {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        read(text).ok_or_else(|| InputValueError::custom("not a cursor of this stream"))
    }

    fn to_value(&self) -> Value {
        Value::String(URL_SAFE_NO_PAD.encode(format!("{}:{}", self.domain, self.position)))
    }
}

fn read(text: &str) -> Option<Cursor> {
    let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (domain, position) = plain.split_once(':')?;
    Some(Cursor {
        domain: domain.parse().ok()?,
        position: position.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back() {
        let cursor = Cursor {
            domain: Domain::Scheduling,
            position: 42,
        };
        assert_eq!(Cursor::parse(cursor.to_value()).ok(), Some(cursor));
        assert!(Cursor::parse(Value::String("nonsense".into())).is_err());
    }
}

//! Messages of the protocol.

use crate::hosting::codes;
use serde::Deserialize;
use serde_json::{Value, json};

/// An operation that a client starts.
#[derive(Debug)]
pub struct Operation {
    /// The client's id of it, unique within the connection while it runs.
    pub id: String,
    /// `query`, `operationName`, `variables` and `extensions`, as in an HTTP request.
    pub payload: Value,
}

/// What an operation says.
#[derive(Debug)]
pub enum OperationEvent {
    /// One result: a JSON object with `data` or `errors`.
    Next(String),
    /// The operation failed before or while it ran, and ends here: a JSON array of GraphQL errors.
    Error(String),
}

impl OperationEvent {
    /// A failure with one error.
    pub fn error(message: &str, code: &str) -> Self {
        Self::Error(error_payload(message, code))
    }
}

/// A JSON array with one GraphQL error.
pub fn error_payload(message: &str, code: &str) -> String {
    json!([{ "message": message, "extensions": { "code": code } }]).to_string()
}

/// What a client may say.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientMessage {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Value>,
    },
    Subscribe {
        id: String,
        payload: Value,
    },
    Complete {
        id: String,
    },
    Ping {},
    Pong {},
}

/// The `Authorization` value out of a `connection_init` payload: `{"Authorization": …}` or `{"headers": {"Authorization": …}}`,
/// the name in any case. `Err` when there is one that is not a string.
pub(super) fn authorization(payload: Option<&Value>) -> Result<Option<String>, ()> {
    let Some(payload) = payload else { return Ok(None) };
    let found =
        named(payload, "authorization").or_else(|| named(named(payload, "headers")?, "authorization"));
    match found {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(value)) => Ok(Some(value.clone())),
        Some(_) => Err(()),
    }
}

fn named<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object
        .as_object()?
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

pub(super) const ACK: &str = r#"{"type":"connection_ack"}"#;
pub(super) const PONG: &str = r#"{"type":"pong"}"#;

pub(super) fn next(id: &str, result: &str) -> String {
    with_payload(id, "next", result)
}

pub(super) fn error(id: &str, errors: &str) -> String {
    with_payload(id, "error", errors)
}

pub(super) fn complete(id: &str) -> String {
    format!(r#"{{"id":{},"type":"complete"}}"#, Value::from(id))
}

/// The payload is JSON already, so it is put in as it is instead of being read and written once more.
fn with_payload(id: &str, kind: &str, payload: &str) -> String {
    format!(
        r#"{{"id":{},"type":"{kind}","payload":{payload}}}"#,
        Value::from(id)
    )
}

pub(super) fn unauthenticated(message: &str) -> String {
    error_payload(message, codes::UNAUTHENTICATED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_in_both_places() {
        for payload in [
            json!({"Authorization": "Bearer x"}),
            json!({"authorization": "Bearer x"}),
            json!({"headers": {"AUTHORIZATION": "Bearer x"}}),
        ] {
            assert_eq!(authorization(Some(&payload)), Ok(Some("Bearer x".to_owned())));
        }
        assert_eq!(authorization(Some(&json!({"other": 1}))), Ok(None));
        assert_eq!(authorization(None), Ok(None));
        assert_eq!(authorization(Some(&json!({"Authorization": {"a": 1}}))), Err(()));
    }

    #[test]
    fn ids_are_escaped() {
        assert_eq!(complete("a\"b"), r#"{"id":"a\"b","type":"complete"}"#);
        assert_eq!(
            next("1", r#"{"data":1}"#),
            r#"{"id":"1","type":"next","payload":{"data":1}}"#
        );
    }
}

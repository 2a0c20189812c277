//! What a document may hold, and what it can be found by.
//!
//! Both back ends get the result of this module, so what a document is found by cannot differ between them.

use super::declaration::{Declaration, Field};
use super::{DocumentError, Kind, Scalar};
use serde::Serialize;
use serde_json::{Map, Value};

/// Longest text at a declared path, in bytes: index entries of any length would make every index slow.
pub const MOST_KEY_BYTES: usize = 4096;
/// Largest document, in bytes as MongoDB counts them. It takes 16 MiB, and keeps what a document is found by a second time.
pub const MOST_DOCUMENT_BYTES: usize = 7 << 20;
/// Deepest nesting; MongoDB takes 100 levels.
pub const MOST_DEPTH: usize = 64;
/// Most values at a path with several values.
pub const MOST_VALUES: usize = 1000;

/// A document as back ends keep it.
pub(super) type Body = Map<String, Value>;

/// What stands at one declared path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Absent,
    One(Scalar),
    /// Sorted, each once, never empty.
    Many(Vec<Scalar>),
}

/// What stands at the declared paths, in their order.
pub(super) type Keys = Vec<Key>;

/// Turns a value into a document, refusing what not every back end can keep.
pub(super) fn body_of<T: Serialize>(collection: &'static str, value: &T) -> Result<Body, DocumentError> {
    let unstorable = |reason: String| DocumentError::Unstorable { collection, reason };
    match serde_json::to_value(value).map_err(|error| unstorable(error.to_string()))? {
        Value::Object(body) => {
            let size = body_size(&body, MOST_DEPTH).map_err(|reason| unstorable(reason.to_owned()))?;
            if size > MOST_DOCUMENT_BYTES {
                return Err(unstorable("it is too large".to_owned()));
            }
            Ok(body)
        }
        _ => Err(unstorable("it is not an object".to_owned())),
    }
}

/// The document's size as BSON, and whether it holds only what every back end keeps unchanged.
fn body_size(body: &Body, depth: usize) -> Result<usize, &'static str> {
    if depth == 0 {
        return Err("it is nested too deeply");
    }
    body.iter().try_fold(5, |size, (name, value)| {
        // Escaped names grow to three times their length at most.
        Ok(size + 2 + 3 * name.len() + value_size(value, depth)?)
    })
}

fn value_size(value: &Value, depth: usize) -> Result<usize, &'static str> {
    match value {
        Value::Null => Ok(0),
        Value::Bool(_) => Ok(1),
        Value::Number(number) if number.is_i64() => Ok(8),
        Value::Number(_) => Err("a number is not a whole number of 64 bits; fractions are kept as texts"),
        Value::String(text) => Ok(5 + text.len()),
        Value::Object(body) => body_size(body, depth - 1),
        Value::Array(_) if depth == 1 => Err("it is nested too deeply"),
        Value::Array(values) => values
            .iter()
            .try_fold(5, |size, value| Ok(size + 10 + value_size(value, depth - 1)?)),
    }
}

/// Reads what stands at the declared paths. `null` and nothing at all are the same: absent.
pub(super) fn keys_of(declaration: &Declaration, body: &Body) -> Result<Keys, DocumentError> {
    declaration
        .fields
        .iter()
        .map(|field| {
            key_of(field, body).map_err(|reason| DocumentError::Unstorable {
                collection: declaration.name,
                reason: format!("`{}` {reason}", field.path),
            })
        })
        .collect()
}

fn key_of(field: &Field, body: &Body) -> Result<Key, &'static str> {
    let mut found = Vec::new();
    let segments: Vec<&str> = field.path.split('.').collect();
    collect(field.kind, &segments, body, &mut found)?;
    if !field.many {
        return Ok(found.pop().map_or(Key::Absent, Key::One));
    }
    found.sort_unstable();
    found.dedup();
    match found.len() {
        0 => Ok(Key::Absent),
        1..=MOST_VALUES => Ok(Key::Many(found)),
        _ => Err("has too many values"),
    }
}

fn collect(kind: Kind, segments: &[&str], body: &Body, found: &mut Vec<Scalar>) -> Result<(), &'static str> {
    let Some((first, rest)) = segments.split_first() else {
        return Ok(());
    };
    match first.strip_suffix("[]") {
        None => at(kind, rest, body.get(*first), found),
        Some(name) => match body.get(name) {
            None | Some(Value::Null) => Ok(()),
            Some(Value::Array(values)) => values
                .iter()
                .try_for_each(|value| at(kind, rest, Some(value), found)),
            Some(_) => Err("is not a list"),
        },
    }
}

fn at(kind: Kind, rest: &[&str], value: Option<&Value>, found: &mut Vec<Scalar>) -> Result<(), &'static str> {
    match (value, rest) {
        (None | Some(Value::Null), _) => Ok(()),
        (Some(Value::Object(inner)), [_, ..]) => collect(kind, rest, inner, found),
        (Some(_), [_, ..]) => Err("does not lead through objects"),
        (Some(value), []) => {
            found.push(scalar(kind, value)?);
            Ok(())
        }
    }
}

fn scalar(kind: Kind, value: &Value) -> Result<Scalar, &'static str> {
    match (kind, value) {
        (Kind::Text, Value::String(text)) if text.len() > MOST_KEY_BYTES => Err("is too long"),
        (Kind::Text, Value::String(text)) => Ok(Scalar::Text(text.clone())),
        (Kind::Text, _) => Err("is not a text"),
        (Kind::Integer, value) => value.as_i64().map(Scalar::Integer).ok_or("is not a whole number"),
        (Kind::Boolean, Value::Bool(value)) => Ok(Scalar::Boolean(*value)),
        (Kind::Boolean, _) => Err("is neither true nor false"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keys(path: &'static str, kind: Kind, body: Value) -> Result<Key, DocumentError> {
        let declaration = Declaration::new("things").field(path, kind);
        keys_of(&declaration, &body_of("things", &body)?).map(|mut keys| keys.remove(0))
    }

    #[test]
    fn paths_lead_through_objects_and_lists() {
        let text = |text: &str| Key::One(Scalar::from(text));
        let cases = [
            ("a", json!({"a": "x"}), text("x")),
            ("a.b", json!({"a": {"b": "x"}}), text("x")),
            ("a.b", json!({"a.b": "x"}), Key::Absent),
            ("a.b", json!({"a": null}), Key::Absent),
            ("a", json!({"a": null}), Key::Absent),
            ("a[]", json!({"a": []}), Key::Absent),
            (
                "a[]",
                json!({"a": ["y", null, "x", "y"]}),
                Key::Many(vec!["x".into(), "y".into()]),
            ),
            (
                "a[].b",
                json!({"a": [{"b": "x"}, {}, {"b": null}]}),
                Key::Many(vec!["x".into()]),
            ),
            (
                "a.b[].c",
                json!({"a": {"b": [{"c": "x"}]}}),
                Key::Many(vec!["x".into()]),
            ),
        ];
        for (path, body, expected) in cases {
            assert_eq!(
                keys(path, Kind::Text, body.clone()).unwrap(),
                expected,
                "{path} in {body}"
            );
        }
    }

    #[test]
    fn what_is_not_of_the_declared_kind_is_refused() {
        for (path, kind, body) in [
            ("a", Kind::Text, json!({"a": 1})),
            ("a", Kind::Text, json!({"a": ["x"]})),
            ("a", Kind::Text, json!({"a": "x".repeat(MOST_KEY_BYTES + 1)})),
            ("a", Kind::Integer, json!({"a": "1"})),
            ("a", Kind::Boolean, json!({"a": 1})),
            ("a.b", Kind::Text, json!({"a": [{"b": "x"}]})),
            ("a[]", Kind::Text, json!({"a": "x"})),
            ("a[].b", Kind::Text, json!({"a": ["x"]})),
        ] {
            let error = keys(path, kind, body.clone()).unwrap_err();
            assert!(
                matches!(error, DocumentError::Unstorable { .. }),
                "{body}: {error}"
            );
        }
    }

    #[test]
    fn numbers_are_whole_and_documents_have_bounds() {
        let deep = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!({ "a": inner }));
        let lists = |levels: usize| json!({"a": (0..levels).fold(json!(1), |inner, _| json!([inner]))});
        assert!(body_of("things", &json!({"a": i64::MAX, "b": i64::MIN})).is_ok());
        assert!(body_of("things", &deep(MOST_DEPTH)).is_ok());
        assert!(body_of("things", &lists(MOST_DEPTH - 1)).is_ok());
        for bad in [
            json!({"a": 1.5}),
            json!({"a": u64::MAX}),
            json!([1]),
            json!("x"),
            deep(MOST_DEPTH + 1),
            lists(MOST_DEPTH),
            json!({"a": "x".repeat(MOST_DOCUMENT_BYTES)}),
        ] {
            assert!(body_of("things", &bad).is_err());
        }
    }
}

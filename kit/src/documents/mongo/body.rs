//! Documents as BSON and back.
//!
//! Names of fields that MongoDB gives a meaning to are written otherwise: `.`, a `$`, NUL and `%` as `%` and two digits, and
//! the empty name as `%`. So every name comes back as it was.

use super::super::body::{Body, Key, Keys};
use super::super::declaration::Declaration;
use super::super::{DocumentError, Scalar};
use mongodb::bson::{Bson, Document};
use serde_json::Value;

pub(super) fn to_bson(body: &Body) -> Document {
    body.iter()
        .map(|(name, value)| (escape(name), value_to_bson(value)))
        .collect()
}

fn value_to_bson(value: &Value) -> Bson {
    match value {
        Value::Null => Bson::Null,
        Value::Bool(value) => Bson::Boolean(*value),
        // Others were refused before.
        Value::Number(number) => Bson::Int64(number.as_i64().unwrap_or_default()),
        Value::String(text) => Bson::String(text.clone()),
        Value::Array(values) => Bson::Array(values.iter().map(value_to_bson).collect()),
        Value::Object(body) => Bson::Document(to_bson(body)),
    }
}

pub(super) fn from_bson(collection: &'static str, document: Document) -> Result<Body, DocumentError> {
    document
        .into_iter()
        .map(|(name, value)| Ok((unescape(&name), value_from_bson(collection, value)?)))
        .collect()
}

fn value_from_bson(collection: &'static str, value: Bson) -> Result<Value, DocumentError> {
    Ok(match value {
        Bson::Null => Value::Null,
        Bson::Boolean(value) => Value::Bool(value),
        Bson::Int32(number) => number.into(),
        Bson::Int64(number) => number.into(),
        Bson::String(text) => Value::String(text),
        Bson::Array(values) => values
            .into_iter()
            .map(|value| value_from_bson(collection, value))
            .collect::<Result<_, _>>()?,
        Bson::Document(document) => Value::Object(from_bson(collection, document)?),
        _ => {
            return Err(DocumentError::Damaged(
                collection,
                "it holds a value of a foreign kind",
            ));
        }
    })
}

/// What documents are found by.
pub(super) fn keys_to_bson(of: &Declaration, keys: &Keys) -> Document {
    let present = of.fields.iter().zip(keys).filter_map(|(field, key)| match key {
        Key::Absent => None,
        Key::One(value) => Some((field.key.clone(), scalar(value))),
        Key::Many(values) => Some((
            field.key.clone(),
            Bson::Array(values.iter().map(scalar).collect()),
        )),
    });
    present.collect()
}

pub(super) fn scalar(value: &Scalar) -> Bson {
    match value {
        Scalar::Text(text) => Bson::String(text.clone()),
        Scalar::Integer(number) => Bson::Int64(*number),
        Scalar::Boolean(value) => Bson::Boolean(*value),
    }
}

fn escape(name: &str) -> String {
    if name.is_empty() {
        return "%".to_owned();
    }
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '%' => escaped.push_str("%25"),
            '.' => escaped.push_str("%2E"),
            '$' => escaped.push_str("%24"),
            '\0' => escaped.push_str("%00"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn unescape(name: &str) -> String {
    if name == "%" {
        return String::new();
    }
    name.replace("%00", "\0")
        .replace("%24", "$")
        .replace("%2E", ".")
        .replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_come_back_as_they_were() {
        let names = [
            "",
            "%",
            "$ne",
            "a.b",
            "a\0b",
            "%24",
            "%2524",
            "%%00",
            "_id",
            "\u{1f600}",
            "0",
        ];
        let mut body: Body = names
            .iter()
            .map(|name| ((*name).to_owned(), json!([null, {"": name}])))
            .collect();
        body.insert("numbers".to_owned(), json!([i64::MIN, 0, i64::MAX]));
        let document = to_bson(&body);
        for name in document.keys() {
            assert!(!name.is_empty() && !name.contains(['$', '.', '\0']), "{name:?}");
        }
        assert_eq!(from_bson("things", document).unwrap(), body);
    }
}

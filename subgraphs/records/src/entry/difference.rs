//! What is different between two versions of an entry. Pure.

use super::model::Entry;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One value that became another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Where, for example `diagnoses.0.code`.
    pub path: String,
    /// What stood there; `None` for nothing.
    pub before: Option<String>,
    /// What stands there; `None` for nothing.
    pub after: Option<String>,
}

/// What is different, by path. Everything that the first version says is new.
pub(super) fn difference(before: Option<&Entry>, after: &Entry) -> Vec<FieldChange> {
    let before = before.map(flat).unwrap_or_default();
    let after = flat(after);
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| FieldChange {
            path: path.clone(),
            before: before.get(path).cloned(),
            after: after.get(path).cloned(),
        })
        .collect()
}

fn flat(entry: &Entry) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    // Content is made of what JSON can hold.
    let content = serde_json::to_value(&entry.content).unwrap_or_default();
    flatten(String::new(), &content, &mut values);
    values.remove("kind");
    values.insert("released".to_owned(), entry.released.to_string());
    if entry.retracted {
        values.insert("enteredInError".to_owned(), "true".to_owned());
    }
    values
}

fn flatten(path: String, value: &Value, into: &mut BTreeMap<String, String>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(below(&camel(name)), value, into);
            }
        }
        Value::Array(items) => {
            for (place, value) in items.iter().enumerate() {
                flatten(below(&place.to_string()), value, into);
            }
        }
        Value::String(text) => {
            into.insert(path, text.clone());
        }
        Value::Bool(_) | Value::Number(_) => {
            into.insert(path, value.to_string());
        }
    }
}

/// Stored names as the schema writes them.
fn camel(name: &str) -> String {
    if name.chars().any(char::is_uppercase) {
        return name.to_owned();
    }
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut name, part| {
        let mut letters = part.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

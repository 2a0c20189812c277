//! A digest of what an event says.

use caregraph_kit::crypto::FieldCipher;
use serde_json::Value;
use std::fmt::Write;

/// Where a payload says who caused the event, which is not part of what it says.
const BY: &str = "by";

/// A keyed digest of a payload: equal ones say the same, and nothing else follows.
pub(super) fn digest(cipher: &FieldCipher, payload: &Value) -> String {
    let mut text = String::new();
    write(payload, true, &mut text);
    cipher.blind_index("administration/payload", &text)
}

/// JSON with the fields of objects in order, so that the way an event took does not show.
fn write(value: &Value, is_root: bool, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields
                .iter()
                .filter(|(name, _)| !is_root || name.as_str() != BY)
                .collect();
            fields.sort_by_key(|(name, _)| name.as_str());
            text.push('{');
            for (name, value) in fields {
                // A string as JSON writes it; writing into a `String` cannot fail.
                let _ = write!(text, "{}:", Value::from(name.as_str()));
                write(value, false, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for value in values {
                write(value, false, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let _ = write!(text, "{value}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use caregraph_kit::crypto::KeyRing;
    use serde_json::json;

    #[test]
    fn the_digest_is_of_what_is_said_not_of_who_said_it_or_in_which_order() {
        let (seal, index) = KeyRing::generate();
        let cipher = FieldCipher::new(KeyRing::parse(&[seal], &index).unwrap());
        let one =
            json!({ "name": "X", "data": { "a": 1, "by": "SIDE", "c": [1, null] }, "by": { "user": "u" } });
        let same = json!({ "data": { "c": [1, null], "by": "SIDE", "a": 1 }, "name": "X" });
        assert_eq!(digest(&cipher, &one), digest(&cipher, &same));
        for other in [
            json!({ "name": "X", "data": { "a": 2, "by": "SIDE", "c": [1, null] } }),
            json!({ "name": "X", "data": { "a": 1, "by": "OTHER", "c": [1, null] } }),
            json!({ "name": "X", "data": { "a": 1, "by": "SIDE", "c": [1] } }),
        ] {
            assert_ne!(digest(&cipher, &one), digest(&cipher, &other));
        }
    }
}

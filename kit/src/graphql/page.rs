//! Relay connections over a keyset: pages do not get slower towards the end, and nothing is skipped when rows come or go.

use async_graphql::connection::{Connection, CursorType, Edge, EmptyFields};
use async_graphql::{Error, ErrorExtensions, OutputType};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

const DEFAULT: usize = 20;
const MOST: usize = 100;

/// What is wrong with paging arguments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// `first` is not in 1..=100.
    #[error("`first` must be between 1 and {MOST}")]
    Size,
    /// `after` is not a cursor of this list.
    #[error("`after` is not a cursor of this list")]
    Cursor,
}

impl From<PageError> for Error {
    fn from(error: PageError) -> Self {
        Self::new(error.to_string()).extend_with(|_, extensions| extensions.set("code", "BAD_USER_INPUT"))
    }
}

/// How many, and behind what. `K` is the key the list is sorted by, unique for every row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageArgs<K> {
    /// How many at most, 1 to 100.
    pub first: usize,
    /// Only what stands behind this key.
    pub after: Option<K>,
}

impl<K: DeserializeOwned> PageArgs<K> {
    /// Reads the GraphQL arguments `first` (default 20, at most 100) and `after`.
    pub fn read(first: Option<i32>, after: Option<&str>) -> Result<Self, PageError> {
        let first = match first {
            None => DEFAULT,
            Some(first) => usize::try_from(first)
                .ok()
                .filter(|n| (1..=MOST).contains(n))
                .ok_or(PageError::Size)?,
        };
        Ok(Self {
            first,
            after: after.map(decode).transpose()?,
        })
    }

    /// How many rows to ask the store for: one more than wanted tells whether there is a next page.
    pub fn limit(&self) -> u64 {
        self.first as u64 + 1
    }
}

/// Rows with their keys.
pub type Edges<K, T> = Vec<(K, T)>;

/// Makes a connection of the rows that a store returned for [`PageArgs::limit`].
pub fn connection<K, T>(page: &PageArgs<K>, mut rows: Edges<K, T>) -> Connection<OpaqueKey, T>
where
    K: Serialize,
    T: OutputType,
{
    let has_next = rows.len() > page.first;
    rows.truncate(page.first);
    let mut connection = Connection::new(page.after.is_some(), has_next);
    connection.edges.extend(
        rows.into_iter()
            .map(|(key, node)| Edge::<_, _, EmptyFields>::new(OpaqueKey(encode(&key)), node)),
    );
    connection
}

/// A key in the form clients see.
pub struct OpaqueKey(String);

impl CursorType for OpaqueKey {
    type Error = std::convert::Infallible;
    fn decode_cursor(text: &str) -> Result<Self, Self::Error> {
        Ok(Self(text.to_owned()))
    }
    fn encode_cursor(&self) -> String {
        self.0.clone()
    }
}

fn encode<K: Serialize>(key: &K) -> String {
    // Keys are tuples of numbers, texts and ids, which JSON always holds.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

fn decode<K: DeserializeOwned>(text: &str) -> Result<K, PageError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| PageError::Cursor)?;
    let key: Value = serde_json::from_slice(&bytes).map_err(|_| PageError::Cursor)?;
    if holds_nul(&key) {
        return Err(PageError::Cursor);
    }
    serde_json::from_value(key).map_err(|_| PageError::Cursor)
}

/// No key that we gave out holds NUL, and PostgreSQL refuses to be asked about it: a made-up cursor must not end as a fault.
fn holds_nul(key: &Value) -> bool {
    match key {
        Value::String(text) => text.contains('\0'),
        Value::Array(parts) => parts.iter().any(holds_nul),
        Value::Object(parts) => parts.values().any(holds_nul),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_bounds() {
        assert_eq!(PageArgs::<i64>::read(None, None).map(|page| page.first), Ok(20));
        for bad in [0, -1, 101] {
            assert_eq!(PageArgs::<i64>::read(Some(bad), None), Err(PageError::Size));
        }
    }

    #[test]
    fn a_key_survives_the_journey() {
        let key = (7_i64, "Nguyễn".to_owned());
        let page = PageArgs::<(i64, String)>::read(Some(1), Some(&encode(&key))).unwrap();
        assert_eq!(page.after, Some(key));
        assert_eq!(PageArgs::<i64>::read(None, Some("%%%")), Err(PageError::Cursor));
        let hostile = encode(&("a\0b", 1));
        assert_eq!(
            PageArgs::<(String, i64)>::read(None, Some(&hostile)),
            Err(PageError::Cursor)
        );
    }
}

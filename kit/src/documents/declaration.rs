//! What a collection is found and sorted by, said once, for every back end.

use super::{DocumentError, Kind};
use sha2::{Digest, Sha256};

/// Which way to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first; documents without a value come before all others.
    Ascending,
    /// Largest first; documents without a value come after all others.
    Descending,
}

/// A collection's name, the paths it can be asked about, and its indexes.
///
/// Paths are dotted names, as in `patient.name`. One segment may end in `[]`, as in `tags[]` or `participants[].user`:
/// such a path has several values in one document. Only declared paths can be filtered and sorted by, so that no query
/// means one thing on one back end and another elsewhere.
#[derive(Debug, Clone)]
pub struct Declaration {
    pub(super) name: &'static str,
    pub(super) fields: Vec<Field>,
    pub(super) indexes: Vec<Index>,
}

/// A declared path.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) path: &'static str,
    pub(super) kind: Kind,
    /// The path as one word: what back ends call it.
    pub(super) key: String,
    pub(super) many: bool,
}

/// A declared index.
#[derive(Debug, Clone)]
pub(super) struct Index {
    pub(super) name: &'static str,
    /// Places in the list of fields.
    pub(super) columns: Vec<(usize, Direction)>,
    pub(super) unique: bool,
    /// A path that was not declared as a field, for the complaint.
    unknown: Option<&'static str>,
}

const MOST_COLUMNS: usize = 6;

impl Declaration {
    /// A collection: lower-case letters, digits and single underscores.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            fields: Vec::new(),
            indexes: Vec::new(),
        }
    }

    /// Declares a path and what stands there. Declare fields before indexes.
    #[must_use]
    pub fn field(mut self, path: &'static str, kind: Kind) -> Self {
        self.fields.push(Field {
            path,
            kind,
            key: path.replace("[]", "").replace('.', "__"),
            many: path.contains("[]"),
        });
        self
    }

    /// An index over declared paths, in order. The identifier follows the last column by itself, in its direction.
    #[must_use]
    pub fn index(mut self, name: &'static str, columns: &[(&'static str, Direction)]) -> Self {
        let index = self.resolve(name, columns, false);
        self.indexes.push(index);
        self
    }

    /// No two documents have the same values at these paths. Documents that lack one of them are left alone.
    #[must_use]
    pub fn unique(mut self, name: &'static str, paths: &[&'static str]) -> Self {
        let columns: Vec<_> = paths.iter().map(|path| (*path, Direction::Ascending)).collect();
        let index = self.resolve(name, &columns, true);
        self.indexes.push(index);
        self
    }

    fn resolve(&self, name: &'static str, columns: &[(&'static str, Direction)], unique: bool) -> Index {
        let mut index = Index {
            name,
            columns: Vec::new(),
            unique,
            unknown: None,
        };
        for (path, direction) in columns {
            match self.fields.iter().position(|field| field.path == *path) {
                Some(at) => index.columns.push((at, *direction)),
                None => index.unknown = Some(path),
            }
        }
        index
    }

    pub(super) fn position(&self, path: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.path == path)
    }

    /// Tells declarations of fields apart: documents carry it, so that those written under another one are found.
    pub(super) fn shape(&self) -> i64 {
        let mut fields: Vec<String> = self
            .fields
            .iter()
            .map(|field| format!("{}:{:?}\n", field.path, field.kind))
            .collect();
        fields.sort();
        let digest = Sha256::digest(fields.concat());
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        i64::from_be_bytes(first)
    }

    /// Refuses what could not be kept on every back end.
    pub(super) fn check(&self) -> Result<(), DocumentError> {
        let wrong = |what: String| Err(DocumentError::Declaration(self.name, what));
        if !is_name(self.name) || self.name.starts_with("event_") {
            return wrong("the collection's name is not one".to_owned());
        }
        let mut keys: Vec<String> = Vec::new();
        for field in &self.fields {
            if !is_path(field.path) {
                return wrong(format!("`{}` is not a path", field.path));
            }
            // SQLite does not tell columns apart by case.
            let key = field.key.to_ascii_lowercase();
            if keys.contains(&key) {
                return wrong(format!("`{}` is too much like another path", field.path));
            }
            keys.push(key);
        }
        let mut names = Vec::new();
        for index in &self.indexes {
            if !is_name(index.name) || names.contains(&index.name) {
                return wrong(format!("`{}` is no name for an index", index.name));
            }
            names.push(index.name);
            if let Some(path) = index.unknown {
                return wrong(format!(
                    "index `{}` uses `{path}`, which is not declared",
                    index.name
                ));
            }
            let many = index
                .columns
                .iter()
                .filter(|(at, _)| self.fields[*at].many)
                .count();
            if many > usize::from(!index.unique) {
                return wrong(format!(
                    "index `{}` has too many paths with several values",
                    index.name
                ));
            }
            if index.columns.is_empty() || index.columns.len() > MOST_COLUMNS {
                return wrong(format!(
                    "index `{}` must have 1 to {MOST_COLUMNS} paths",
                    index.name
                ));
            }
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    let proper = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=48).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(proper)
        && !name.contains("__")
}

fn is_path(path: &str) -> bool {
    let segment = |segment: &str| {
        let name = segment.strip_suffix("[]").unwrap_or(segment);
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.contains("__")
            && !name.ends_with('_')
    };
    path.len() <= 100 && path.split('.').all(segment) && path.matches("[]").count() <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_kept_everywhere_is_refused() {
        let text = |path| Declaration::new("things").field(path, Kind::Text);
        for path in [
            "", ".a", "a.", "a..b", "$a", "a b", "a\0", "a[].b[]", "a__b", "1a", "a[]b", "a\"",
        ] {
            assert!(text(path).check().is_err(), "{path:?}");
        }
        for name in ["", "Things", "event_outbox", "a__b", "a\"b", "1a"] {
            assert!(Declaration::new(name).check().is_err(), "{name:?}");
        }
        assert!(text("a.b[].c_d").check().is_ok());
        assert!(text("name").field("Name", Kind::Text).check().is_err());
        assert!(text("tags[]").unique("one", &["tags[]"]).check().is_err());
        assert!(
            text("a")
                .index("i", &[("b", Direction::Ascending)])
                .check()
                .is_err()
        );
        assert!(text("a").unique("i", &["a"]).unique("i", &["a"]).check().is_err());
    }

    #[test]
    fn the_shape_follows_the_fields_and_nothing_else() {
        let one = Declaration::new("things")
            .field("a", Kind::Text)
            .field("b", Kind::Integer);
        let other = Declaration::new("things")
            .field("b", Kind::Integer)
            .field("a", Kind::Text);
        assert_eq!(one.shape(), other.clone().unique("u", &["a"]).shape());
        assert_ne!(one.shape(), other.field("c", Kind::Text).shape());
    }
}

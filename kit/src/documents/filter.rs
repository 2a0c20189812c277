//! Which documents are meant.

use super::declaration::{Declaration, Direction};
use super::{DocumentError, Kind, Scalar};
use std::ops::Bound;
use uuid::Uuid;

/// Which documents are meant, in terms of declared paths.
///
/// `null` and nothing at all are the same: **absent**. No comparison holds for an absent value. Paths with several values
/// (`tags[]`) are asked with [`Filter::contains`], [`Filter::present`] and [`Filter::absent`] only.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// The value is this.
    Is(String, Scalar),
    /// The value is one of these. None of none.
    OneOf(String, Vec<Scalar>),
    /// The value lies between these bounds. Not for yes and no.
    Between(String, Bound<Scalar>, Bound<Scalar>),
    /// The text begins with this, byte by byte.
    Prefix(String, String),
    /// One of the several values is this.
    Contains(String, Scalar),
    /// There is a value.
    Present(String),
    /// There is no value.
    Absent(String),
    /// All of these; all documents when there is none.
    All(Vec<Filter>),
    /// Any of these; no document when there is none.
    Any(Vec<Filter>),
}

impl Filter {
    /// Every document.
    pub fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// The value is this.
    pub fn is(path: &str, value: impl Into<Scalar>) -> Self {
        Self::Is(path.to_owned(), value.into())
    }

    /// The value is one of these.
    pub fn one_of<S: Into<Scalar>>(path: &str, values: impl IntoIterator<Item = S>) -> Self {
        Self::OneOf(path.to_owned(), values.into_iter().map(Into::into).collect())
    }

    /// The value is this or more.
    pub fn at_least(path: &str, value: impl Into<Scalar>) -> Self {
        Self::Between(path.to_owned(), Bound::Included(value.into()), Bound::Unbounded)
    }

    /// The value is less.
    pub fn less_than(path: &str, value: impl Into<Scalar>) -> Self {
        Self::Between(path.to_owned(), Bound::Unbounded, Bound::Excluded(value.into()))
    }

    /// The text begins with this.
    pub fn prefix(path: &str, prefix: impl Into<String>) -> Self {
        Self::Prefix(path.to_owned(), prefix.into())
    }

    /// One of the several values is this.
    pub fn contains(path: &str, value: impl Into<Scalar>) -> Self {
        Self::Contains(path.to_owned(), value.into())
    }

    /// There is a value.
    pub fn present(path: &str) -> Self {
        Self::Present(path.to_owned())
    }

    /// There is no value.
    pub fn absent(path: &str) -> Self {
        Self::Absent(path.to_owned())
    }

    /// This and the other.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut filters) => {
                filters.push(other);
                Self::All(filters)
            }
            first => Self::All(vec![first, other]),
        }
    }

    /// This or the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut filters) => {
                filters.push(other);
                Self::Any(filters)
            }
            first => Self::Any(vec![first, other]),
        }
    }
}

/// A filter that has been checked: fields by their place in the declaration, values of their kind.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    /// The value is one of these.
    In(usize, Vec<Scalar>),
    Between(usize, Bound<Scalar>, Bound<Scalar>),
    Contains(usize, Scalar),
    Present(usize),
    Absent(usize),
    /// The identifier comes behind this one.
    IdBehind(Direction, Uuid),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// Most values and comparisons in one filter, and how deep they may be nested: what every back end takes.
const MOST_PARTS: usize = 1000;
const MOST_LEVELS: usize = 16;

/// Checks a filter against a declaration.
pub(super) fn check(declaration: &Declaration, filter: &Filter) -> Result<Condition, DocumentError> {
    let mut parts = 0;
    lower(declaration, filter, MOST_LEVELS, &mut parts).map_err(|reason| DocumentError::Query {
        collection: declaration.name,
        reason,
    })
}

fn lower(
    declaration: &Declaration,
    filter: &Filter,
    levels: usize,
    parts: &mut usize,
) -> Result<Condition, String> {
    *parts += match filter {
        Filter::OneOf(_, values) => values.len().max(1),
        _ => 1,
    };
    if levels == 0 || *parts > MOST_PARTS {
        return Err("the filter has too many parts".to_owned());
    }
    let field = |path: &str, many: Option<bool>| {
        let at = declaration
            .position(path)
            .ok_or_else(|| format!("`{path}` is not declared"))?;
        match many {
            Some(many) if declaration.fields[at].many != many => {
                Err(format!("`{path}` has another number of values"))
            }
            _ => Ok(at),
        }
    };
    let of_kind = |at: usize, value: &Scalar| {
        if declaration.fields[at].kind == value.kind() {
            Ok(())
        } else {
            Err(format!("`{}` is of another kind", declaration.fields[at].path))
        }
    };
    match filter {
        Filter::Is(path, value) => {
            let at = field(path, Some(false))?;
            of_kind(at, value)?;
            Ok(Condition::In(at, vec![value.clone()]))
        }
        Filter::OneOf(path, values) => {
            let at = field(path, Some(false))?;
            values.iter().try_for_each(|value| of_kind(at, value))?;
            Ok(Condition::In(at, values.clone()))
        }
        Filter::Between(path, from, to) => {
            let at = field(path, Some(false))?;
            for bound in [from, to] {
                if let Bound::Included(value) | Bound::Excluded(value) = bound {
                    of_kind(at, value)?;
                }
            }
            if declaration.fields[at].kind == Kind::Boolean {
                return Err(format!("`{path}` has no order"));
            }
            Ok(Condition::Between(at, from.clone(), to.clone()))
        }
        Filter::Prefix(path, prefix) => {
            let at = field(path, Some(false))?;
            of_kind(at, &Scalar::Text(String::new()))?;
            let end = successor(prefix).map_or(Bound::Unbounded, |end| Bound::Excluded(Scalar::Text(end)));
            Ok(Condition::Between(
                at,
                Bound::Included(Scalar::Text(prefix.clone())),
                end,
            ))
        }
        Filter::Contains(path, value) => {
            let at = field(path, Some(true))?;
            of_kind(at, value)?;
            Ok(Condition::Contains(at, value.clone()))
        }
        Filter::Present(path) => Ok(Condition::Present(field(path, None)?)),
        Filter::Absent(path) => Ok(Condition::Absent(field(path, None)?)),
        Filter::All(filters) => several(declaration, filters, levels, parts).map(Condition::All),
        Filter::Any(filters) => several(declaration, filters, levels, parts).map(Condition::Any),
    }
}

fn several(
    declaration: &Declaration,
    filters: &[Filter],
    levels: usize,
    parts: &mut usize,
) -> Result<Vec<Condition>, String> {
    filters
        .iter()
        .map(|filter| lower(declaration, filter, levels - 1, parts))
        .collect()
}

/// The first text behind all that begin with `prefix`; `None` when there is none.
fn successor(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        let next = match last {
            char::MAX => continue,
            // Surrogates are no characters.
            '\u{d7ff}' => '\u{e000}',
            other => char::from_u32(other as u32 + 1)?,
        };
        chars.push(next);
        return Some(chars.into_iter().collect());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successor_stands_behind_all_that_begin_alike() {
        assert_eq!(successor(""), None);
        assert_eq!(successor("\u{10ffff}\u{10ffff}"), None);
        for prefix in [
            "a",
            "az",
            "é",
            "\u{d7ff}",
            "\0",
            "a\u{10ffff}",
            "\u{7f}",
            "\u{7ff}",
            "\u{ffff}",
        ] {
            let end = successor(prefix).unwrap();
            assert!(end.as_str() > prefix);
            assert!(!end.starts_with(prefix));
            assert!(format!("{prefix}\u{10ffff}\u{10ffff}") < end, "{prefix:?}");
        }
    }

    #[test]
    fn only_what_is_declared_can_be_asked() {
        let declaration = Declaration::new("things")
            .field("text", Kind::Text)
            .field("flag", Kind::Boolean)
            .field("tags[]", Kind::Text);
        for bad in [
            Filter::is("other", "x"),
            Filter::is("text", 1),
            Filter::is("tags[]", "x"),
            Filter::contains("text", "x"),
            Filter::contains("tags[]", 1),
            Filter::at_least("flag", true),
            Filter::prefix("flag", "t"),
            Filter::one_of("text", vec!["x"; MOST_PARTS + 1]),
            (0..MOST_LEVELS).fold(Filter::present("text"), |inner, _| Filter::Any(vec![inner])),
        ] {
            assert!(
                matches!(check(&declaration, &bad), Err(DocumentError::Query { .. })),
                "{bad:?}"
            );
        }
        assert!(check(&declaration, &Filter::present("tags[]")).is_ok());
    }
}

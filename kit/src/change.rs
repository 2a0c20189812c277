//! Partial updates: what to do with one field of a form.

use async_graphql::MaybeUndefined;

/// A change to a value that may be absent. In GraphQL: left out keeps, `null` clears, a value sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// Leave it as it is.
    #[default]
    Keep,
    /// Make it absent.
    Clear,
    /// Make it this.
    Set(T),
}

impl<T> Change<T> {
    /// Does it.
    pub fn apply(self, to: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *to = None,
            Self::Set(value) => *to = Some(value),
        }
    }

    /// The same change of another kind of value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => Change::Set(f(value)),
        }
    }
}

impl<T> From<MaybeUndefined<T>> for Change<T> {
    fn from(value: MaybeUndefined<T>) -> Self {
        match value {
            MaybeUndefined::Undefined => Self::Keep,
            MaybeUndefined::Null => Self::Clear,
            MaybeUndefined::Value(value) => Self::Set(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn left_out_keeps_null_clears_and_a_value_sets() {
        for (change, after) in [
            (MaybeUndefined::Undefined, Some(1)),
            (MaybeUndefined::Null, None),
            (MaybeUndefined::Value(2), Some(2)),
        ] {
            let mut value = Some(1);
            Change::from(change).apply(&mut value);
            assert_eq!(value, after);
        }
    }
}

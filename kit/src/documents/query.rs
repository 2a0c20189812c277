//! Lists: which documents, in what order, from where on.

use super::body::{Key, Keys};
use super::declaration::{Declaration, Direction};
use super::filter::{self, Condition};
use super::{DocumentError, Filter, Scalar};
use serde::{Deserialize, Serialize};
use std::ops::Bound;
use uuid::Uuid;

/// A list of documents.
#[derive(Debug, Clone)]
pub struct Query {
    pub(super) filter: Filter,
    pub(super) sort: Vec<(String, Direction)>,
    pub(super) after: Option<PageKey>,
    pub(super) limit: u64,
}

impl Query {
    /// The first hundred documents that `filter` means, by identifier.
    pub fn of(filter: Filter) -> Self {
        Self {
            filter,
            sort: Vec::new(),
            after: None,
            limit: 100,
        }
    }

    /// Sorted by a path; called again, by a further one. Ties are broken by the identifier, in the last path's direction.
    #[must_use]
    pub fn sorted_by(mut self, path: &str, direction: Direction) -> Self {
        self.sort.push((path.to_owned(), direction));
        self
    }

    /// Only what stands behind this key.
    #[must_use]
    pub fn after(mut self, key: Option<PageKey>) -> Self {
        self.after = key;
        self
    }

    /// At most so many, 1000 at the most.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = limit.min(MOST_ROWS);
        self
    }
}

const MOST_ROWS: u64 = 1000;
const MOST_SORTS: usize = 4;

/// A document's place in a sorted list: what it is sorted by, and its identifier. Fits
/// [`PageArgs`](crate::graphql::PageArgs).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageKey(pub(super) Vec<Option<Scalar>>, pub(super) Uuid);

/// A checked list.
#[derive(Debug)]
pub(super) struct Plan {
    /// Conditions whose results, one after the other, are the list. Each can walk an index from where it begins, which one
    /// condition with "or" could not: so a page costs the same wherever it lies.
    pub(super) segments: Vec<Condition>,
    pub(super) order: Order,
    pub(super) limit: u64,
}

/// What a list is sorted by.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// Places in the declaration.
    pub(super) columns: Vec<(usize, Direction)>,
    /// The identifier's direction.
    pub(super) id: Direction,
}

impl Order {
    /// The place of a document in the list.
    pub(super) fn key(&self, id: Uuid, keys: &Keys) -> PageKey {
        let values = self.columns.iter().map(|(at, _)| match &keys[*at] {
            Key::One(value) => Some(value.clone()),
            Key::Absent | Key::Many(_) => None,
        });
        PageKey(values.collect(), id)
    }
}

/// Checks a query against a declaration and lays out how it is answered.
pub(super) fn plan(declaration: &Declaration, query: &Query) -> Result<Plan, DocumentError> {
    let condition = filter::check(declaration, &query.filter)?;
    let order = order(declaration, &query.sort)?;
    let segments = match &query.after {
        None => vec![condition],
        Some(key) => {
            check_key(declaration, &order, key)?;
            behind(&order, key)
                .into_iter()
                .map(|segment| Condition::All(vec![condition.clone(), segment]))
                .collect()
        }
    };
    Ok(Plan {
        segments,
        order,
        limit: query.limit,
    })
}

fn order(declaration: &Declaration, sort: &[(String, Direction)]) -> Result<Order, DocumentError> {
    let refused = |reason: String| DocumentError::Query {
        collection: declaration.name,
        reason,
    };
    let mut columns: Vec<(usize, Direction)> = Vec::new();
    for (path, direction) in sort {
        let at = declaration
            .position(path)
            .ok_or_else(|| refused(format!("`{path}` is not declared")))?;
        let twice = columns.iter().any(|(known, _)| *known == at);
        if declaration.fields[at].many || twice || columns.len() == MOST_SORTS {
            return Err(refused(format!("it cannot be sorted by `{path}`")));
        }
        columns.push((at, *direction));
    }
    let id = columns
        .last()
        .map_or(Direction::Ascending, |(_, direction)| *direction);
    Ok(Order { columns, id })
}

/// Keys come back from clients, so they may be anything.
fn check_key(declaration: &Declaration, order: &Order, key: &PageKey) -> Result<(), DocumentError> {
    let fits = key.0.len() == order.columns.len()
        && key.0.iter().zip(&order.columns).all(|(value, (at, _))| {
            value
                .as_ref()
                .is_none_or(|value| value.kind() == declaration.fields[*at].kind)
        });
    if fits { Ok(()) } else { Err(DocumentError::Cursor) }
}

/// What stands behind a key, nearest first: the same values and a later identifier; then the same values but the last, which
/// is later; and so on.
fn behind(order: &Order, key: &PageKey) -> Vec<Condition> {
    let same = |count: usize| -> Vec<Condition> {
        let columns = order.columns[..count].iter().zip(&key.0);
        columns
            .map(|((at, _), value)| match value {
                Some(value) => Condition::In(*at, vec![value.clone()]),
                None => Condition::Absent(*at),
            })
            .collect()
    };
    let mut segments = Vec::new();
    let mut push = |count: usize, last: Condition| {
        let mut all = same(count);
        all.push(last);
        segments.push(Condition::All(all));
    };
    push(order.columns.len(), Condition::IdBehind(order.id, key.1));
    for (count, ((at, direction), value)) in order.columns.iter().zip(&key.0).enumerate().rev() {
        match (direction, value) {
            (Direction::Ascending, None) => push(count, Condition::Present(*at)),
            (Direction::Ascending, Some(value)) => {
                let behind = Bound::Excluded(value.clone());
                push(count, Condition::Between(*at, behind, Bound::Unbounded));
            }
            // Documents without a value are the last ones.
            (Direction::Descending, None) => {}
            (Direction::Descending, Some(value)) => {
                let behind = Bound::Excluded(value.clone());
                push(count, Condition::Between(*at, Bound::Unbounded, behind));
                push(count, Condition::Absent(*at));
            }
        }
    }
    segments
}

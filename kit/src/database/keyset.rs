//! Pages of lists that are sorted by two columns, of which the second decides among equals.

use sea_orm::{ColumnTrait, Condition, Value};

/// What stands behind a place in an ascending list.
pub fn behind_ascending<A, B>(first: (impl ColumnTrait, A), second: (impl ColumnTrait, B)) -> Condition
where
    A: Into<Value> + Clone,
    B: Into<Value>,
{
    let ((first, at), (second, tie)) = (first, second);
    let further = Condition::any().add(first.gt(at.clone())).add(second.gt(tie));
    // This one is what engines find the beginning of the page by: in alternatives they find none.
    Condition::all().add(first.gte(at)).add(further)
}

/// What stands behind a place in a descending list.
pub fn behind_descending<A, B>(first: (impl ColumnTrait, A), second: (impl ColumnTrait, B)) -> Condition
where
    A: Into<Value> + Clone,
    B: Into<Value>,
{
    let ((first, at), (second, tie)) = (first, second);
    let further = Condition::any().add(first.lt(at.clone())).add(second.lt(tie));
    // As above.
    Condition::all().add(first.lte(at)).add(further)
}

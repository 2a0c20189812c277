//! Questions in SQL. Names come from declarations, values are bound.

use super::super::declaration::{Declaration, Direction};
use super::super::filter::Condition;
use super::super::query::Order;
use super::super::store::Raw;
use super::super::{DocumentError, Scalar};
use super::schema::sql_direction;
use super::{place, table};
use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};
use std::fmt::Write;
use std::ops::Bound;
use uuid::Uuid;

pub(super) async fn get(
    connection: &impl ConnectionTrait,
    of: &Declaration,
    ids: &[Uuid],
) -> Result<Vec<Raw>, DocumentError> {
    let marks = vec!["?"; ids.len()].join(", ");
    let ask = format!(
        "SELECT id, version, body FROM {} WHERE id IN ({marks})",
        table(of)
    );
    let values = ids.iter().map(|id| Value::from(id.to_string()));
    rows(connection, of, ask, values.collect()).await
}

pub(super) async fn select(
    connection: &impl ConnectionTrait,
    of: &Declaration,
    condition: &Condition,
    order: &Order,
    limit: u64,
) -> Result<Vec<Raw>, DocumentError> {
    let (ask, values) = question(of, condition, order, limit);
    rows(connection, of, ask, values).await
}

fn question(of: &Declaration, condition: &Condition, order: &Order, limit: u64) -> (String, Vec<Value>) {
    let mut values = Vec::new();
    let mut ask = format!("SELECT id, version, body FROM {} WHERE ", table(of));
    put(&mut ask, &mut values, of, condition);
    ask.push_str(" ORDER BY ");
    for (at, direction) in &order.columns {
        let _ = write!(ask, "{} {}, ", place(of, *at), sql_direction(*direction));
    }
    let _ = write!(ask, "id {} LIMIT {limit}", sql_direction(order.id));
    (ask, values)
}

pub(super) async fn count(
    connection: &impl ConnectionTrait,
    of: &Declaration,
    condition: &Condition,
) -> Result<u64, DocumentError> {
    let mut values = Vec::new();
    let mut ask = format!("SELECT COUNT(*) AS documents FROM {} WHERE ", table(of));
    put(&mut ask, &mut values, of, condition);
    let row = connection
        .query_one_raw(Statement::from_sql_and_values(
            connection.get_database_backend(),
            ask,
            values,
        ))
        .await?;
    let count: i64 = match row {
        Some(row) => row.try_get("", "documents")?,
        None => 0,
    };
    Ok(u64::try_from(count).unwrap_or_default())
}

async fn rows(
    connection: &impl ConnectionTrait,
    of: &Declaration,
    ask: String,
    values: Vec<Value>,
) -> Result<Vec<Raw>, DocumentError> {
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), ask, values);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| read(of, row)).collect()
}

fn read(of: &Declaration, row: &QueryResult) -> Result<Raw, DocumentError> {
    let (id, body): (String, String) = (row.try_get("", "id")?, row.try_get("", "body")?);
    Ok(Raw {
        id: Uuid::try_parse(&id).map_err(|_| DocumentError::Damaged(of.name, "the identifier is not one"))?,
        version: row.try_get("", "version")?,
        body: serde_json::from_str(&body).map_err(|error| DocumentError::Unreadable(of.name, error))?,
    })
}

pub(super) fn value(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Text(text) => text.clone().into(),
        Scalar::Integer(number) => (*number).into(),
        Scalar::Boolean(yes) => i64::from(*yes).into(),
    }
}

/// Writes a condition.
fn put(sql: &mut String, values: &mut Vec<Value>, of: &Declaration, condition: &Condition) {
    match condition {
        Condition::In(at, wanted) => {
            let marks = vec!["?"; wanted.len()].join(", ");
            let _ = match wanted.len() {
                1 => write!(sql, "{} = ?", place(of, *at)),
                _ => write!(sql, "{} IN ({marks})", place(of, *at)),
            };
            values.extend(wanted.iter().map(value));
        }
        Condition::Between(at, from, to) => {
            let column = place(of, *at);
            // Also where there are no bounds: no comparison holds for an absent value.
            let _ = write!(sql, "({column} IS NOT NULL");
            for (bound, inclusive, exclusive) in [(from, ">=", ">"), (to, "<=", "<")] {
                let (operator, bound) = match bound {
                    Bound::Unbounded => continue,
                    Bound::Included(bound) => (inclusive, bound),
                    Bound::Excluded(bound) => (exclusive, bound),
                };
                let _ = write!(sql, " AND {column} {operator} ?");
                values.push(value(bound));
            }
            sql.push(')');
        }
        Condition::Contains(at, wanted) => {
            let _ = write!(sql, "id IN (SELECT id FROM {} WHERE value = ?)", place(of, *at));
            values.push(value(wanted));
        }
        Condition::Present(at) | Condition::Absent(at) => {
            let absent = matches!(condition, Condition::Absent(_));
            let _ = if of.fields[*at].many {
                let not = if absent { "NOT " } else { "" };
                let (list, table) = (place(of, *at), table(of));
                write!(
                    sql,
                    "{not}EXISTS (SELECT 1 FROM {list} AS list WHERE list.id = {table}.id)"
                )
            } else {
                let not = if absent { "" } else { "NOT " };
                write!(sql, "{} IS {not}NULL", place(of, *at))
            };
        }
        Condition::IdBehind(direction, id) => {
            let operator = match direction {
                Direction::Ascending => '>',
                Direction::Descending => '<',
            };
            let _ = write!(sql, "id {operator} ?");
            values.push(id.to_string().into());
        }
        Condition::All(parts) => join(sql, values, of, parts, " AND ", "1"),
        Condition::Any(parts) => join(sql, values, of, parts, " OR ", "0"),
    }
}

fn join(
    sql: &mut String,
    values: &mut Vec<Value>,
    of: &Declaration,
    parts: &[Condition],
    between: &str,
    empty: &str,
) {
    if parts.is_empty() {
        sql.push_str(empty);
        return;
    }
    sql.push('(');
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            sql.push_str(between);
        }
        put(sql, values, of, part);
    }
    sql.push(')');
}

#[cfg(test)]
mod tests {
    use super::super::super::query::{Query, plan};
    use super::super::super::{Filter, Kind, PageKey};
    use super::super::schema::bring_up;
    use super::*;
    use crate::database::{Database, Engine};
    use crate::testing::TestDatabase;
    use Direction::{Ascending, Descending};
    use std::sync::Arc;

    async fn steps(database: &Database, of: &Declaration, condition: &Condition, order: &Order) -> String {
        let (ask, values) = question(of, condition, order, 20);
        let statement = Statement::from_sql_and_values(
            database.reader().get_database_backend(),
            format!("EXPLAIN QUERY PLAN {ask}"),
            values,
        );
        let rows = database.reader().query_all_raw(statement).await.unwrap();
        let details = rows
            .iter()
            .map(|row| row.try_get::<String>("", "detail").unwrap());
        details.collect::<Vec<_>>().join("; ")
    }

    /// A page far back must cost what the first one costs: no scan, no sorting.
    #[tokio::test]
    async fn every_page_walks_an_index_from_where_it_begins() {
        let of = Declaration::new("letters")
            .field("to", Kind::Text)
            .field("sent", Kind::Integer)
            .index("by_receiver", &[("to", Ascending), ("sent", Descending)]);
        let test = TestDatabase::new(Engine::Sqlite);
        let database = test.open().await;
        bring_up(&database, &[Arc::new(of.clone())]).await.unwrap();
        let list = Query::of(Filter::is("to", "somebody")).sorted_by("sent", Descending);
        let key = |sent: Option<i64>| PageKey(vec![sent.map(Scalar::from)], Uuid::nil());
        for after in [None, Some(key(Some(7))), Some(key(None))] {
            let plan = plan(&of, &list.clone().after(after)).unwrap();
            for segment in &plan.segments {
                let steps = steps(&database, &of, segment, &plan.order).await;
                assert!(
                    steps.starts_with("SEARCH docs_letters USING INDEX ix_letters__by_receiver (t_to=?"),
                    "{steps}"
                );
                assert!(!steps.contains("TEMP B-TREE"), "{steps}");
            }
        }
        let by_id = plan(
            &of,
            &Query::of(Filter::everything()).after(Some(PageKey(vec![], Uuid::nil()))),
        )
        .unwrap();
        let steps = steps(&database, &of, &by_id.segments[0], &by_id.order).await;
        assert!(
            steps.starts_with("SEARCH docs_letters USING INDEX sqlite_autoindex_docs_letters_1 (id>?)"),
            "{steps}"
        );
    }
}

//! Batches in SQL, one transaction each.

use super::super::DocumentError;
use super::super::body::{Key, Keys};
use super::super::declaration::Declaration;
use super::super::store::{Batch, Note, Prepared, State, Step};
use super::select::value;
use super::{place, table};
use crate::clock::Clock;
use crate::database::{Database, Sacrificed, Transaction, is_unique_violation};
use crate::events::{EventStore, note_handled, remove_letter};
use sea_orm::{ConnectionTrait, DbErr, Statement, Value};
use std::fmt::Write;

impl Sacrificed for DocumentError {
    fn was_sacrificed(&self) -> bool {
        matches!(self, Self::Store(error) if error.was_sacrificed())
    }
}

pub(super) async fn apply(
    database: &Database,
    events: &EventStore,
    clock: &Clock,
    batch: &Batch,
) -> Result<bool, DocumentError> {
    database
        .retrying(|| async {
            let mut tx = database.begin().await?;
            if let Some(note) = &batch.note
                && !take_note(&tx, clock, note).await?
            {
                return Ok(false);
            }
            for write in &batch.writes {
                take_step(&tx, write).await?;
            }
            events.append_sealed(&mut tx, &batch.events).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
}

/// `false` when somebody was faster.
async fn take_note(tx: &Transaction, clock: &Clock, note: &Note) -> Result<bool, DbErr> {
    match note {
        Note::Handled { handler, event } => note_handled(tx, handler, *event, clock.now()).await,
        Note::Parked(letter) => {
            let first = note_handled(tx, &letter.handler, letter.event_id, letter.parked_at).await?;
            if first {
                letter.keep(tx).await?;
            }
            Ok(first)
        }
        Note::Replayed { handler, event } => remove_letter(tx, handler, *event).await,
    }
}

async fn take_step(tx: &Transaction, write: &Prepared) -> Result<(), DocumentError> {
    let of = &write.declaration;
    let id = write.id.to_string();
    match &write.step {
        Step::Insert(state) => {
            let (mut columns, mut values) = state_to_values(of, state)?;
            columns.extend(["id".to_owned(), "version".to_owned()]);
            values.extend([Value::from(id.clone()), Value::from(1_i64)]);
            let marks = vec!["?"; columns.len()].join(", ");
            let insert = format!(
                "INSERT INTO {} ({}) VALUES ({marks})",
                table(of),
                columns.join(", ")
            );
            let inserted = execute(tx, insert, values).await;
            explained(inserted, tx, write, state).await?;
            rewrite_lists(tx, of, &id, Some(&state.keys)).await?;
        }
        Step::Replace(expected, state) => {
            let (columns, mut values) = state_to_values(of, state)?;
            let set: Vec<String> = columns.iter().map(|column| format!("{column} = ?")).collect();
            values.extend([Value::from(id.clone()), Value::from(*expected)]);
            let update = format!(
                "UPDATE {} SET version = version + 1, {} WHERE id = ? AND version = ?",
                table(of),
                set.join(", ")
            );
            let updated = execute(tx, update, values).await;
            let changed = explained(updated, tx, write, state).await?;
            if changed == 0 {
                return Err(conflict(tx, write, *expected).await?);
            }
            rewrite_lists(tx, of, &id, Some(&state.keys)).await?;
        }
        Step::Delete(expected) => {
            let delete = format!("DELETE FROM {} WHERE id = ? AND version = ?", table(of));
            if execute(tx, delete, vec![id.clone().into(), (*expected).into()]).await? == 0 {
                return Err(conflict(tx, write, *expected).await?);
            }
            rewrite_lists(tx, of, &id, None).await?;
        }
        // The whole file is locked, so what is there now is there when this commits.
        Step::Require(expected) => {
            if found(tx, write).await? != Some(*expected) {
                return Err(conflict(tx, write, *expected).await?);
            }
        }
    }
    Ok(())
}

async fn execute(tx: &Transaction, sql: String, values: Vec<Value>) -> Result<u64, DbErr> {
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}

/// Says which index a write has violated, if that is why it failed.
async fn explained(
    result: Result<u64, DbErr>,
    tx: &Transaction,
    write: &Prepared,
    state: &State,
) -> Result<u64, DocumentError> {
    match result {
        Err(error) if is_unique_violation(&error) => {
            let index = violated(tx, write, state).await?;
            Err(index.map_or(DocumentError::Store(error), |index| write.duplicate(index)))
        }
        other => Ok(other?),
    }
}

/// Which index stands in the way: `id`, or the first one declared. The engine names the one it happened to look at.
async fn violated(
    tx: &Transaction,
    refused: &Prepared,
    state: &State,
) -> Result<Option<&'static str>, DbErr> {
    if matches!(refused.step, Step::Insert(_)) && found(tx, refused).await?.is_some() {
        return Ok(Some("id"));
    }
    let of = &refused.declaration;
    for index in of.indexes.iter().filter(|index| index.unique) {
        let mut values: Vec<Value> = vec![refused.id.to_string().into()];
        let mut ask = format!("SELECT 1 AS found FROM {} WHERE id <> ?", table(of));
        for (at, _) in &index.columns {
            if let Key::One(scalar) = &state.keys[*at] {
                let _ = write!(ask, " AND {} = ?", place(of, *at));
                values.push(value(scalar));
            }
        }
        let complete = values.len() == index.columns.len() + 1;
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), ask, values);
        if complete && tx.query_one_raw(statement).await?.is_some() {
            return Ok(Some(index.name));
        }
    }
    Ok(None)
}

async fn found(tx: &Transaction, write: &Prepared) -> Result<Option<i64>, DbErr> {
    let ask = format!("SELECT version FROM {} WHERE id = ?", table(&write.declaration));
    let id = write.id.to_string();
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), ask, [id.into()]);
    tx.query_one_raw(statement)
        .await?
        .map(|row| row.try_get("", "version"))
        .transpose()
}

async fn conflict(tx: &Transaction, write: &Prepared, expected: i64) -> Result<DocumentError, DbErr> {
    Ok(write.conflict(expected, found(tx, write).await?))
}

fn state_to_values(of: &Declaration, state: &State) -> Result<(Vec<String>, Vec<Value>), DocumentError> {
    let body =
        serde_json::to_string(&state.body).map_err(|error| DocumentError::Unreadable(of.name, error))?;
    let (mut columns, mut values) = keys_to_values(of, &state.keys);
    columns.extend(["body".to_owned(), "shape".to_owned()]);
    values.extend([Value::from(body), Value::from(of.shape())]);
    Ok((columns, values))
}

/// The columns of paths with one value, and what belongs there.
pub(super) fn keys_to_values(of: &Declaration, keys: &Keys) -> (Vec<String>, Vec<Value>) {
    let single = keys.iter().enumerate().filter(|(at, _)| !of.fields[*at].many);
    single
        .map(|(at, key)| {
            let value = match (key, of.fields[at].kind) {
                (Key::One(scalar), _) => value(scalar),
                (_, super::super::Kind::Text) => Value::String(None),
                (_, _) => Value::BigInt(None),
            };
            (place(of, at), value)
        })
        .unzip()
}

/// Writes the values of paths with several; none when the document is gone.
pub(super) async fn rewrite_lists(
    tx: &Transaction,
    of: &Declaration,
    id: &str,
    keys: Option<&Keys>,
) -> Result<(), DbErr> {
    for (at, _) in of.fields.iter().enumerate().filter(|(_, field)| field.many) {
        let list = place(of, at);
        execute(tx, format!("DELETE FROM {list} WHERE id = ?"), vec![id.into()]).await?;
        let Some(Key::Many(scalars)) = keys.map(|keys| &keys[at]) else {
            continue;
        };
        for scalars in scalars.chunks(200) {
            let marks = vec!["(?, ?)"; scalars.len()].join(", ");
            let values = scalars.iter().flat_map(|scalar| [value(scalar), Value::from(id)]);
            let insert = format!("INSERT INTO {list} (value, id) VALUES {marks}");
            execute(tx, insert, values.collect()).await?;
        }
    }
    Ok(())
}

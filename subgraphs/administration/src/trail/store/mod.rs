//! The trail in the database.

mod listing;
mod reading;
mod rows;

pub use listing::{Narrowed, count_of, page};
pub use reading::{
    Found, day_after, day_before, entries_after, hash_at, head_of, last_hash, newest_day, newest_head,
};

use super::{Head, Written};
use crate::entry::Entry;
use caregraph_contracts::ids::{AuditEntryId, Id};
use caregraph_kit::database::Transaction;
use rows::{entry, head, turn};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};
use std::collections::HashSet;
use uuid::Uuid;

/// Waits for the turn to append, and keeps it until the transaction ends.
pub async fn take_turn(tx: &Transaction) -> Result<(), DbErr> {
    // Writing the row takes its lock on every engine.
    let taken = turn::Entity::update_many()
        .col_expr(turn::Column::Taken, Expr::col(turn::Column::Taken).add(1))
        .filter(turn::Column::Id.eq(1))
        .exec(&**tx)
        .await?;
    if taken.rows_affected == 1 {
        Ok(())
    } else {
        Err(DbErr::RecordNotFound(
            "the row that orders appending to the audit trail".to_owned(),
        ))
    }
}

/// Which of some entries are in the trail.
pub async fn recorded(tx: &Transaction, entries: &[Entry]) -> Result<HashSet<AuditEntryId>, DbErr> {
    let known: Vec<Uuid> = entry::Entity::find()
        .select_only()
        .column(entry::Column::Id)
        .filter(entry::Column::Id.is_in(entries.iter().map(|entry| entry.id.uuid())))
        .into_tuple()
        .all(&**tx)
        .await?;
    Ok(known.into_iter().map(AuditEntryId::from).collect())
}

/// Adds entries, each at its place.
pub async fn append(tx: &Transaction, written: &[Written]) -> Result<(), DbErr> {
    let rows = written
        .iter()
        .map(|written| entry::Model::from(written).into_active_model());
    entry::Entity::insert_many(rows)
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

/// Keeps a day's head, which may be a new one.
pub async fn keep_head(tx: &Transaction, head: &Head, is_new: bool) -> Result<(), DbErr> {
    let row = head::Model::from(head).into_active_model().reset_all();
    if is_new {
        head::Entity::insert(row).exec_without_returning(&**tx).await?;
        return Ok(());
    }
    head::Entity::update_many()
        .set(head::ActiveModel {
            day: ActiveValue::NotSet,
            ..row
        })
        .filter(head::Column::Day.eq(head.day))
        .exec(&**tx)
        .await?;
    Ok(())
}

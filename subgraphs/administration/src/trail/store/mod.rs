//! The trail in the database.

mod listing;
mod reading;
mod rows;

pub use listing::{Narrowed, count_of, page};
pub use reading::{
    Found, day_after, day_before, entries_after, hash_at, head_of, last_hash, newest_day, newest_head,
};

use super::{Head, Written};
use caregraph_contracts::ids::{AuditEntryId, Id};
use caregraph_kit::database::Transaction;
use rows::{entry, head, turn};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

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

/// Whether an entry is in the trail.
pub async fn is_recorded(tx: &Transaction, id: AuditEntryId) -> Result<bool, DbErr> {
    let known: Option<i64> = entry::Entity::find()
        .select_only()
        .column(entry::Column::Number)
        .filter(entry::Column::Id.eq(id.uuid()))
        .into_tuple()
        .one(&**tx)
        .await?;
    Ok(known.is_some())
}

/// Adds an entry at its place.
pub async fn append(tx: &Transaction, written: &Written) -> Result<(), DbErr> {
    let row = entry::Model::from(written).into_active_model();
    entry::Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(())
}

/// Keeps a day's head.
pub async fn keep_head(tx: &Transaction, head: &Head) -> Result<(), DbErr> {
    let row = head::Model::from(head).into_active_model().reset_all();
    if head.count == 1 {
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

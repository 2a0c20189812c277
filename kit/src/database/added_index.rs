//! Indexes that migrations add to tables that are there already.

use sea_orm::DbErr;
use sea_orm_migration::prelude::*;

/// An index of a table that an earlier migration created.
#[derive(Debug, Clone, Copy)]
pub struct AddedIndex {
    /// Its name, unique in the database.
    pub name: &'static str,
    /// The table.
    pub table: &'static str,
    /// What it is sorted by.
    pub columns: &'static [&'static str],
}

/// Finds events that handlers dealt with long ago, which are forgotten by it. Every relational domain has it.
pub const INBOX_BY_AGE: AddedIndex = AddedIndex {
    name: "event_inbox_by_age",
    table: "event_inbox",
    columns: &["handled_at"],
};

impl AddedIndex {
    /// Creates it.
    pub async fn create(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let mut index = Index::create().name(self.name).table(self.table).to_owned();
        for column in self.columns {
            index.col(*column);
        }
        manager.create_index(index).await
    }

    /// Drops it.
    pub async fn drop(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager
            .drop_index(Index::drop().name(self.name).table(self.table).to_owned())
            .await
    }
}

//! Names of accounts, sealed; and by what accounts are found by name all the same.

use super::belongs_to_user;
use sea_orm_migration::{prelude::*, schema};

/// Beside the columns in which names stood in the clear, and not in their place: a migration has no key with which it could seal what
/// is there. The subgraph empties those bit by bit, so that a later version can drop them. Processes of the earlier version, which
/// know the old columns only, run until the first new one starts, and never again on this store.
const COLUMNS: [&str; 2] = ["first_name_sealed", "last_name_sealed"];

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One statement each: SQLite adds one column at a time.
        for column in COLUMNS {
            let change = Table::alter()
                .table("users")
                .add_column(schema::text_null(column))
                .to_owned();
            manager.alter_table(change).await?;
        }
        manager.create_table(name_tokens()).await?;
        let by_user = Index::create()
            .name("user_name_tokens_by_user")
            .table("user_name_tokens")
            .col("user_id")
            .to_owned();
        manager.create_index(by_user).await
    }

    /// Loses the names that were sealed: there is no key here to open them. Leaving the columns where they are does not help either:
    /// once the new version has run, the earlier program must not run on this store, see `docs/operations.md`.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tokens = Table::drop().table("user_name_tokens").to_owned();
        manager.drop_table(tokens).await?;
        for column in COLUMNS {
            let change = Table::alter().table("users").drop_column(column).to_owned();
            manager.alter_table(change).await?;
        }
        Ok(())
    }
}

fn name_tokens() -> TableCreateStatement {
    Table::create()
        .table("user_name_tokens")
        // A keyed digest of how a word of the name begins.
        .col(schema::string_len("token", 64))
        .col(schema::uuid("user_id"))
        .primary_key(
            Index::create()
                .name("user_name_tokens_key")
                .col("token")
                .col("user_id"),
        )
        .foreign_key(&mut belongs_to_user(
            "user_name_tokens_user_fk",
            "user_name_tokens",
        ))
        .to_owned()
}

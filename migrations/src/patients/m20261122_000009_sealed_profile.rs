//! Names, occupation and blood type, sealed; and by what patients are found by name all the same.

use sea_orm_migration::{prelude::*, schema};

/// Beside the columns in which they stood in the clear, and not in their place: a migration has no key with which it could seal what
/// is there. The subgraph empties those bit by bit, so that a later version can drop them. Processes of the earlier version, which
/// know the old columns only, run until the first new one starts, and never again on this store.
const COLUMNS: [&str; 4] = [
    "sealed_given_name",
    "sealed_family_name",
    "sealed_occupation",
    "sealed_blood_type",
];

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One statement each: SQLite adds one column at a time.
        for column in COLUMNS {
            let change = Table::alter()
                .table("patients")
                .add_column(schema::text_null(column))
                .to_owned();
            manager.alter_table(change).await?;
        }
        manager.create_table(name_tokens()).await?;
        let by_patient = Index::create()
            .name("patient_name_tokens_by_patient")
            .table("patient_name_tokens")
            .col("patient_id")
            .to_owned();
        manager.create_index(by_patient).await
    }

    /// Loses what was sealed, names too: there is no key here to open it. Leaving the columns where they are does not help either:
    /// once the new version has run, the earlier program must not run on this store, see `docs/operations.md`.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tokens = Table::drop().table("patient_name_tokens").to_owned();
        manager.drop_table(tokens).await?;
        for column in COLUMNS {
            let change = Table::alter().table("patients").drop_column(column).to_owned();
            manager.alter_table(change).await?;
        }
        Ok(())
    }
}

fn name_tokens() -> TableCreateStatement {
    Table::create()
        .table("patient_name_tokens")
        // A keyed digest of how a word of the name begins.
        .col(schema::string_len("token", 64))
        .col(schema::uuid("patient_id"))
        // In this order, so that those whom a search finds are read in the order of their ids, which is that of lists.
        .primary_key(
            Index::create()
                .name("patient_name_tokens_key")
                .col("token")
                .col("patient_id"),
        )
        .foreign_key(
            ForeignKey::create()
                .name("patient_name_tokens_patient")
                .from("patient_name_tokens", "patient_id")
                .to("patients", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

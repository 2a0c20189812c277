//! Records that were put together, and what records are compared by.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One statement each: SQLite adds one column at a time.
        for column in [
            // The record that stands for the person; never one that points elsewhere itself.
            schema::uuid_null("merged_into"),
            // By which way of deriving its match keys were made; 0 for records that are older than match keys.
            schema::small_integer("match_version").default(0).take(),
        ] {
            let change = Table::alter().table("patients").add_column(column).to_owned();
            manager.alter_table(change).await?;
        }
        manager.create_table(merges()).await?;
        manager.create_table(match_keys()).await?;
        for (name, table, columns) in INDEXES {
            let mut index = Index::create().name(*name).table(*table).to_owned();
            for column in *columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table, _) in INDEXES.iter().filter(|(_, table, _)| *table == "patients") {
            manager
                .drop_index(Index::drop().name(*name).table(*table).to_owned())
                .await?;
        }
        for table in ["patient_match_keys", "patient_merges"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        for column in ["match_version", "merged_into"] {
            let change = Table::alter().table("patients").drop_column(column).to_owned();
            manager.alter_table(change).await?;
        }
        Ok(())
    }
}

const INDEXES: &[(&str, &str, &[&str])] = &[
    ("patients_by_surviving", "patients", &["merged_into", "id"]),
    ("patients_by_match_version", "patients", &["match_version", "id"]),
    (
        "patient_merges_by_surviving",
        "patient_merges",
        &["surviving_id", "merged_at"],
    ),
    (
        "patient_merges_by_merged",
        "patient_merges",
        &["merged_id", "merged_at"],
    ),
    (
        "patient_match_keys_by_patient",
        "patient_match_keys",
        &["patient_id"],
    ),
];

fn merges() -> TableCreateStatement {
    let record = |name: &str, column: &'static str| {
        ForeignKey::create()
            .name(name)
            .from("patient_merges", column)
            .to("patients", "id")
            .on_delete(ForeignKeyAction::Restrict)
            .to_owned()
    };
    Table::create()
        .table("patient_merges")
        .col(schema::uuid("id"))
        .col(schema::uuid("surviving_id"))
        .col(schema::uuid("merged_id"))
        // The merged record while the merge holds, null once it is undone: unique, so that no record is merged twice.
        .col(schema::uuid_null("holds_for"))
        .col(schema::string_len("concerns", 255))
        .col(schema::text("reason"))
        .col(schema::uuid("merged_by"))
        .col(schema::big_integer("merged_at"))
        .col(schema::text_null("undo_reason"))
        .col(schema::uuid_null("undone_by"))
        .col(schema::big_integer_null("undone_at"))
        .primary_key(Index::create().name("patient_merges_key").col("id"))
        .index(
            Index::create()
                .unique()
                .name("patient_merges_holding_is_unique")
                .col("holds_for"),
        )
        .foreign_key(&mut record("patient_merges_surviving", "surviving_id"))
        .foreign_key(&mut record("patient_merges_merged", "merged_id"))
        .to_owned()
}

fn match_keys() -> TableCreateStatement {
    Table::create()
        .table("patient_match_keys")
        // A keyed digest of something two records of one person may share.
        .col(schema::string_len("value", 64))
        .col(schema::uuid("patient_id"))
        .primary_key(
            Index::create()
                .name("patient_match_keys_key")
                .col("value")
                .col("patient_id"),
        )
        .foreign_key(
            ForeignKey::create()
                .name("patient_match_keys_patient")
                .from("patient_match_keys", "patient_id")
                .to("patients", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

//! Erasures: who wants what is kept about whom to go, and how far it is.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(erasures()).await?;
        for (name, columns) in [
            ("erasures_by_patient", ["patient_id", "requested_at"]),
            ("erasures_by_due", ["status", "due_at"]),
            ("erasures_by_review", ["status", "review_on"]),
        ] {
            let mut index = Index::create().name(name).table("erasures").to_owned();
            for column in columns {
                index.col(column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("erasures").to_owned())
            .await
    }
}

fn erasures() -> TableCreateStatement {
    Table::create()
        .table("erasures")
        .col(schema::uuid("id"))
        .col(schema::uuid("patient_id"))
        // The patient while it is still to be carried out, null afterwards: unique, so that one is under way at a time.
        .col(schema::uuid_null("open_for"))
        .col(schema::text("records"))
        .col(schema::boolean("deceased"))
        .col(schema::uuid("requested_by"))
        .col(schema::text_null("signed_form"))
        .col(schema::big_integer("requested_at"))
        .col(schema::big_integer("due_at"))
        .col(schema::big_integer("asked_at"))
        .col(schema::string_len("status", 16))
        .col(schema::integer("round"))
        .col(schema::text("answers"))
        .col(schema::text("holdings"))
        .col(schema::big_integer_null("carried_out_at"))
        .col(schema::date_null("review_on"))
        .col(schema::big_integer("version"))
        .primary_key(Index::create().name("erasures_key").col("id"))
        .index(
            Index::create()
                .unique()
                .name("erasures_open_is_unique")
                .col("open_for"),
        )
        .foreign_key(
            ForeignKey::create()
                .name("erasures_patient")
                .from("erasures", "patient_id")
                .to("patients", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

//! Consents of patients, and leave that was taken in an emergency.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(consents()).await?;
        manager.create_table(glass_breaks()).await?;
        for (name, table, columns) in [
            (
                "consents_by_patient",
                "consents",
                ["patient_id", "since"].as_slice(),
            ),
            ("consents_by_grantee", "consents", &["grantee_id", "patient_id"]),
            ("glass_breaks_by_user", "glass_breaks", &["user_id", "until"]),
        ] {
            let mut index = Index::create().name(name).table(table).to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["glass_breaks", "consents"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn consents() -> TableCreateStatement {
    Table::create()
        .table("consents")
        .col(schema::uuid("id"))
        .col(schema::uuid("patient_id"))
        .col(schema::uuid("grantee_id"))
        .col(schema::string_len("parts", 255))
        .col(schema::big_integer("since"))
        .col(schema::big_integer_null("until"))
        .col(schema::text_null("purpose"))
        .col(schema::uuid("granted_by"))
        .col(schema::text_null("granting_form"))
        .col(schema::big_integer_null("revoked_at"))
        .col(schema::uuid_null("revoked_by"))
        .col(schema::text_null("revocation_reason"))
        .col(schema::text_null("revoking_form"))
        .primary_key(Index::create().name("consents_key").col("id"))
        .foreign_key(
            ForeignKey::create()
                .name("consents_patient")
                .from("consents", "patient_id")
                .to("patients", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

// No foreign key: events of records are facts, in whatever order they arrive.
fn glass_breaks() -> TableCreateStatement {
    Table::create()
        .table("glass_breaks")
        .col(schema::uuid("patient_id"))
        .col(schema::uuid("user_id"))
        .col(schema::big_integer("until"))
        .primary_key(
            Index::create()
                .name("glass_breaks_key")
                .col("patient_id")
                .col("user_id"),
        )
        .to_owned()
}

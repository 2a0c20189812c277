//! What patients told: whose record is whose, who acts for whom, and which records were put together.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let patients = Table::create()
            .table("known_patients")
            .col(schema::uuid("id"))
            .col(schema::uuid_null("user_id"))
            .col(schema::uuid_null("merged_into"))
            // Positions in patients' log, so that an event that comes late cannot undo a later one. 0 means never told.
            .col(schema::big_integer("facts_position"))
            .col(schema::big_integer("merge_position"))
            .primary_key(Index::create().name("known_patients_key").col("id"))
            .to_owned();
        let guardians = Table::create()
            .table("known_guardians")
            .col(schema::uuid("patient_id"))
            .col(schema::uuid("user_id"))
            .primary_key(
                Index::create()
                    .name("known_guardians_key")
                    .col("patient_id")
                    .col("user_id"),
            )
            .to_owned();
        manager.create_table(patients).await?;
        manager.create_table(guardians).await?;
        let by_survivor = Index::create()
            .name("known_patients_by_survivor")
            .table("known_patients")
            .col("merged_into")
            .to_owned();
        manager.create_index(by_survivor).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["known_guardians", "known_patients"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

//! Slots that are held while somebody fills in the form.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let holds = Table::create()
            .table("holds")
            .col(schema::uuid("id").primary_key())
            .col(schema::uuid("user_id"))
            // Each live hold of a person has a place of its own, so the number of places bounds the number of holds.
            .col(schema::integer("place"))
            .col(schema::uuid("practitioner_id"))
            .col(schema::uuid("service_id"))
            .col(schema::uuid("patient_id"))
            .col(schema::big_integer("starts_at"))
            .col(schema::big_integer("ends_at"))
            .col(schema::big_integer("occupied_from"))
            .col(schema::big_integer("occupied_to"))
            .col(schema::big_integer("expires_at"))
            .to_owned();
        manager.create_table(holds).await?;
        let one_per_place = Index::create()
            .name("holds_one_per_place")
            .table("holds")
            .col("user_id")
            .col("place")
            .unique()
            .to_owned();
        manager.create_index(one_per_place).await?;
        let by_expiry = Index::create()
            .name("holds_by_expiry")
            .table("holds")
            .col("expires_at")
            .to_owned();
        manager.create_index(by_expiry).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("holds").to_owned()).await
    }
}

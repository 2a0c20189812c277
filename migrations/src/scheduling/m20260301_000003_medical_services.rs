//! The catalogue of services and who offers them.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let services = Table::create()
            .table("medical_services")
            .col(schema::uuid("id").primary_key())
            .col(schema::string_len("code", 32))
            .col(schema::string_len("name", 200))
            // The name folded for search and order; folding may lengthen a text (`ß` becomes `ss`).
            .col(schema::string_len("folded_name", 400))
            .col(schema::string_len("category", 32))
            .col(schema::integer("duration_minutes"))
            .col(schema::integer("buffer_before_minutes"))
            .col(schema::integer("buffer_after_minutes"))
            .col(schema::integer("slot_step_minutes"))
            // An exact decimal as text: SQLite has no type for it.
            .col(schema::string_len("fee_amount", 40))
            .col(schema::string_len("fee_currency", 3))
            .col(schema::boolean("active"))
            .col(schema::big_integer("version"))
            .to_owned();
        manager.create_table(services).await?;
        let one_code = Index::create()
            .name("medical_services_one_code")
            .table("medical_services")
            .col("code")
            .unique()
            .to_owned();
        manager.create_index(one_code).await?;
        let by_name = Index::create()
            .name("medical_services_by_name")
            .table("medical_services")
            .col("folded_name")
            .col("id")
            .to_owned();
        manager.create_index(by_name).await?;
        let offers = Table::create()
            .table("medical_service_practitioners")
            .col(schema::uuid("service_id"))
            .col(schema::uuid("practitioner_id"))
            .primary_key(Index::create().col("service_id").col("practitioner_id"))
            .foreign_key(
                ForeignKey::create()
                    .name("medical_service_practitioners_service")
                    .from("medical_service_practitioners", "service_id")
                    .to("medical_services", "id"),
            )
            .to_owned();
        manager.create_table(offers).await?;
        let by_practitioner = Index::create()
            .name("medical_service_practitioners_by_practitioner")
            .table("medical_service_practitioners")
            .col("practitioner_id")
            .to_owned();
        manager.create_index(by_practitioner).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("medical_service_practitioners").to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table("medical_services").to_owned())
            .await
    }
}

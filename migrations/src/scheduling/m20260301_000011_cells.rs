//! Five-minute cells: the primary keys that make double booking impossible.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let practitioners = Table::create()
            .table("practitioner_cells")
            .col(schema::uuid("practitioner_id"))
            .col(schema::big_integer("cell"))
            .col(schema::string_len("owner_kind", 16))
            .col(schema::uuid("owner_id"))
            .col(schema::big_integer_null("expires_at"))
            .primary_key(Index::create().col("practitioner_id").col("cell"))
            .to_owned();
        manager.create_table(practitioners).await?;
        let by_owner = Index::create()
            .name("practitioner_cells_by_owner")
            .table("practitioner_cells")
            .col("owner_id")
            .to_owned();
        manager.create_index(by_owner).await?;
        let patients = Table::create()
            .table("patient_cells")
            .col(schema::uuid("patient_id"))
            .col(schema::big_integer("cell"))
            .col(schema::uuid("appointment_id"))
            .primary_key(Index::create().col("patient_id").col("cell"))
            .to_owned();
        manager.create_table(patients).await?;
        let by_appointment = Index::create()
            .name("patient_cells_by_appointment")
            .table("patient_cells")
            .col("appointment_id")
            .to_owned();
        manager.create_index(by_appointment).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("patient_cells").to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table("practitioner_cells").to_owned())
            .await
    }
}

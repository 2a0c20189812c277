//! What practitioners must know about accounts: which ones belong to staff. Kept up to date from identity's events.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("staff_accounts")
            .col(schema::uuid("user_id"))
            // Names of roles, separated by spaces.
            .col(schema::string_len("roles", 255))
            .col(schema::boolean("suspended"))
            .primary_key(Index::create().name("staff_accounts_key").col("user_id"))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("staff_accounts").to_owned())
            .await
    }
}

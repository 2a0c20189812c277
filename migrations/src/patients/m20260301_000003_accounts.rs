//! What identity told about accounts: names and contact data (sealed) and roles.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let accounts = Table::create()
            .table("accounts")
            .col(schema::uuid("user_id"))
            .col(schema::text_null("details"))
            // Positions in identity's log, so that an event that comes late cannot undo a later one.
            .col(schema::big_integer("details_position"))
            .col(schema::string_len("roles", 255))
            .col(schema::big_integer("roles_position"))
            .primary_key(Index::create().name("accounts_key").col("user_id"))
            .to_owned();
        manager.create_table(accounts).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("accounts").to_owned())
            .await
    }
}

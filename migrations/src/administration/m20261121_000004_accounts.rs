//! What identity told about accounts: the names (sealed) and the roles of those who stand behind entries of the trail.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let accounts = Table::create()
            .table("known_accounts")
            .col(schema::uuid("user_id"))
            .col(schema::text_null("name"))
            // Positions in identity's log, so that an event that comes late cannot undo a later one, nor bring back a name that was
            // erased. 0 means never told.
            .col(schema::big_integer("name_position"))
            .col(schema::string_len("roles", 255))
            .col(schema::big_integer("roles_position"))
            .primary_key(Index::create().name("known_accounts_key").col("user_id"))
            .to_owned();
        manager.create_table(accounts).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("known_accounts").to_owned())
            .await
    }
}

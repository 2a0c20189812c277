//! What each role may do, and the keys that sign access tokens.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let roles = Table::create()
            .table("roles")
            .col(schema::string_len("role", 32).primary_key())
            .col(schema::boolean("requires_totp"))
            .col(schema::big_integer("version"))
            .to_owned();
        let role_scopes = Table::create()
            .table("role_scopes")
            .col(schema::string_len("role", 32))
            .col(schema::string_len("scope", 64))
            .primary_key(Index::create().col("role").col("scope"))
            .foreign_key(
                ForeignKey::create()
                    .name("role_scopes_role_fk")
                    .from("role_scopes", "role")
                    .to("roles", "role")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        // The generation is what two processes race for: each number exists once, so they end with the same keys.
        let signing_keys = Table::create()
            .table("signing_keys")
            .col(
                ColumnDef::new("generation")
                    .big_integer()
                    .not_null()
                    .primary_key(),
            )
            .col(schema::uuid("kid").unique_key())
            .col(schema::text("seed_sealed"))
            .col(schema::big_integer("created_at"))
            .col(schema::big_integer("signs_from"))
            .to_owned();
        for table in [roles, role_scopes, signing_keys] {
            manager.create_table(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["signing_keys", "role_scopes", "roles"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

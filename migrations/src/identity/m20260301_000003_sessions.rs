//! Sessions and their refresh tokens, second factors, and what slows down guessing.

use super::belongs_to_user;
use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            sessions(),
            refresh_tokens(),
            totp_factors(),
            recovery_codes(),
            throttles(),
        ] {
            manager.create_table(table).await?;
        }
        for (name, table, column) in [
            ("sessions_by_user", "sessions", "user_id"),
            ("sessions_by_tokens_expire_at", "sessions", "tokens_expire_at"),
            ("sessions_by_expires_at", "sessions", "expires_at"),
            ("refresh_tokens_by_session", "refresh_tokens", "session_id"),
            ("throttles_by_last_at", "throttles", "last_at"),
        ] {
            manager
                .create_index(Index::create().name(name).table(table).col(column).to_owned())
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "throttles",
            "recovery_codes",
            "totp_factors",
            "refresh_tokens",
            "sessions",
        ] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn sessions() -> TableCreateStatement {
    Table::create()
        .table("sessions")
        .col(schema::uuid("id").primary_key())
        .col(schema::uuid("user_id"))
        .col(schema::string_len_null("device", 200))
        .col(schema::string_len_null("address", 45))
        .col(schema::big_integer("created_at"))
        .col(schema::big_integer("last_used_at"))
        .col(schema::big_integer("expires_at"))
        .col(schema::big_integer("tokens_expire_at"))
        .col(schema::big_integer_null("ended_at"))
        .col(schema::string_len_null("end_reason", 24))
        .foreign_key(&mut belongs_to_user("sessions_user_fk", "sessions"))
        .to_owned()
}

fn refresh_tokens() -> TableCreateStatement {
    Table::create()
        .table("refresh_tokens")
        .col(schema::string_len("hash", 64).primary_key())
        .col(schema::uuid("session_id"))
        .col(schema::big_integer("issued_at"))
        .col(schema::big_integer("expires_at"))
        .col(schema::big_integer_null("used_at"))
        .foreign_key(
            ForeignKey::create()
                .name("refresh_tokens_session_fk")
                .from("refresh_tokens", "session_id")
                .to("sessions", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn totp_factors() -> TableCreateStatement {
    Table::create()
        .table("totp_factors")
        .col(schema::uuid("user_id").primary_key())
        .col(schema::text("secret_sealed"))
        .col(schema::big_integer("last_step"))
        .col(schema::big_integer("started_at"))
        .col(schema::big_integer_null("confirmed_at"))
        .foreign_key(&mut belongs_to_user("totp_factors_user_fk", "totp_factors"))
        .to_owned()
}

fn recovery_codes() -> TableCreateStatement {
    Table::create()
        .table("recovery_codes")
        .col(schema::uuid("user_id"))
        .col(schema::string_len("code_index", 64))
        .col(schema::big_integer_null("used_at"))
        .primary_key(Index::create().col("user_id").col("code_index"))
        .foreign_key(&mut belongs_to_user("recovery_codes_user_fk", "recovery_codes"))
        .to_owned()
}

fn throttles() -> TableCreateStatement {
    Table::create()
        .table("throttles")
        .col(schema::string_len("subject", 80).primary_key())
        .col(schema::big_integer("attempts"))
        .col(schema::big_integer("last_at"))
        .col(schema::big_integer("blocked_until"))
        .to_owned()
}

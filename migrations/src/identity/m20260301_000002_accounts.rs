//! Accounts, what belongs to them, and how people come to one.

use super::belongs_to_user;
use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            users(),
            user_roles(),
            credentials(),
            registration_shadows(),
            invitations(),
            link_requests(),
            activity(),
        ] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "user_activity",
            "link_requests",
            "invitations",
            "registration_shadows",
            "credentials",
            "user_roles",
            "users",
        ] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn users() -> TableCreateStatement {
    Table::create()
        .table("users")
        .col(schema::uuid("id").primary_key())
        .col(schema::string_len("email", 254))
        .col(schema::string_len_null("username", 32))
        .col(schema::text_null("phone_sealed"))
        .col(schema::string_len_null("phone_index", 64))
        .col(schema::string_len("first_name", 80))
        .col(schema::string_len("last_name", 80))
        .col(schema::text("search_text"))
        .col(schema::string_len("locale", 8))
        .col(schema::string_len("time_zone", 64))
        .col(schema::text_null("avatar_url"))
        .col(schema::text_null("addresses_sealed"))
        .col(schema::string_len("status", 24))
        .col(schema::text_null("suspended_reason"))
        .col(schema::boolean("email_verified"))
        .col(schema::big_integer("joined_at"))
        .col(schema::big_integer_null("last_login_at"))
        .col(schema::big_integer("version"))
        .to_owned()
}

fn user_roles() -> TableCreateStatement {
    Table::create()
        .table("user_roles")
        .col(schema::uuid("user_id"))
        .col(schema::string_len("role", 32))
        .primary_key(Index::create().col("user_id").col("role"))
        .foreign_key(&mut belongs_to_user("user_roles_user_fk", "user_roles"))
        .to_owned()
}

fn credentials() -> TableCreateStatement {
    Table::create()
        .table("credentials")
        .col(schema::uuid("user_id").primary_key())
        .col(schema::text("password_hash"))
        .col(schema::big_integer("changed_at"))
        .foreign_key(&mut belongs_to_user("credentials_user_fk", "credentials"))
        .to_owned()
}

/// Recent registrations, whether or not they made an account; see `account::registration`.
fn registration_shadows() -> TableCreateStatement {
    Table::create()
        .table("registration_shadows")
        .col(schema::string_len("email_index", 64).primary_key())
        .col(schema::string_len_null("username", 32))
        .col(schema::string_len_null("phone_index", 64))
        .col(schema::text("password_hash"))
        .col(schema::big_integer("expires_at"))
        .to_owned()
}

fn invitations() -> TableCreateStatement {
    Table::create()
        .table("invitations")
        .col(schema::uuid("id").primary_key())
        .col(schema::uuid("user_id"))
        .col(schema::string_len("email", 254))
        .col(schema::string_len("locale", 8))
        .col(schema::text("roles"))
        .col(schema::uuid("invited_by"))
        .col(schema::big_integer("created_at"))
        .col(schema::big_integer("expires_at"))
        .col(schema::big_integer_null("closed_at"))
        .to_owned()
}

fn link_requests() -> TableCreateStatement {
    Table::create()
        .table("link_requests")
        .col(schema::uuid("id").primary_key())
        .col(schema::string_len("purpose", 24))
        .col(schema::uuid("user_id"))
        .col(schema::big_integer("created_at"))
        .col(schema::big_integer("expires_at"))
        .col(schema::big_integer_null("used_at"))
        .foreign_key(&mut belongs_to_user("link_requests_user_fk", "link_requests"))
        .to_owned()
}

fn activity() -> TableCreateStatement {
    Table::create()
        .table("user_activity")
        .col(schema::uuid("id").primary_key())
        .col(schema::uuid("user_id"))
        .col(schema::string_len("kind", 32))
        .col(schema::big_integer("at"))
        .col(schema::string_len_null("address", 45))
        .col(schema::string_len_null("device", 200))
        .foreign_key(&mut belongs_to_user("user_activity_user_fk", "user_activity"))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let unique = |name: &str, column: &'static str| {
        Index::create()
            .name(name)
            .table("users")
            .col(column)
            .unique()
            .to_owned()
    };
    let plain = |name: &str, table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create();
        index.name(name).table(table);
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        unique("users_email_key", "email"),
        unique("users_username_key", "username"),
        unique("users_phone_key", "phone_index"),
        plain("user_roles_by_role", "user_roles", &["role"]),
        plain(
            "registration_shadows_by_username",
            "registration_shadows",
            &["username"],
        ),
        plain(
            "registration_shadows_by_phone",
            "registration_shadows",
            &["phone_index"],
        ),
        plain("invitations_by_email", "invitations", &["email"]),
        plain("link_requests_by_user", "link_requests", &["user_id", "purpose"]),
        plain("link_requests_by_expiry", "link_requests", &["expires_at"]),
        plain("user_activity_by_user", "user_activity", &["user_id", "id"]),
    ]
}

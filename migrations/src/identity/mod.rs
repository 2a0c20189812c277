//! Schema of identity.

use sea_orm_migration::prelude::*;

mod m20260301_000001_events;
mod m20260301_000002_accounts;
mod m20260301_000003_sessions;
mod m20260301_000004_access;
mod m20261122_000005_sealed_names;
mod m20261122_000006_by_age;

/// Brings the identity database up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20260301_000001_events::Migration),
            Box::new(m20260301_000002_accounts::Migration),
            Box::new(m20260301_000003_sessions::Migration),
            Box::new(m20260301_000004_access::Migration),
            Box::new(m20261122_000005_sealed_names::Migration),
            Box::new(m20261122_000006_by_age::Migration),
        ]
    }
}

/// The key from `table.user_id` to its account; rows about an account go with it.
fn belongs_to_user(name: &str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(name)
        .from(table, "user_id")
        .to("users", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}

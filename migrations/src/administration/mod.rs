//! Schema of administration.

use sea_orm_migration::prelude::*;

mod m20261121_000001_events;
mod m20261121_000002_audit;
mod m20261121_000003_people;
mod m20261121_000004_accounts;
mod m20261122_000005_inbox_by_age;

/// Brings the administration database up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_events::Migration),
            Box::new(m20261121_000002_audit::Migration),
            Box::new(m20261121_000003_people::Migration),
            Box::new(m20261121_000004_accounts::Migration),
            Box::new(m20261122_000005_inbox_by_age::Migration),
        ]
    }
}

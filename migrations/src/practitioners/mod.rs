//! Schema of practitioners.

use sea_orm_migration::prelude::*;

mod m20260301_000001_events;
mod m20260301_000002_places;
mod m20260301_000003_practitioners;
mod m20260301_000004_staff_accounts;
mod m20261122_000005_inbox_by_age;

/// Brings the practitioners database up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20260301_000001_events::Migration),
            Box::new(m20260301_000002_places::Migration),
            Box::new(m20260301_000003_practitioners::Migration),
            Box::new(m20260301_000004_staff_accounts::Migration),
            Box::new(m20261122_000005_inbox_by_age::Migration),
        ]
    }
}

//! Schema of patients.

use sea_orm_migration::prelude::*;

mod m20260301_000001_events;
mod m20260301_000002_patients;
mod m20260301_000003_accounts;
mod m20260301_000004_care;

/// Brings the patients database up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20260301_000001_events::Migration),
            Box::new(m20260301_000002_patients::Migration),
            Box::new(m20260301_000003_accounts::Migration),
            Box::new(m20260301_000004_care::Migration),
        ]
    }
}

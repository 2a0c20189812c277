//! Schema of scheduling.

use sea_orm_migration::prelude::*;

mod m20260301_000001_events;
mod m20260301_000002_directory;
mod m20260301_000003_medical_services;
mod m20260301_000004_schedules;
mod m20260301_000011_cells;
mod m20260301_000012_appointments;
mod m20260301_000013_holds;
mod m20260301_000014_idempotency;
mod m20261121_000015_merged;
mod m20261122_000016_inbox_by_age;

/// Brings the scheduling database up to date.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20260301_000001_events::Migration),
            Box::new(m20260301_000002_directory::Migration),
            Box::new(m20260301_000003_medical_services::Migration),
            Box::new(m20260301_000004_schedules::Migration),
            Box::new(m20260301_000011_cells::Migration),
            Box::new(m20260301_000012_appointments::Migration),
            Box::new(m20260301_000013_holds::Migration),
            Box::new(m20260301_000014_idempotency::Migration),
            Box::new(m20261121_000015_merged::Migration),
            Box::new(m20261122_000016_inbox_by_age::Migration),
        ]
    }
}

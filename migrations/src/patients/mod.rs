//! Schema of patients.

use sea_orm_migration::prelude::*;

mod m20260301_000001_events;
mod m20260301_000002_patients;
mod m20260301_000003_accounts;
mod m20260301_000004_care;
mod m20261121_000005_merging;
mod m20261121_000006_consents;
mod m20261121_000007_idempotency;
mod m20261121_000008_erasures;
mod m20261122_000009_sealed_profile;
mod m20261122_000010_birthdays;
mod m20261123_000011_signed_names;

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
            Box::new(m20261121_000005_merging::Migration),
            Box::new(m20261121_000006_consents::Migration),
            Box::new(m20261121_000007_idempotency::Migration),
            Box::new(m20261121_000008_erasures::Migration),
            Box::new(m20261122_000009_sealed_profile::Migration),
            Box::new(m20261122_000010_birthdays::Migration),
            Box::new(m20261123_000011_signed_names::Migration),
        ]
    }
}

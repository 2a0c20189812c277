//! Migrations go forward, back, and forward again.

use caregraph_kit::database::{Engine, migrate, rollback};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{OnEngine, TestDatabase};
use caregraph_migrations::patients::Migrator;
use sea_orm::ConnectionTrait;

struct Empty(TestDatabase);

impl OnEngine for Empty {
    async fn on(engine: Engine) -> Self {
        Self(TestDatabase::new(engine))
    }
}

on_every_engine! {
    async fn up_down_up(empty: Empty) {
        let database = empty.0.open().await;
        let tables = [
            "patients", "patient_guardians", "patient_mrn_counter", "accounts", "care_assignments", "care_appointments",
            "patient_merges", "patient_match_keys", "patient_name_tokens", "consents", "glass_breaks", "idempotency_keys",
        ];
        for _ in 0..2 {
            migrate::<Migrator>(&database).await.unwrap();
            for table in tables {
                database.reader().execute_unprepared(&format!("SELECT * FROM {table}")).await.unwrap();
            }
            rollback::<Migrator>(&database, None).await.unwrap();
            for table in tables {
                assert!(database.reader().execute_unprepared(&format!("SELECT * FROM {table}")).await.is_err(), "{table}");
            }
        }
        migrate::<Migrator>(&database).await.unwrap();
        for steps in 1..=4 {
            rollback::<Migrator>(&database, Some(steps)).await.unwrap();
            migrate::<Migrator>(&database).await.unwrap();
        }
    }
}

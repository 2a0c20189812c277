//! Migrations go forward, back, and forward again.

use caregraph_kit::database::{Engine, migrate, rollback};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{OnEngine, TestDatabase};
use caregraph_migrations::scheduling::Migrator;
use sea_orm::ConnectionTrait;

struct Empty(TestDatabase);

impl OnEngine for Empty {
    async fn on(engine: Engine) -> Self {
        Self(TestDatabase::new(engine))
    }
}

const TABLES: [&str; 16] = [
    "known_practitioners",
    "known_locations",
    "known_patients",
    "known_guardians",
    "known_suspensions",
    "medical_services",
    "medical_service_practitioners",
    "practitioner_schedules",
    "working_hours",
    "extra_hours",
    "absences",
    "practitioner_cells",
    "patient_cells",
    "appointments",
    "appointment_changes",
    "holds",
];

on_every_engine! {
    async fn up_down_up(empty: Empty) {
        let database = empty.0.open().await;
        for _ in 0..2 {
            migrate::<Migrator>(&database).await.unwrap();
            for table in TABLES {
                database.reader().execute_unprepared(&format!("SELECT * FROM {table}")).await.unwrap();
            }
            rollback::<Migrator>(&database, None).await.unwrap();
            for table in TABLES {
                let gone = database.reader().execute_unprepared(&format!("SELECT * FROM {table}")).await.is_err();
                assert!(gone, "{table} is still there");
            }
        }
        migrate::<Migrator>(&database).await.unwrap();
        rollback::<Migrator>(&database, Some(1)).await.unwrap();
        migrate::<Migrator>(&database).await.unwrap();
    }
}

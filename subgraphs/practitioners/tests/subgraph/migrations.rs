//! The schema goes forward and back.

use caregraph_kit::database::{Database, Engine, migrate, rollback};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{OnEngine, TestDatabase};
use caregraph_migrations::practitioners::Migrator;
use sea_orm_migration::{MigratorTrait, SchemaManager};

struct Empty {
    _gone_when_dropped: TestDatabase,
    database: Database,
}

impl OnEngine for Empty {
    async fn on(engine: Engine) -> Self {
        let test = TestDatabase::new(engine);
        let database = test.open().await;
        Self {
            _gone_when_dropped: test,
            database,
        }
    }
}

const TABLES: &[&str] = &[
    "practitioners",
    "practitioner_specialties",
    "practitioner_languages",
    "practitioner_departments",
    "practitioner_locations",
    "locations",
    "departments",
    "staff_accounts",
    "event_outbox",
];

async fn existing(database: &Database) -> Vec<&'static str> {
    let manager = SchemaManager::new(database.pool());
    let mut found = Vec::new();
    for table in TABLES {
        if manager.has_table(table).await.unwrap() {
            found.push(*table);
        }
    }
    found
}

on_every_engine! {
    async fn forward_back_and_forward_again(world: Empty) {
        migrate::<Migrator>(&world.database).await.unwrap();
        assert_eq!(existing(&world.database).await, TABLES);
        for _ in Migrator::migrations() {
            rollback::<Migrator>(&world.database, Some(1)).await.unwrap();
        }
        assert!(existing(&world.database).await.is_empty());
        migrate::<Migrator>(&world.database).await.unwrap();
        migrate::<Migrator>(&world.database).await.unwrap();
        assert_eq!(existing(&world.database).await, TABLES);
    }
}

//! Bringing databases up to date: once, whoever comes first, however few connections there are.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod schema;

use caregraph_kit::database::{Database, PoolSettings, migrate, rollback};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::TestDatabase;
use schema::{Bare, Migrator};
use sea_orm::ConnectionTrait;

on_every_engine! {
    async fn one_connection_is_enough(engine: Bare) {
        let store = TestDatabase::new(engine.0);
        let pool = PoolSettings { max_connections: 1, acquire_timeout_seconds: 3 };
        let database = Database::open(store.url(), &pool).await.unwrap();
        migrate::<Migrator>(&database).await.unwrap();
        rollback::<Migrator>(&database, None).await.unwrap();
        migrate::<Migrator>(&database).await.unwrap();
    }

    async fn processes_that_start_together_migrate_once(engine: Bare) {
        let store = TestDatabase::new(engine.0);
        let start = async || {
            let database = store.open().await;
            migrate::<Migrator>(&database).await.map(|()| database)
        };
        for started in futures::future::join_all((0..6).map(|_| start())).await {
            let database = started.unwrap();
            database.reader().execute_unprepared("SELECT count FROM counters").await.unwrap();
        }
    }

    async fn one_process_may_migrate_twice_at_the_same_time(engine: Bare) {
        let store = TestDatabase::new(engine.0);
        let pool = PoolSettings { max_connections: 2, acquire_timeout_seconds: 5 };
        let database = Database::open(store.url(), &pool).await.unwrap();
        for done in futures::future::join_all((0..4).map(|_| migrate::<Migrator>(&database))).await {
            done.unwrap();
        }
    }
}

//! What `Database` promises about transactions, on every engine.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod schema;

use caregraph_contracts::ids::UserId;
use caregraph_kit::database::{Database, Engine, PoolSettings, is_unique_violation};
use caregraph_kit::idempotency::Keyed;
use caregraph_kit::{on_every_engine, testing::eventually};
use futures::FutureExt;
use schema::World;
use sea_orm::{ConnectionTrait, DbErr, Statement, TransactionTrait};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Barrier;

async fn count(database: &impl ConnectionTrait, name: &str) -> Option<i64> {
    let query = Statement::from_string(
        database.get_database_backend(),
        format!("SELECT count FROM counters WHERE name = '{name}'"),
    );
    database
        .query_one_raw(query)
        .await
        .unwrap()
        .map(|row| row.try_get("", "count").unwrap())
}

async fn insert(connection: &impl ConnectionTrait, name: &str) -> Result<(), DbErr> {
    connection
        .execute_unprepared(&format!(
            "INSERT INTO counters (name, count) VALUES ('{name}', 0)"
        ))
        .await
        .map(|_| ())
}

async fn increment(connection: &impl ConnectionTrait, name: &str) -> Result<(), DbErr> {
    connection
        .execute_unprepared(&format!(
            "UPDATE counters SET count = count + 1 WHERE name = '{name}'"
        ))
        .await
        .map(|_| ())
}

fn narrow() -> PoolSettings {
    PoolSettings {
        max_connections: 1,
        acquire_timeout_seconds: 5,
    }
}

on_every_engine! {
    /// PostgreSQL gives up a transaction at its first error and answers `COMMIT` with a rollback that looks like success.
    async fn what_was_committed_is_there(world: World) {
        let database = &world.0.ground.database;
        insert(database.reader(), "taken").await.unwrap();
        let tx = database.begin().await.unwrap();
        insert(&*tx, "mine").await.unwrap();
        assert!(is_unique_violation(&insert(&*tx, "taken").await.unwrap_err()));
        let committed = tx.commit().await;
        assert_eq!(count(database.reader(), "mine").await.is_some(), committed.is_ok(), "{committed:?}");
    }

    async fn nothing_is_announced_that_was_not_committed(world: World) {
        let database = &world.0.ground.database;
        insert(database.reader(), "taken").await.unwrap();
        let announced = std::sync::Arc::new(AtomicU32::new(0));
        let mut tx = database.begin().await.unwrap();
        let announcing = announced.clone();
        tx.after_commit(std::sync::Arc::new(move || { announcing.fetch_add(1, Ordering::Relaxed); }));
        insert(&*tx, "taken").await.unwrap_err();
        let committed = tx.commit().await;
        assert_eq!(announced.load(Ordering::Relaxed) == 1, committed.is_ok());
    }

    /// Clients hang up whenever they like. Wherever `begin` is when they do, the connection must not go back to the pool in
    /// the middle of a transaction, where later writes of others would hang in the air.
    async fn a_begin_that_is_dropped_leaves_no_transaction_behind(world: World) {
        let database = Database::open(world.0.database.url(), &narrow()).await.unwrap();
        let observer = world.0.ground.database.reader();
        for round in 0..40_u32 {
            let mut begin = Box::pin(database.begin());
            for _ in 0..round % 10 {
                if begin.as_mut().now_or_never().is_some() {
                    break;
                }
                tokio::time::sleep(Duration::from_micros(u64::from(round) * 20)).await;
            }
            drop(begin);
            let name = format!("round-{round}");
            insert(database.reader(), &name).await.unwrap();
            assert!(count(observer, &name).await.is_some(), "the write of round {round} hangs in the air");
        }
    }

    async fn a_commit_that_is_dropped_is_whole_or_nothing(world: World) {
        let database = Database::open(world.0.database.url(), &narrow()).await.unwrap();
        let observer = world.0.ground.database.reader();
        for round in 0..40_u32 {
            let (one, other) = (format!("one-{round}"), format!("other-{round}"));
            let tx = database.begin().await.unwrap();
            insert(&*tx, &one).await.unwrap();
            insert(&*tx, &other).await.unwrap();
            let mut commit = Box::pin(tx.commit());
            for _ in 0..round % 10 {
                if commit.as_mut().now_or_never().is_some() {
                    break;
                }
                tokio::time::sleep(Duration::from_micros(u64::from(round) * 20)).await;
            }
            drop(commit);
            // The next one on the same connection waits until the last is over.
            let name = format!("after-{round}");
            insert(database.reader(), &name).await.unwrap();
            assert!(count(observer, &name).await.is_some(), "the write of round {round} hangs in the air");
            assert_eq!(count(observer, &one).await.is_some(), count(observer, &other).await.is_some());
        }
    }

    async fn a_dropped_transaction_leaves_nothing_and_frees_the_turn(world: World) {
        let database = &world.0.ground.database;
        let tx = database.begin().await.unwrap();
        insert(&*tx, "dropped").await.unwrap();
        drop(tx);
        let tx = database.begin().await.unwrap();
        insert(&*tx, "kept").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(database.reader(), "dropped").await, None);
        assert_eq!(count(database.reader(), "kept").await, Some(0));
    }

    async fn a_deadlock_is_tried_again(world: World) {
        let database = &world.0.ground.database;
        // On SQLite writers queue up, so two transactions never hold locks at the same time.
        if database.engine() == Engine::Sqlite {
            return;
        }
        for name in ["a", "b"] {
            insert(database.reader(), name).await.unwrap();
        }
        let (both, attempts) = (Barrier::new(2), AtomicU32::new(0));
        let crosswise = async |first: &str, second: &str| {
            let mut meet = true;
            database.retrying(|| {
                let waits = std::mem::take(&mut meet);
                let (both, attempts) = (&both, &attempts);
                async move {
                    attempts.fetch_add(1, Ordering::Relaxed);
                    let tx = database.begin().await?;
                    increment(&*tx, first).await?;
                    if waits {
                        both.wait().await;
                    }
                    increment(&*tx, second).await?;
                    tx.commit().await
                }
            }).await
        };
        let (one, other) = tokio::join!(crosswise("a", "b"), crosswise("b", "a"));
        one.unwrap();
        other.unwrap();
        assert_eq!((count(database.reader(), "a").await, count(database.reader(), "b").await), (Some(2), Some(2)));
        assert_eq!(attempts.load(Ordering::Relaxed), 3, "one of the two is sacrificed once");
    }

    /// A second transaction inside the first is a mistake; it must end as an error, not hang for good.
    async fn a_transaction_inside_another_ends_as_an_error(world: World) {
        let pool = PoolSettings { max_connections: 1, acquire_timeout_seconds: 1 };
        let database = Database::open(world.0.database.url(), &pool).await.unwrap();
        let outer = database.begin().await.unwrap();
        let inner = tokio::time::timeout(Duration::from_secs(10), database.begin()).await;
        assert!(inner.expect("it must not hang").is_err());
        outer.rollback().await.unwrap();
        database.begin().await.unwrap().commit().await.unwrap();
    }

    async fn statements_see_what_others_committed_meanwhile(world: World) {
        let database = &world.0.ground.database;
        if database.engine() == Engine::Sqlite {
            return;
        }
        let tx = database.begin().await.unwrap();
        assert_eq!(count(&*tx, "late").await, None);
        insert(database.reader(), "late").await.unwrap();
        assert_eq!(count(&*tx, "late").await, Some(0), "the level must be READ COMMITTED");
    }

    async fn of_two_with_one_key_one_keeps_its_answer(world: World) {
        let ground = &world.0.ground;
        let key = Keyed::new(UserId::from(uuid::Uuid::from_u128(7)), "book", "k", &1).unwrap();
        let now = ground.clock.now();
        let race = async || {
            let tx = ground.database.begin().await.unwrap();
            let kept = key.keep(&tx, &"answer", now).await.unwrap();
            if kept { tx.commit().await.unwrap() } else { tx.rollback().await.unwrap() }
            kept
        };
        let kept = futures::future::join_all((0..4).map(|_| race())).await;
        assert_eq!(kept.iter().filter(|kept| **kept).count(), 1);
    }

    /// The engine's administrator, or its restart, ends connections at any time.
    async fn a_connection_cut_by_the_server_is_an_outage(world: World) {
        let database = &world.0.ground.database;
        let (ask, cut) = match database.engine() {
            Engine::Sqlite => return,
            Engine::Postgres => ("SELECT pg_backend_pid()::bigint AS id", "SELECT pg_terminate_backend({})"),
            Engine::MariaDb => ("SELECT CAST(CONNECTION_ID() AS SIGNED) AS id", "KILL {}"),
        };
        let backend = database.reader().get_database_backend();
        let victim = database.pool().begin().await.unwrap();
        let id: i64 = victim.query_one_raw(Statement::from_string(backend, ask)).await.unwrap().unwrap().try_get("", "id").unwrap();
        database.reader().execute_unprepared(&cut.replace("{}", &id.to_string())).await.unwrap();
        let error = eventually("the connection is cut", async || victim.execute_unprepared("SELECT 1").await.err()).await;
        assert!(caregraph_kit::database::is_outage(&error), "{error:?}");
    }
}

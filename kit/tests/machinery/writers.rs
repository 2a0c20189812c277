//! Many writers on one database.

use crate::support::{World, counter, increment, value};
use caregraph_kit::database::is_unique_violation;
use caregraph_kit::on_every_engine;
use futures::future::try_join_all;
use sea_orm::{ConnectionTrait, DbErr, TransactionTrait};

on_every_engine! {
    /// In two processes, each with fewer connections than writers, with a step in between that is taken back: everybody gets
    /// a turn, nobody is told that the database is locked, and every number is right.
    async fn fifty_writers_get_their_turn(world: World) {
        let grounds = [world.ground().clone(), world.second_process().await];
        for name in ["shared", "regretted"] {
            counter(&grounds[0], name).await;
        }
        let writers = (0..50_usize).map(|writer| {
            let database = grounds[writer % 2].database.clone();
            tokio::spawn(async move {
                database
                    .retrying(|| async {
                        let tx = database.begin().await?;
                        increment(&*tx, "shared").await?;
                        let kept = tx.begin().await?;
                        increment(&kept, "shared").await?;
                        kept.commit().await?;
                        let regretted = tx.begin().await?;
                        increment(&regretted, "regretted").await?;
                        regretted.rollback().await?;
                        increment(&*tx, "shared").await?;
                        tx.commit().await
                    })
                    .await
            })
        });
        for written in try_join_all(writers).await.unwrap() {
            written.unwrap();
        }
        let reader = grounds[0].database.reader();
        assert_eq!(value(reader, "shared").await.unwrap(), 150);
        assert_eq!(value(reader, "regretted").await.unwrap(), 0);
        for ground in grounds {
            ground.bus.shut_down().await;
        }
    }

    /// On SQLite a write outside a transaction does not wait for its turn in our queue, but it must not fail either.
    async fn writes_outside_transactions_wait_too(world: World) {
        let ground = world.ground();
        counter(ground, "shared").await;
        let writers = (0..30_usize).map(|writer| {
            let database = ground.database.clone();
            tokio::spawn(async move {
                if writer % 2 == 0 {
                    return increment(database.reader(), "shared").await;
                }
                let tx = database.begin().await?;
                increment(&*tx, "shared").await?;
                tx.commit().await
            })
        });
        for written in try_join_all(writers).await.unwrap() {
            written.unwrap();
        }
        assert_eq!(value(ground.database.reader(), "shared").await.unwrap(), 30);
    }

    async fn only_a_broken_unique_constraint_counts_as_one(world: World) {
        let ground = world.ground();
        counter(ground, "taken").await;
        let attempt = async |statement: &str| -> DbErr {
            ground.database.reader().execute_unprepared(statement).await.unwrap_err()
        };
        assert!(is_unique_violation(&attempt("INSERT INTO counters (name, count) VALUES ('taken', 1)").await));
        for other in [
            "INSERT INTO counters (name, count) VALUES ('nothing', NULL)",
            "INSERT INTO nowhere (name) VALUES ('x')",
            "this is no statement",
        ] {
            let error = attempt(other).await;
            assert!(!is_unique_violation(&error), "{other}: {error}");
        }
    }
}

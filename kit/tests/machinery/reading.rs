//! Questions outside of transactions.

use crate::support::World;
use caregraph_kit::database::{Database, Engine};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::TestDatabase;
use futures::FutureExt;
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};

async fn asked(database: &Database, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    let reader = database.reader();
    let statement = Statement::from_string(reader.get_database_backend(), sql);
    reader.query_all_raw(statement).await
}

async fn numbers(database: &Database) -> Vec<i64> {
    let rows = asked(database, "SELECT number FROM numbers ORDER BY number")
        .await
        .unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

async fn write(database: &Database, number: i64) {
    let tx = database.begin().await.unwrap();
    tx.execute_unprepared(&format!("INSERT INTO numbers (number) VALUES ({number})"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn with_numbers(world: &World) -> &Database {
    let database = &world.ground().database;
    database
        .reader()
        .execute_unprepared("CREATE TABLE numbers (number BIGINT NOT NULL)")
        .await
        .unwrap();
    database
}

on_every_engine! {
    async fn what_was_committed_is_found_at_once(world: World) {
        let database = with_numbers(&world).await;
        for number in 0..50 {
            write(database, number).await;
            assert_eq!(numbers(database).await.len(), usize::try_from(number).unwrap() + 1);
        }
    }

    async fn a_question_that_nobody_waits_for_leaves_nothing_behind(world: World) {
        let database = with_numbers(&world).await;
        for number in 0..200 {
            write(database, number).await;
        }
        let all: Vec<i64> = (0..200).collect();
        for polls in 0..12 {
            {
                let mut question = Box::pin(numbers(database));
                for _ in 0..polls {
                    if (&mut question).now_or_never().is_some() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            }
            assert_eq!(numbers(database).await, all);
        }
    }

    async fn many_ask_at_once(world: World) {
        let database = with_numbers(&world).await;
        write(database, 1).await;
        let asking = (0..100).map(|_| {
            let database = database.clone();
            tokio::spawn(async move { numbers(&database).await })
        });
        for answer in futures::future::join_all(asking).await {
            assert_eq!(answer.unwrap(), [1]);
        }
    }

    async fn a_statement_that_is_refused_does_not_spoil_the_next(world: World) {
        let database = with_numbers(&world).await;
        for _ in 0..20 {
            asked(database, "SELECT nothing FROM nowhere").await.unwrap_err();
            assert!(numbers(database).await.is_empty());
        }
    }
}

#[tokio::test]
async fn what_an_embedded_store_is_told_to_change_may_answer_too_and_all_ends_with_it() {
    let store = TestDatabase::new(Engine::Sqlite);
    let database = store.open().await;
    database
        .reader()
        .execute_unprepared("CREATE TABLE numbers (number BIGINT NOT NULL)")
        .await
        .unwrap();
    let told = asked(
        &database,
        "INSERT INTO numbers (number) VALUES (7) RETURNING number",
    )
    .await;
    assert_eq!(told.unwrap().len(), 1);
    assert_eq!(numbers(&database).await, [7]);
    let other = database.clone();
    database.close().await.unwrap();
    asked(&other, "SELECT number FROM numbers").await.unwrap_err();
}

//! Migrations go forward, back, and forward again.

use crate::searching::called;
use crate::world::{World, named, nurse};
use caregraph_kit::database::{Engine, migrate, rollback};
use caregraph_kit::on_every_engine;
use caregraph_kit::search::UNSIGNED;
use caregraph_kit::testing::{OnEngine, TestDatabase};
use caregraph_migrations::patients::Migrator;
use caregraph_patients::patient::UpdatePatient;
use sea_orm::{ConnectionTrait, Statement};
use uuid::Uuid;

struct Empty(TestDatabase);

impl OnEngine for Empty {
    async fn on(engine: Engine) -> Self {
        Self(TestDatabase::new(engine))
    }
}

/// How tokens of patients are signed.
async fn signed(world: &World) -> Vec<(String, Uuid, i64)> {
    let reader = world.ground().database.reader();
    let sql = "SELECT token, patient_id, signature FROM patient_name_tokens ORDER BY token, patient_id";
    let rows = reader
        .query_all_raw(Statement::from_string(reader.get_database_backend(), sql))
        .await
        .unwrap();
    let signed = rows.iter().map(|row| {
        let column = |name| row.try_get::<i64>("", name).unwrap();
        (
            row.try_get("", "token").unwrap(),
            row.try_get("", "patient_id").unwrap(),
            column("signature"),
        )
    });
    signed.collect()
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

    async fn names_that_are_there_are_found_and_signed_afterwards(world: World) {
        let one = world.walk_in(named("Văn An", "Nguyễn")).await;
        world.walk_in(named("Văn Bình", "Nguyễn")).await;
        let before = signed(&world).await;
        assert!(before.len() > 10 && before.iter().all(|(_, _, signature)| *signature > 0), "{before:?}");
        let database = &world.ground().database;
        rollback::<Migrator>(database, Some(1)).await.unwrap();
        migrate::<Migrator>(database).await.unwrap();
        assert!(signed(&world).await.iter().all(|(_, _, signature)| *signature == UNSIGNED));
        assert_eq!(called(&world, "nguyen an").await, [one.id]);
        assert_eq!(world.patients.seal_the_clear().await.unwrap(), 2);
        assert_eq!(signed(&world).await, before);
        assert_eq!(called(&world, "nguyen an").await, [one.id]);
        assert_eq!(world.patients.seal_the_clear().await.unwrap(), 0);
    }

    /// One that knows no signatures writes new tokens only, and leaves those that stay as they were.
    async fn whom_an_earlier_version_renamed_is_found_again(world: World) {
        let one = world.walk_in(named("Văn An", "Nguyễn")).await;
        let before = signed(&world).await;
        let renamed = UpdatePatient { patient: one.id, version: None, profile: named("Văn Bình", "Nguyễn") };
        world.patients.update(&nurse(), renamed).await.unwrap();
        let after = signed(&world).await;
        for (token, _, _) in &after {
            let signature = before.iter().find(|(was, _, _)| was == token).map_or(UNSIGNED, |(_, _, signature)| *signature);
            let sql = format!("UPDATE patient_name_tokens SET signature = {signature} WHERE token = '{token}'");
            world.ground().database.reader().execute_unprepared(&sql).await.unwrap();
        }
        assert_ne!(signed(&world).await, after);
        assert_eq!(world.patients.seal_the_clear().await.unwrap(), 1);
        assert_eq!(signed(&world).await, after);
        for search in ["nguyen binh", "binh nguyen"] {
            assert_eq!(called(&world, search).await, [one.id], "{search}");
        }
    }
}

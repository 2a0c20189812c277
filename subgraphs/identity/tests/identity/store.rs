//! What stands in the store, and the way there and back.

use crate::world::{World, registration};
use caregraph_contracts::ids::UserId;
use caregraph_contracts::links::LinkPurpose;
use caregraph_contracts::{Domain, Role};
use caregraph_identity::account::Registration;
use caregraph_kit::auth::RequestInfo;
use caregraph_kit::database::{Database, Engine, migrate, rollback};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{OnEngine, TestDatabase};
use caregraph_migrations::identity::Migrator;
use sea_orm::{ConnectionTrait, Statement};

/// All password hashes.
pub async fn password_hashes(world: &World) -> Vec<String> {
    column(
        &world.test.ground.database,
        "SELECT password_hash AS x FROM credentials",
    )
    .await
}

async fn column(database: &Database, sql: &str) -> Vec<String> {
    let texts = texts(database, sql).await;
    texts.into_iter().map(Option::unwrap).collect()
}

/// What a query finds under the name `x`.
pub async fn texts(database: &Database, sql: &str) -> Vec<Option<String>> {
    let reader = database.reader();
    let rows = reader
        .query_all_raw(Statement::from_string(reader.get_database_backend(), sql))
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.try_get::<Option<String>>("", "x").unwrap())
        .collect()
}

struct Empty(TestDatabase);

impl OnEngine for Empty {
    async fn on(engine: Engine) -> Self {
        Self(TestDatabase::new(engine))
    }
}

on_every_engine! {
    async fn migrations_go_forward_back_and_forward(empty: Empty) {
        let database = empty.0.open().await;
        migrate::<Migrator>(&database).await.unwrap();
        rollback::<Migrator>(&database, None).await.unwrap();
        migrate::<Migrator>(&database).await.unwrap();
        rollback::<Migrator>(&database, Some(1)).await.unwrap();
        migrate::<Migrator>(&database).await.unwrap();
        for sql in ["SELECT role AS x FROM roles", "SELECT token AS x FROM user_name_tokens"] {
            assert!(column(&database, sql).await.is_empty(), "{sql}");
        }
    }

    async fn no_secret_stands_in_the_open(world: World) {
        let command = Registration {
            phone: Some("+84912345678".into()),
            ..registration("a@example.com")
        };
        world.services().accounts.register(command, &RequestInfo::default()).await.unwrap();
        let token = world.token(LinkPurpose::VerifyEmail).await;
        world.services().accounts.verify_email(&token, &RequestInfo::default()).await.unwrap();
        let signed_in = world.login("a@example.com").await;
        let principal = world.principal(&signed_in);
        let enrolment = world.services().totp.start(&principal).await.unwrap();
        let mut dump = Vec::new();
        for sql in [
            "SELECT phone_sealed AS x FROM users",
            "SELECT phone_index AS x FROM users",
            "SELECT password_hash AS x FROM credentials",
            "SELECT password_hash AS x FROM registration_shadows",
            "SELECT hash AS x FROM refresh_tokens",
            "SELECT secret_sealed AS x FROM totp_factors",
            "SELECT seed_sealed AS x FROM signing_keys",
            "SELECT subject AS x FROM throttles",
            "SELECT payload AS x FROM event_outbox",
        ] {
            dump.extend(column(&world.test.ground.database, sql).await);
        }
        let dump = dump.join("\n");
        for secret in ["912345678", crate::world::PASSWORD, &signed_in.refresh_token, &token, &enrolment.secret, "example.com"] {
            assert!(!dump.contains(secret), "{secret} stands in the store: {dump}");
        }
    }

    async fn events_tell_what_happened_without_secrets(world: World) {
        let user = world.person("a@example.com", &[Role::Nurse]).await;
        let events = world.test.ground.events.clone();
        let told = caregraph_kit::testing::eventually("the event has its position", async || {
            let told = events.read_after(0, 100).await.unwrap();
            (!told.is_empty()).then_some(told)
        })
        .await;
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].domain, told[0].name.as_str()), (Domain::Identity, "UserRegistered"));
        assert_eq!(UserId::from(told[0].aggregate), user.id);
        assert_eq!(told[0].payload["data"]["roles"], serde_json::json!(["NURSE"]));
    }
}

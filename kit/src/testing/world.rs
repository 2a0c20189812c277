//! A world for one subgraph: its ground, with a clock that the test moves.

use super::TestDatabase;
use crate::auth::Principal;
use crate::clock::Clock;
use crate::crypto::{FieldCipher, KeyRing};
use crate::database::{Engine, migrate};
use crate::events::{ConsumerSettings, EventBus, EventHandler};
use crate::subgraph::Ground;
use caregraph_contracts::ids::{SessionId, UserId};
use caregraph_contracts::{Domain, Role};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm_migration::MigratorTrait;
use std::{future::Future, sync::Arc, time::Duration};

/// The ground of one domain on a fresh database. The clock stands at 2026-03-02T08:00Z, a Monday.
pub struct TestWorld {
    /// What the subgraph is built on.
    pub ground: Ground,
    /// The store behind it; gone when dropped.
    pub database: TestDatabase,
}

impl TestWorld {
    /// Sets it up on an engine with the schema of `M`.
    ///
    /// # Panics
    /// When the store cannot be set up.
    pub async fn new<M: MigratorTrait>(engine: Engine, domain: Domain) -> Self {
        Self::at::<M>(engine, domain, Clock::manual(test_start(), 42)).await
    }

    /// Sets it up with a given clock.
    ///
    /// # Panics
    /// When the store cannot be set up.
    pub async fn at<M: MigratorTrait>(engine: Engine, domain: Domain, clock: Clock) -> Self {
        let database = TestDatabase::new(engine);
        let ground = ground::<M>(&database, domain, clock, test_cipher()).await;
        Self { ground, database }
    }

    /// Another process on the same store, with the same keys and clock.
    ///
    /// # Panics
    /// When the store cannot be opened.
    pub async fn second_process<M: MigratorTrait>(&self) -> Ground {
        let first = &self.ground;
        ground::<M>(
            &self.database,
            first.events.domain(),
            first.clock.clone(),
            first.cipher.clone(),
        )
        .await
    }

    /// Starts handlers on this world's store.
    pub fn start(&self, handlers: Vec<Arc<dyn EventHandler>>) {
        for handler in handlers {
            self.ground.bus.add_handler(handler, &self.ground.database);
        }
    }
}

async fn ground<M: MigratorTrait>(
    database: &TestDatabase,
    domain: Domain,
    clock: Clock,
    cipher: FieldCipher,
) -> Ground {
    let database = database.open().await;
    migrate::<M>(&database)
        .await
        .expect("the test's database migrates");
    let bus = EventBus::in_process(cipher.clone(), clock.clone()).with_consumer_settings(patience());
    Ground::lay(domain, database, bus, cipher, clock)
        .await
        .expect("the event log opens")
}

/// 2026-03-02T08:00Z, a Monday.
pub(super) fn test_start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_438_400, 0).expect("a date in range")
}

/// A cipher with keys of its own.
pub(super) fn test_cipher() -> FieldCipher {
    let (seal, index) = KeyRing::generate();
    FieldCipher::new(KeyRing::parse(&[seal], &index).expect("generated keys are well formed"))
}

/// Poison is parked after milliseconds, so that no test waits for patience.
pub(super) fn patience() -> ConsumerSettings {
    ConsumerSettings {
        attempts: 4,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(20),
        ..ConsumerSettings::default()
    }
}

/// Somebody signed in with the default scopes of their roles, far from expiry.
pub fn principal(user: UserId, roles: &[Role]) -> Principal {
    let scopes = roles
        .iter()
        .flat_map(|role| role.default_scopes().iter().copied());
    let far = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(365 * 200);
    Principal::user(
        user,
        SessionId::from(uuid::Uuid::from(user)),
        roles.iter().copied(),
        scopes,
        far,
    )
}

/// Waits until `check` gives a value, looking again every few milliseconds.
///
/// # Panics
/// When it has given none within 20 seconds.
pub async fn eventually<T, F, Fut>(what: &str, mut check: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(value) = check().await {
            return value;
        }
        assert!(tokio::time::Instant::now() < deadline, "never came true: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

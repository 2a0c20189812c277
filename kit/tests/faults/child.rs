//! What one process does: it tells events, moves them on, and hears them.

use crate::schema::Migrator;
use crate::support::{Counting, count_at_once, endless, value};
use caregraph_contracts::Domain;
use caregraph_kit::Clock;
use caregraph_kit::crypto::{FieldCipher, KeyRing};
use caregraph_kit::database::{Database, PoolSettings, migrate};
use caregraph_kit::events::{ConsumerSettings, EventBus, HandlerError, RedisStreams, StreamSettings};
use caregraph_kit::redis::Redis;
use caregraph_kit::subgraph::Ground;
use sea_orm::DbErr;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How the handler is called everywhere.
pub const HANDLER: &str = "mortal";
/// A note that no handler can bear.
pub const POISON: &str = "poison";

/// What a process must know, handed over in its environment.
#[derive(Clone)]
pub struct Orders {
    pub database: String,
    pub redis: String,
    /// Sealing key and index key.
    pub keys: (String, String),
    pub things: Vec<Uuid>,
    /// How many events there shall be at least.
    pub events: i64,
    /// Of ten attempts to handle an event, so many fail.
    pub failing: u32,
}

const VARIABLES: [&str; 7] = [
    "FAULTS_DATABASE",
    "FAULTS_REDIS",
    "FAULTS_KEY",
    "FAULTS_INDEX_KEY",
    "FAULTS_THINGS",
    "FAULTS_EVENTS",
    "FAULTS_FAILING",
];

impl Orders {
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let things: Vec<String> = self.things.iter().map(Uuid::to_string).collect();
        let values = [
            self.database.clone(),
            self.redis.clone(),
            self.keys.0.clone(),
            self.keys.1.clone(),
            things.join(","),
            self.events.to_string(),
            self.failing.to_string(),
        ];
        VARIABLES.into_iter().zip(values).collect()
    }

    fn received() -> Option<Self> {
        let [database, redis, key, index, things, events, failing] =
            VARIABLES.map(|name| std::env::var(name).ok());
        Some(Self {
            database: database?,
            redis: redis?,
            keys: (key?, index?),
            things: things?.split(',').map(|thing| thing.parse().unwrap()).collect(),
            events: events?.parse().unwrap(),
            failing: failing?.parse().unwrap(),
        })
    }

    /// How many events were told, as those who told them counted.
    pub async fn told(&self, ground: &Ground) -> Result<i64, DbErr> {
        let mut told = 0;
        for thing in &self.things {
            told += value(ground.database.reader(), &thing.to_string()).await?;
        }
        Ok(told)
    }

    fn cipher(&self) -> FieldCipher {
        let (seal, index) = &self.keys;
        FieldCipher::new(KeyRing::parse(std::slice::from_ref(seal), index).unwrap())
    }

    /// The ground of this process, on the same store as all others'.
    pub async fn ground(&self, bus: impl FnOnce(FieldCipher, Clock) -> EventBus) -> Ground {
        let pool = PoolSettings {
            max_connections: 5,
            acquire_timeout_seconds: 5,
        };
        let database = Database::open(&self.database, &pool).await.unwrap();
        migrate::<Migrator>(&database).await.unwrap();
        let (cipher, clock) = (self.cipher(), Clock::system());
        let bus = bus(cipher.clone(), clock.clone());
        Ground::lay(Domain::Scheduling, database, bus, cipher, clock)
            .await
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the body of the processes that the tests start out of this program"]
async fn a_process() {
    let orders = Orders::received().expect("the orders come in the environment");
    let failing = orders.failing;
    let ground = orders
        .ground(|cipher, clock| {
            let settings = StreamSettings {
                lease: Duration::from_millis(500),
                ..StreamSettings::default()
            };
            let redis = Redis::new(&orders.redis, "faults").unwrap();
            let streams = Arc::new(RedisStreams::new(redis, cipher.clone(), settings));
            EventBus::over(streams, cipher, clock).with_consumer_settings(ConsumerSettings {
                // Bad luck alone never lasts that long: one time in ten it is good.
                attempts: 200,
                ..endless()
            })
        })
        .await;
    let handler = Arc::new(Counting {
        name: HANDLER,
        then: move |counted: &crate::support::Counted| {
            if counted.note == POISON {
                return Err(HandlerError::other("nobody can bear it"));
            }
            if rand::random_range(0..10) < failing {
                return Err(HandlerError::other("bad luck"));
            }
            Ok(())
        },
    });
    ground.bus.add_handler(handler, &ground.database);
    loop {
        let pause = match orders.told(&ground).await {
            Ok(told) if told >= orders.events => 1_000,
            _ => rand::random_range(0..20),
        };
        tokio::time::sleep(Duration::from_millis(pause)).await;
        if pause < 1_000 {
            // The store may be away. Whether it was or not when this was committed, both ends know the same.
            let thing = orders.things[rand::random_range(0..orders.things.len())];
            let _ = count_at_once(&ground, thing, 5).await;
        }
    }
}

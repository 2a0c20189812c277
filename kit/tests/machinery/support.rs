//! Things that count, processes that can be killed, and handlers whose effects can be counted.

use crate::schema::Migrator;
use async_trait::async_trait;
use caregraph_contracts::{Domain, PublicEvent};
use caregraph_kit::Failure;
use caregraph_kit::database::{Engine, Transaction};
use caregraph_kit::events::{
    Consumer, ConsumerSettings, Envelope, EventHandler, HandlerError, InProcess, LiveLog, Relay, Transport,
};
use caregraph_kit::subgraph::Ground;
use caregraph_kit::testing::{OnEngine, TestWorld, eventually};
use sea_orm::{ConnectionTrait, DbErr, Statement};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How many events the long tests count at both ends; the full measure is 10,000, taken with `CAREGRAPH_TEST_EVENTS=10000`.
pub fn many(otherwise: i64) -> i64 {
    std::env::var("CAREGRAPH_TEST_EVENTS").map_or(otherwise, |number| number.parse().unwrap())
}

/// Something that nobody may read in the store.
pub const SECRET: &str = "hemoglobin";

/// A thing counted one further.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    pub thing: Uuid,
    pub number: i64,
    pub note: String,
}

impl PublicEvent for Counted {
    const DOMAIN: Domain = Domain::Scheduling;

    fn name(&self) -> &'static str {
        "Counted"
    }

    fn aggregate(&self) -> Uuid {
        self.thing
    }
}

/// A world in which things are counted.
pub struct World {
    pub world: TestWorld,
    pub things: Vec<Uuid>,
}

impl OnEngine for World {
    async fn on(engine: Engine) -> Self {
        let world = TestWorld::new::<Migrator>(engine, Domain::Scheduling).await;
        let things: Vec<Uuid> = (0..4).map(|_| world.ground.clock.new_id()).collect();
        for thing in &things {
            counter(&world.ground, &thing.to_string()).await;
        }
        Self { world, things }
    }
}

impl World {
    pub fn ground(&self) -> &Ground {
        &self.world.ground
    }

    /// The same store seen by another process.
    pub async fn second_process(&self) -> Ground {
        self.world.second_process::<Migrator>().await
    }
}

/// Counts a thing one further and tells it, as a use case does: the row is written first, so its lock is held when the
/// event is appended.
pub async fn count_further(ground: &Ground, thing: Uuid, note: &str) -> Result<i64, Failure> {
    ground
        .database
        .retrying(|| async {
            let mut tx = ground.database.begin().await?;
            increment(&*tx, &thing.to_string()).await?;
            let number = value(&*tx, &thing.to_string()).await?;
            let event = Counted {
                thing,
                number,
                note: note.to_owned(),
            };
            ground.events.append(&mut tx, &[event]).await?;
            tx.commit().await?;
            Ok(number)
        })
        .await
}

/// Tells many events about one thing in one transaction.
pub async fn count_at_once(ground: &Ground, thing: Uuid, times: i64) -> Result<(), Failure> {
    ground
        .database
        .retrying(|| async {
            let mut tx = ground.database.begin().await?;
            let name = thing.to_string();
            // Written first, so that nobody else counts from the same number.
            tx.execute_unprepared(&format!(
                "UPDATE counters SET count = count + {times} WHERE name = '{name}'"
            ))
            .await?;
            let after = value(&*tx, &name).await?;
            let events: Vec<Counted> = (1..=times)
                .map(|number| Counted {
                    thing,
                    number: after - times + number,
                    note: SECRET.into(),
                })
                .collect();
            ground.events.append(&mut tx, &events).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
}

/// A counter at zero.
pub async fn counter(ground: &Ground, name: &str) {
    let insert = format!("INSERT INTO counters (name, count) VALUES ('{name}', 0)");
    ground
        .database
        .reader()
        .execute_unprepared(&insert)
        .await
        .unwrap();
}

pub async fn increment(connection: &impl ConnectionTrait, name: &str) -> Result<(), DbErr> {
    let update = format!("UPDATE counters SET count = count + 1 WHERE name = '{name}'");
    let changed = connection.execute_unprepared(&update).await?.rows_affected();
    assert_eq!(changed, 1, "there is no counter {name}");
    Ok(())
}

pub async fn value(connection: &impl ConnectionTrait, name: &str) -> Result<i64, DbErr> {
    let query = format!("SELECT count FROM counters WHERE name = '{name}'");
    let row = connection
        .query_one_raw(Statement::from_string(connection.get_database_backend(), query))
        .await?;
    row.ok_or_else(|| DbErr::RecordNotFound(name.to_owned()))?
        .try_get("", "count")
}

/// Waits until the log has reached a position.
pub async fn reached(ground: &Ground, position: i64) {
    eventually("the events have their positions", async || {
        ground.events.head().await.ok().filter(|head| *head >= position)
    })
    .await;
}

/// Counts what it hears in the counter `effects`, and checks in the store that each thing's events come in order: it keeps
/// the last number of each thing in the counter `last-<thing>`.
pub struct Counting<F> {
    pub name: &'static str,
    /// What else happens, after the effect was written and before it is committed.
    pub then: F,
}

impl<F> Counting<F>
where
    F: Fn(&Counted) -> Result<(), HandlerError> + Send + Sync + 'static,
{
    /// With its counters at zero.
    pub async fn new(world: &World, name: &'static str, then: F) -> Arc<Self> {
        counter(world.ground(), &format!("effects-{name}")).await;
        for thing in &world.things {
            counter(world.ground(), &format!("{name}-{thing}")).await;
        }
        Arc::new(Self { name, then })
    }
}

/// How many effects a handler had.
pub async fn effects(ground: &Ground, handler: &str) -> i64 {
    value(ground.database.reader(), &format!("effects-{handler}"))
        .await
        .unwrap()
}

#[async_trait]
impl<F> EventHandler for Counting<F>
where
    F: Fn(&Counted) -> Result<(), HandlerError> + Send + Sync + 'static,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Scheduling]
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        let Some(counted) = event.decode::<Counted>()? else {
            return Ok(());
        };
        increment(&**tx, &format!("effects-{}", self.name)).await?;
        let last = format!("{}-{}", self.name, counted.thing);
        increment(&**tx, &last).await?;
        let number = value(&**tx, &last).await?;
        if number != counted.number {
            return Err(HandlerError::other(format!(
                "number {} came as {number}",
                counted.number
            )));
        }
        (self.then)(&counted)
    }
}

/// A process's event machinery, made of its parts so that it can be killed.
pub struct Process {
    tasks: Vec<JoinHandle<()>>,
}

/// Patience without end: what is tried again and again must not be parked by chance.
pub fn endless() -> ConsumerSettings {
    ConsumerSettings {
        attempts: u32::MAX,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(5),
        ..ConsumerSettings::default()
    }
}

impl Process {
    /// Starts a relay and one handler. `around` may put something around the transport that the handler reads from.
    pub async fn start(
        ground: &Ground,
        handler: Arc<dyn EventHandler>,
        settings: ConsumerSettings,
        around: impl FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport>,
    ) -> Self {
        Self::over(Arc::new(InProcess::new()), ground, handler, settings, around).await
    }

    /// The same with events that travel by a transport of choice.
    pub async fn over(
        transport: Arc<dyn Transport>,
        ground: &Ground,
        handler: Arc<dyn EventHandler>,
        settings: ConsumerSettings,
        around: impl FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport>,
    ) -> Self {
        transport.add_source(Arc::new(ground.events.clone()));
        let live = LiveLog::start(ground.events.clone()).await.unwrap();
        let relay = Relay::new(ground.events.clone(), Arc::clone(&transport), live);
        let (cipher, clock) = (ground.cipher.clone(), ground.clock.clone());
        let consumer = Consumer::new(handler, ground.database.clone(), cipher, clock, settings);
        transport.add_handler(consumer.reaction(), Arc::new(ground.database.clone()));
        let stop = CancellationToken::new();
        let tasks = vec![
            tokio::spawn(relay.run(stop.clone())),
            tokio::spawn(consumer.run(around(transport), stop)),
        ];
        Self { tasks }
    }

    /// Ends it wherever it is, without a chance to tidy up.
    pub async fn kill(self) {
        for task in &self.tasks {
            task.abort();
        }
        for task in self.tasks {
            let _ = task.await;
        }
    }
}
